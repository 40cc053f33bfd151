from __future__ import annotations

import random

import numpy as np
import pytest

from tuili.engine.occlusion import delete_parts, judge_cut, log_probs_by_deletion
from tuili.errors import InvalidPair, UsageError
from tuili.reasoning.scripted import Scripted
from tuili.types import Occludable, Pair, Part, Span

PAIR = Pair("the man is sleeping outside.", "a person is running.")


def words(text: str, side: str) -> list[Part]:
    parts, place = [], 0
    for word in text.split():
        start = text.index(word, place)
        place = start + len(word)
        parts.append(Part(side, Span(start, place)))
    return parts


def test_an_engine_can_hide_parts_and_says_so(tiny_engine):
    assert isinstance(tiny_engine, Occludable)
    assert not isinstance(Scripted(default="neutral"), Occludable)


def test_hiding_nothing_gives_the_verdict_of_the_whole_pair(tiny_engine):
    row = tiny_engine.occlude(PAIR, [()])[0]
    assert np.exp(row) == pytest.approx(list(tiny_engine.judge([PAIR])[0].probabilities.values()), abs=1e-12)


def test_leaving_out_hypothesis_words_is_reading_the_shorter_hypothesis(tiny_engine):
    """The premise never sees the hypothesis, so on that side hiding is deletion."""
    hidden = [word for word in words(PAIR.hypothesis, "hypothesis") if word.span.end < 16]
    assert len(hidden) == 3
    masked = tiny_engine.occlude(PAIR, hidden)
    assert masked == pytest.approx(log_probs_by_deletion(tiny_engine, PAIR, [[part] for part in hidden]), abs=1e-12)


def test_premise_words_are_masked_not_deleted(tiny_engine):
    """Neighbours still carry a masked word; positions stay. If this were deletion, it could not be cheap."""
    part = words(PAIR.premise, "premise")[1]
    whole, masked = tiny_engine.occlude(PAIR, [(), part])
    deleted = log_probs_by_deletion(tiny_engine, PAIR, [[part]])[0]
    assert np.abs(masked - whole).max() > 1e-3
    assert np.abs(masked - deleted).max() > 1e-3


def test_a_row_does_not_depend_on_what_else_is_hidden_beside_it(tiny_engine):
    parts = words(PAIR.premise, "premise") + words(PAIR.hypothesis, "hypothesis")
    together = tiny_engine.occlude(PAIR, parts)
    assert [tiny_engine.occlude(PAIR, [part])[0].tolist() for part in parts] == together.tolist()


def test_parts_hidden_together_are_one_row(tiny_engine):
    man, sleeping = words(PAIR.premise, "premise")[1:4:2]
    running = words(PAIR.hypothesis, "hypothesis")[3]
    both, first, all_three = tiny_engine.occlude(PAIR, [(man, sleeping), man, [man, sleeping, running]])
    assert not np.array_equal(both, first)
    assert not np.array_equal(both, all_three)


def test_a_part_of_a_word_hides_the_whole_token(tiny_engine):
    start = PAIR.premise.index("sleeping")
    some = Part("premise", Span(start + 2, start + 3))
    whole = Part("premise", Span(start, start + 8))
    assert np.array_equal(*tiny_engine.occlude(PAIR, [some, whole]))


def test_the_premise_is_perceived_once_whatever_is_hidden(tiny_engine, monkeypatch):
    backend = tiny_engine._reader.backend
    calls: list[int] = []
    perceive = backend.perceive
    monkeypatch.setattr(backend, "perceive", lambda windows: calls.append(len(windows)) or perceive(windows))
    pair = Pair("a cat was in the park with no man.", "a dog is outside.")
    tiny_engine.occlude(pair, words(pair.premise, "premise"))
    assert sum(calls) == 1


def test_a_word_of_a_long_premise_is_hidden_in_every_window_that_has_it(tiny_engine):
    rng = random.Random(4)
    sentences = [" ".join(rng.choices("the man was running in park a dog is".split(), k=9)) + "." for _ in range(12)]
    pair = Pair(" ".join(sentences), "a dog is running.")
    everything = Part("premise", Span(0, len(pair.premise)))
    whole, nothing = tiny_engine.occlude(pair, [(), everything])
    assert np.exp(whole) == pytest.approx(list(tiny_engine.judge([pair])[0].probabilities.values()), abs=1e-12)
    # with every word hidden, each window is `[CLS]` and `[SEP]`: it still differs from the whole
    assert not np.allclose(whole, nothing)
    parts = words(pair.premise, "premise")
    moved = np.abs(tiny_engine.occlude(pair, parts) - whole).max(1)
    assert moved[0] > 0
    assert moved[-1] > 0


@pytest.mark.parametrize(
    "part",
    [
        Part("premise", Span(0, 99)),
        Part("hypothesis", Span(-1, 2)),
        Part("premise", Span(4, 3)),
        Part("both", Span(0, 1)),  # type: ignore[arg-type]
        Span(0, 3),
    ],
)
def test_what_is_not_in_the_pair_cannot_be_hidden(tiny_engine, part):
    with pytest.raises(UsageError):
        tiny_engine.occlude(PAIR, [part])


def test_a_pair_that_cannot_be_judged_cannot_be_occluded(tiny_engine):
    with pytest.raises(InvalidPair, match="empty"):
        tiny_engine.occlude(("", "a dog."), [])
    with pytest.raises(InvalidPair, match="tokens"):
        tiny_engine.occlude(("a dog.", "dog " * 40), [()])


def test_hiding_nothing_at_all_gives_no_rows(tiny_engine):
    assert tiny_engine.occlude(PAIR, []).shape == (0, 3)


@pytest.mark.parametrize(
    ("spans", "left"),
    [
        ([(4, 7)], "the is sleeping outside."),
        ([(0, 3)], "man is sleeping outside."),
        ([(0, 3), (4, 7)], "is sleeping outside."),
        ([(4, 7), (2, 5)], "th is sleeping outside."),
        ([(20, 27)], "the man is sleeping ."),
        ([(0, 28)], ""),
        ([], "the man is sleeping outside."),
    ],
)
def test_deleting_leaves_no_double_space(spans, left):
    parts = [Part("premise", Span(*span)) for span in spans]
    assert delete_parts(PAIR, parts) == Pair(left, PAIR.hypothesis)


def test_of_a_side_of_which_nothing_is_left_a_full_stop_is_read():
    judge = Scripted(lambda premise, hypothesis: "neutral" if premise == "." else "entailment")
    everything = Part("premise", Span(0, len(PAIR.premise)))
    rows = log_probs_by_deletion(judge, PAIR, [[everything], []])
    assert rows.argmax(1).tolist() == [1, 0]


def test_what_a_judge_cannot_read_becomes_a_full_stop(tiny_engine):
    verdicts = judge_cut(tiny_engine, [Pair("東京", "a dog."), Pair("a cat.", "a dog.")])
    assert verdicts == tiny_engine.judge([(".", "a dog."), ("a cat.", "a dog.")])
