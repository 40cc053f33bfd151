"""What every back end keeps, as a class of tests: inherit it, and give it a `backend`.

class TestMyBackend(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls):
        return MyBackend()
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuili.errors import InvalidText
from tuili.reasoning.backend import Backend
from tuili.types import THREE_WAY, TWO_WAY, Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WORDS = "a the man woman dog cat is are was not sleeping running asleep outside inside two three in on park person"

HOSTILE = (
    "👩‍👩‍👧‍👦 smiles 🏳️‍🌈",
    "\u202edesrever si siht\u202c",
    "zero\u200bwidth\u2060joiners\ufeff",
    "a\x01b\x7fc\x1bd",
    "e\u0301\u0302\u0303\u0304 and ﷺ",
    "雨が降っている。",
    "[CLS] [SEP] [PAD] [MASK] <s> </s> <pad> <|endoftext|>",
    "\U000e0041\U000e0042",
    "\uffff\U0010ffff",
    "x" * 200,
    "....?!?!",
    " \t\n leading and trailing \r\n ",
)


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS.split(), k=words)) + "."


def made_up_pairs(count: int) -> list[Pair]:
    """Short pairs of many lengths."""
    rng = random.Random(0)
    return [Pair(sentence(rng, rng.randint(1, 25)), sentence(rng, rng.randint(1, 8))) for _ in range(count)]


def same_bits(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def readable(backend: Backend, texts: Sequence[str]) -> list[Pair]:
    """Each text as a premise, as many pairs as it has windows, and as a hypothesis where it is short enough."""
    pairs = [Pair(text[start:end], "A man is here.") for text in texts for start, end in backend.windows(text)]
    for text in texts:
        try:
            backend.check_hypothesis(text)
        except InvalidText:
            continue
        pairs.append(Pair("A man is here.", text))
    return pairs


class BackendContract:
    """Inherit and define the fixture `backend`, of class scope.

    Attributes:
        limited: Whether there are texts too long for it.
    """

    limited = True

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Backend:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def pairs(cls) -> list[Pair]:
        return made_up_pairs(24)

    @pytest.fixture(scope="class")
    @classmethod
    def alone(cls, backend: Backend, pairs: list[Pair]) -> NDArray[np.float32]:
        """The scores of the pairs, each scored for itself."""
        return np.concatenate([backend.score([pair]) for pair in pairs])

    def test_it_meets_the_protocol(self, backend):
        assert isinstance(backend, Backend)
        assert backend.name
        assert sorted(backend.labels) in (sorted(THREE_WAY), sorted(TWO_WAY))

    def test_rows_are_finite_log_probabilities_that_sum_to_one(self, backend, pairs):
        log_probs = backend.score(pairs)
        assert log_probs.shape == (len(pairs), len(backend.labels))
        assert log_probs.dtype == np.float32
        assert np.isfinite(log_probs).all()
        np.testing.assert_allclose(np.exp(log_probs.astype(np.float64)).sum(1), 1, atol=1e-6)

    def test_no_pairs_give_no_rows(self, backend):
        log_probs = backend.score([])
        assert log_probs.shape == (0, len(backend.labels))
        assert log_probs.dtype == np.float32

    def test_company_and_order_change_no_bit(self, backend, pairs, alone):
        assert same_bits(backend.score(pairs), alone)
        rng = random.Random(1)
        for _ in range(5):
            chosen = rng.sample(range(len(pairs)), rng.randint(2, len(pairs)))
            assert same_bits(backend.score([pairs[index] for index in chosen]), alone[chosen])

    def test_a_pair_that_is_asked_twice_gets_the_same_bits_twice(self, backend, pairs, alone):
        assert same_bits(backend.score([pairs[3], pairs[5], pairs[3]]), alone[[3, 5, 3]])

    def test_calls_from_several_threads_change_no_bit(self, backend, pairs, alone):
        with ThreadPoolExecutor(4) as pool:
            for log_probs in pool.map(backend.score, [pairs] * 4):
                assert same_bits(log_probs, alone)

    def test_hostile_text_is_scored_like_any_other_and_does_not_touch_its_neighbours(self, backend, pairs, alone):
        hostile = readable(backend, HOSTILE)
        log_probs = backend.score([*hostile, *pairs])
        assert np.isfinite(log_probs).all()
        assert same_bits(log_probs[len(hostile) :], alone)

    def test_a_short_premise_is_one_window(self, backend):
        text = "A man is in the park."
        assert [tuple(span) for span in backend.windows(text)] == [(0, len(text))]

    def test_the_windows_of_a_long_premise_hold_it_all_and_can_be_scored_beside_the_longest_hypothesis(self, backend):
        rng = random.Random(2)
        premise = "\n".join(sentence(rng, rng.choice([3, 8, 90])) for _ in range(20)) + " " + "x" * 3000
        hypothesis = longest_hypothesis(backend)
        spans = backend.windows(premise)
        assert_windows_hold(premise, spans)
        assert (len(spans) > 1) is self.limited
        assert np.isfinite(backend.score([Pair(premise[start:end], hypothesis) for start, end in spans])).all()

    # Several classes inherit this test; that each runs it for its own back end is the point.
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
    def test_the_windows_of_any_text_hold_it_all_and_can_be_scored(self, backend, text):
        spans = backend.windows(text)
        assert_windows_hold(text, spans)
        assert np.isfinite(backend.score([Pair(text[start:end], "A man is here.") for start, end in spans])).all()

    def test_a_hypothesis_of_one_sentence_is_short_enough(self, backend):
        assert backend.check_hypothesis("A man is in the park.") is None

    def test_a_hypothesis_that_is_too_long_is_refused(self, backend):
        text = "the man " * 2000
        if self.limited:
            with pytest.raises(InvalidText, match="hypothesis"):
                backend.check_hypothesis(text)
        else:
            backend.check_hypothesis(text)

    def test_coverage_is_a_share_and_nothing_counts_as_everything(self, backend):
        assert backend.coverage("the man is in the park") == 1.0
        assert backend.coverage("  \n") == 1.0
        for text in HOSTILE:
            assert 0.0 <= backend.coverage(text) <= 1.0


def longest_hypothesis(backend: Backend) -> str:
    """As many words as it lets through, fifty at most."""
    hypothesis = "man"
    for _ in range(49):
        try:
            backend.check_hypothesis(f"{hypothesis} man")
        except InvalidText:
            break
        hypothesis += " man"
    return hypothesis


def assert_windows_hold(text: str, spans: Sequence[tuple[int, int]]) -> None:
    held = {place for start, end in spans for place in range(start, end)}
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert [place for place, character in enumerate(text) if not character.isspace() and place not in held] == []
    assert sorted(spans) == list(spans)
