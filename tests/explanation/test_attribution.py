from __future__ import annotations

import pytest
from made_judges import adder, sleeper

from tuili.errors import UsageError
from tuili.explanation.attribution import MOST_WORDS, leave_one_out, shapley
from tuili.types import Pair

WEIGHTS = {"red": 0.2, "green": 0.1, "blue": 0.3}
PAIR = Pair("red dog green", "blue cat")


def by_word(pair: Pair, attribution) -> dict[str, float]:
    named = zip(attribution.words, attribution.weights, strict=True)
    return {getattr(pair, part.side)[slice(*part.span)]: weight for part, weight in named}


def test_leave_one_out_is_the_probability_that_goes_with_a_word():
    judge = adder(WEIGHTS)
    found = by_word(PAIR, leave_one_out(judge, PAIR, judge.judge([PAIR])[0]))
    assert found == pytest.approx({"red": 0.2, "dog": 0, "green": 0.1, "blue": 0.3, "cat": 0}, abs=1e-5)


def test_shapley_values_of_a_sum_are_its_terms():
    judge = adder(WEIGHTS)
    found = by_word(PAIR, shapley(judge, PAIR, judge.judge([PAIR])[0], permutations=4))
    assert found == pytest.approx({"red": 0.2, "dog": 0, "green": 0.1, "blue": 0.3, "cat": 0}, abs=1e-5)


def test_shapley_values_share_what_two_words_do_together():
    """Leave-one-out counts it twice; Shapley values sum to what all words add to none."""
    judge, pair = sleeper(), Pair("man sleeping", "dog running")
    verdict = judge.judge([pair])[0]
    found = by_word(pair, shapley(judge, pair, verdict, permutations=40))
    assert sum(found.values()) == pytest.approx(0.85, abs=1e-4)
    # a permutation and its reverse together give each of the two exactly half
    assert found == pytest.approx({"man": 0, "sleeping": 0.425, "dog": 0, "running": 0.425}, abs=1e-4)
    assert sum(by_word(pair, leave_one_out(judge, pair, verdict)).values()) == pytest.approx(1.7, abs=1e-3)


def test_shapley_values_depend_on_the_seed_and_on_nothing_else(tiny_engine):
    pair = Pair("a man is sleeping outside", "the dog was running")
    verdict = tiny_engine.judge([pair])[0]
    first, again, other = (shapley(tiny_engine, pair, verdict, permutations=2, seed=seed).weights for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_too_many_words_are_refused_rather_than_read_for_an_hour():
    pair = Pair("dog " * MOST_WORDS, "cat")
    judge = adder({})
    with pytest.raises(UsageError, match="evidence"):
        leave_one_out(judge, pair, judge.judge([pair])[0])
