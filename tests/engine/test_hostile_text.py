"""I2: whatever the text, a verdict on it or one clear error about it."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuili.errors import InvalidPair
from tuili.types import THREE_WAY

texts = st.text(st.characters(), max_size=300)  # every code point, surrogates and NUL among them


@settings(max_examples=300, deadline=None)
@example("\ud83d", "x")
@example("a\0b", "x")
@example("\u202e\u2066 a dog", "\u200b\u200d\ufeff")
@example("🦊👩‍👩‍👧‍👦🏳️‍🌈", "\U000e0041\U000e0042")
@example("\u0301" * 200, "e\u0301" * 100)
@example("[CLS] [SEP] [UNK] [PAD]", "[SEP]")
@given(texts, texts)
def test_any_two_strings_give_a_verdict_or_an_invalid_pair(tiny_engine, premise, hypothesis):
    try:
        verdict = tiny_engine.judge([(premise, hypothesis)])[0]
    except InvalidPair as error:
        assert error.index == 0
        assert error.field in ("premise", "hypothesis")
        return
    assert verdict.label in THREE_WAY
    assert sum(verdict.probabilities.values()) == pytest.approx(1.0)
    assert all(math.isfinite(p) for p in verdict.probabilities.values())
    assert 0.0 <= verdict.coverage <= 1.0


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.integers(), st.binary(), texts, st.tuples(texts), st.tuples(texts, st.none())),
        max_size=4,
    )
)
def test_anything_that_is_not_a_pair_is_refused_by_its_index(tiny_engine, pairs):
    good = [("a dog.", "a cat.")]
    if not pairs:
        assert len(tiny_engine.judge(good)) == 1
        return
    with pytest.raises(InvalidPair) as caught:
        tiny_engine.judge(good + pairs)
    assert caught.value.index >= 1


def test_a_premise_of_ten_megabytes_is_refused_at_once(tiny_engine):
    with pytest.raises(InvalidPair, match="characters"):
        tiny_engine.judge([("a dog is outside. " * 600_000, "a dog.")])


def test_a_premise_of_a_hundred_thousand_words_is_read_whole(tiny_engine):
    verdict = tiny_engine.judge([("a dog is outside. " * 25_000, "a dog.")])[0]
    assert verdict.coverage == 1.0
