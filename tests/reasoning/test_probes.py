"""Whether a model in the wrong order is found out, and one in the right order is let through."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from tuili.errors import LabelOrderError, UsageError
from tuili.reasoning.probes import LEAST_ACCURACY, PROBES, check_label_order, likely_order
from tuili.types import THREE_WAY, TWO_WAY, Label

E, N, C, X = Label


def answers(order, *, wrong=0, seed=0):
    """Log-probabilities of a model whose columns mean `order`, and which errs on so many probes. *Shape:* `(n, k)`."""
    rng = np.random.default_rng(seed)
    gold = [order.index(probe.label if probe.label in order else X) for probe in PROBES]
    for place in rng.choice(len(PROBES), wrong, replace=False):
        gold[place] = (gold[place] + 1) % len(order)
    logits = rng.normal(0, 0.5, (len(PROBES), len(order)))
    logits[np.arange(len(gold)), gold] += 6
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def test_the_probes_are_many_different_and_balanced():
    assert len(PROBES) >= 30
    assert len({probe.pair for probe in PROBES}) == len(PROBES)
    assert set(Counter(probe.label for probe in PROBES).values()) == {len(PROBES) // 3}
    assert len({probe.kind for probe in PROBES}) >= 8
    assert all(text.isascii() and text.endswith(".") for probe in PROBES for text in probe.pair)


def test_every_premise_and_hypothesis_occurs_once_so_that_neither_gives_the_label_away():
    texts = [text for probe in PROBES for text in probe.pair]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("labels", [*permutations(THREE_WAY), *permutations(TWO_WAY)])
@pytest.mark.parametrize("wrong", [0, 6])
def test_a_model_passes_in_its_own_order_and_in_no_other(labels, wrong):
    log_probs = answers(labels, wrong=wrong)
    assert check_label_order(log_probs, labels) is None
    assert likely_order(log_probs) == labels
    for other in permutations(labels):
        if other != labels:
            with pytest.raises(LabelOrderError, match="another order"):
                check_label_order(log_probs, other)


def test_the_error_says_what_was_seen_and_how_to_set_the_order():
    with pytest.raises(LabelOrderError) as refused:
        check_label_order(answers((C, E, N)), (E, N, C))
    said = str(refused.value)
    assert "100% when read as ['contradiction', 'entailment', 'neutral']" in said
    assert "0% when read as ['entailment', 'neutral', 'contradiction']" in said
    assert "set labels=['contradiction', 'entailment', 'neutral']" in said


def test_a_model_that_errs_too_often_is_refused_in_every_order():
    log_probs = answers(THREE_WAY, wrong=18)
    for labels in permutations(THREE_WAY):
        with pytest.raises(LabelOrderError, match=r"in doubt.*70%.*check_labels=False"):
            check_label_order(log_probs, labels)
    assert likely_order(log_probs) is None


@pytest.mark.parametrize("labels", [THREE_WAY, TWO_WAY])
def test_a_model_that_guesses_is_never_let_through(labels):
    rng = np.random.default_rng(0)
    for _ in range(300):
        with pytest.raises(LabelOrderError):
            check_label_order(rng.normal(size=(len(PROBES), len(labels))).astype(np.float32), labels)


@pytest.mark.parametrize("labels", [THREE_WAY, TWO_WAY])
def test_a_model_that_always_says_the_same_is_never_let_through(labels):
    for column in range(len(labels)):
        log_probs = np.full((len(PROBES), len(labels)), -5.0, np.float32)
        log_probs[:, column] = -0.1
        with pytest.raises(LabelOrderError):
            check_label_order(log_probs, labels)


def test_a_model_that_confuses_two_labels_may_be_good_enough_and_still_in_doubt():
    """Right on all entailed pairs and on 15 of the 24 others: 75 % right, but the lead over the swap is thin."""
    gold = [THREE_WAY.index(probe.label) for probe in PROBES]
    others = [place for place, label in enumerate(gold) if label > 0]
    for place in others[::3] + others[1::24]:
        gold[place] = 3 - gold[place]
    log_probs = np.log(np.eye(3, dtype=np.float32)[gold] * 0.97 + 0.01)
    assert np.mean([THREE_WAY[column] == probe.label for column, probe in zip(gold, PROBES, strict=True)]) >= 0.7
    with pytest.raises(LabelOrderError, match="in doubt"):
        check_label_order(log_probs, THREE_WAY)


def test_two_way_accuracy_counts_both_labels_alike():
    """Two thirds of the probes are not entailed, so a model that says so to all but two reaches 72 % of them."""
    log_probs = np.log(np.tile(np.array([[0.1, 0.9]], np.float32), (len(PROBES), 1)))
    log_probs[:2] = log_probs[:2, ::-1]
    assert PROBES[0].label is PROBES[1].label is E
    assert LEAST_ACCURACY < 26 / 36
    with pytest.raises(LabelOrderError):
        check_label_order(log_probs, TWO_WAY)


@pytest.mark.parametrize(
    ("shape", "labels"),
    [
        ((36, 3), TWO_WAY),
        ((36, 2), THREE_WAY),
        ((35, 3), THREE_WAY),
        ((36, 3), (E, N, X)),
        ((36, 1), (E,)),
        ((36,), (E,)),
    ],
)
def test_scores_that_do_not_fit_the_probes_are_a_mistake_of_the_caller(shape, labels):
    with pytest.raises(UsageError, match="36 rows"):
        check_label_order(np.zeros(shape, np.float32), labels)
