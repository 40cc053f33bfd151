from __future__ import annotations

import numpy as np
import pytest
from made_up import NOT, C, E, N, verdict

from tuili.errors import InputError, ModelError, NumericalError, UsageError
from tuili.evaluation.scoring import score
from tuili.types import THREE_WAY, TWO_WAY, Label, Verdict

SPLIT = verdict(0.4, 0.3, 0.3)  # entailment is likeliest, and still less likely than not
SURE = verdict(0.5, 0.1, 0.4)


def test_gold_labels_with_a_contradiction_are_scored_three_way() -> None:
    report = score([SPLIT, SPLIT], [E, C])
    assert not report.two_way
    assert report.labels == THREE_WAY
    assert report.accuracy == 0.5


@pytest.mark.parametrize("other", [N, NOT])
def test_gold_labels_without_contradiction_are_scored_by_the_probability_of_entailment(other: Label) -> None:
    report = score([SPLIT, SPLIT, SURE], [E, other, E])
    assert report.two_way
    assert report.labels == TWO_WAY
    assert report.confusion == ((1, 1), (0, 1))
    assert report.brier == pytest.approx((0.6**2 + 0.4**2 + 0.5**2) / 3)
    assert report.per_class[NOT].support == 1


def test_entailment_is_predicted_from_one_half_on() -> None:
    below = np.nextafter(0.5, 0)
    assert score([verdict(0.5, 0.5)], [E]).accuracy == 1.0
    assert score([verdict(below, 1 - below)], [E]).accuracy == 0.0


def test_a_two_way_judge_is_scored_two_way_on_three_way_gold_labels() -> None:
    report = score([verdict(0.9, 0.1), verdict(0.2, 0.8), verdict(0.3, 0.7)], [E, N, C])
    assert report.two_way
    assert report.accuracy == 1.0
    assert report.per_class[NOT].support == 2


def test_gold_labels_that_mix_both_kinds_are_scored_two_way() -> None:
    report = score([SURE, SPLIT, SPLIT, SPLIT], [E, N, C, NOT])
    assert report.two_way
    assert report.accuracy == 1.0


@pytest.mark.parametrize("gold", [[E, E], [N, N], [NOT, NOT]])
def test_a_single_gold_label_other_than_contradiction_is_two_way(gold: list[Label]) -> None:
    assert score([SPLIT, SURE], gold).two_way


def test_a_judge_without_a_label_for_entailment_is_refused() -> None:
    odd = Verdict(N, {N: 0.6, C: 0.4}, True, frozenset([N]), 1.0, "odd")
    with pytest.raises(ModelError, match="must have the label entailment; it has neutral, contradiction"):
        score([odd], [N])


def test_a_judge_that_changes_its_labels_is_refused() -> None:
    with pytest.raises(ModelError, match="not on the same labels"):
        score([SPLIT, verdict(0.9, 0.1)], [E, E])


@pytest.mark.parametrize("rows", [(0.5, 0.1, 0.1), (float("nan"), 0.5, 0.5), (1.2, -0.1, -0.1)])
def test_a_verdict_whose_probabilities_are_none_is_refused(rows: tuple[float, ...]) -> None:
    with pytest.raises(NumericalError, match="sum to 1; the judge gave"):
        score([SPLIT, verdict(*rows)], [E, C])


def test_the_order_of_labels_in_a_verdict_changes_nothing() -> None:
    backwards = Verdict(E, dict(reversed(SPLIT.probabilities.items())), True, frozenset([E]), 1.0, "made-up")
    assert score([backwards, SURE], [E, C]) == score([SPLIT, SURE], [E, C])


def test_verdicts_and_gold_labels_must_be_as_many() -> None:
    with pytest.raises(UsageError, match="got 1 and 2"):
        score([SPLIT], [E, E])


def test_an_unknown_gold_label_is_named() -> None:
    with pytest.raises(UsageError, match="unknown gold label 'maybe'"):
        score([SPLIT], ["maybe"])


def test_nothing_to_score_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no labelled pairs"):
        score([], [])
