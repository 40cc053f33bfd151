"""Neither the hypothesis alone nor the overlap of words gives the label away. The figures are printed (`pytest -s`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tuili.learning.synthesis import SyntheticPair, families, generate
from tuili.learning.synthesis.balance import overlap
from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

text = pytest.importorskip("sklearn.feature_extraction.text")
naive_bayes = pytest.importorskip("sklearn.naive_bayes")

PAIRS = 4800
MARGIN = 0.1
"""How far above the most frequent label a family of 300 pairs may come; over three times the standard error."""


@pytest.fixture(scope="module")
def pairs() -> list[SyntheticPair]:
    return list(generate(PAIRS, seed=17))


@pytest.fixture(scope="module")
def others() -> list[SyntheticPair]:
    return list(generate(PAIRS, seed=18))


def hypothesis_only(fitted: list[SyntheticPair], asked: list[SyntheticPair]) -> float:
    """Accuracy of a bag of words and word pairs on hypotheses from another seed."""
    words = text.CountVectorizer(ngram_range=(1, 2), binary=True)
    model = naive_bayes.MultinomialNB()
    model.fit(words.fit_transform([pair.hypothesis for pair in fitted]), [pair.label.value for pair in fitted])
    said = model.predict(words.transform([pair.hypothesis for pair in asked]))
    return float(np.mean([pair.label.value == label for pair, label in zip(asked, said, strict=True)]))


def most_frequent(labels: Iterable[Label]) -> float:
    counts = Counter(labels)
    return max(counts.values()) / counts.total()


def best_threshold(shares: np.ndarray, entailed: np.ndarray) -> float:
    """The best balanced accuracy that any threshold on the overlap gives, in either direction."""
    rates = [(np.mean(shares[entailed] >= t), np.mean(shares[~entailed] >= t)) for t in np.unique(shares)]
    return float(max(0.5 + abs(hit - false) / 2 for hit, false in rates))


def test_a_hypothesis_alone_says_little_in_any_family(pairs, others):
    print(f"\n{'family':<14} {'pairs':>5} {'most frequent':>14} {'hypothesis only':>16}")
    gains = []
    for family in families():
        fitted, asked = ([pair for pair in each if pair.family == family] for each in (pairs, others))
        chance, accuracy = most_frequent(pair.label for pair in asked), hypothesis_only(fitted, asked)
        print(f"{family:<14} {len(asked):>5} {chance:>14.3f} {accuracy:>16.3f}")
        assert accuracy < chance + MARGIN, family
        gains.append(accuracy - chance)
    assert np.mean(gains) < 0.03


def test_the_same_check_finds_a_leak_where_there_is_one(pairs, others):
    leaking, asked = (
        [
            replace(pair, hypothesis=f"Surely {pair.hypothesis}") if pair.label is Label.CONTRADICTION else pair
            for pair in each
            if pair.family == "temporal"
        ]
        for each in (pairs, others)
    )
    assert hypothesis_only(leaking, asked) > most_frequent(pair.label for pair in asked) + MARGIN


def test_overlap_of_words_says_little_over_all_families(pairs):
    shares = np.array([overlap(pair.premise, pair.hypothesis) for pair in pairs])
    entailed = np.array([pair.label is Label.ENTAILMENT for pair in pairs])
    accuracy = best_threshold(shares, entailed)
    print(f"\noverlap only: balanced accuracy {accuracy:.3f} (chance 0.500)")
    assert accuracy < 0.55
    assert best_threshold(shares + 0.2 * entailed, entailed) > 0.6  # the measure itself can find one


def test_labels_are_balanced_in_every_pattern(pairs):
    by_pattern = defaultdict(Counter)
    for pair in pairs:
        by_pattern[pair.family, pair.pattern][pair.label] += 1
    for pattern, counts in by_pattern.items():
        assert len(counts) >= 2, pattern
        assert max(counts.values()) - min(counts.values()) <= 8, pattern


def test_every_pattern_that_is_written_gives_pairs(pairs):
    from tuili.learning.synthesis.families import FAMILIES

    written = {(family.name, pattern.name) for family in FAMILIES for pattern in family.patterns}
    assert {(pair.family, pair.pattern) for pair in pairs} == written
