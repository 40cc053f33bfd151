from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from made_up import judged, random_gold, random_rows, shuffled
from sklearn.calibration import calibration_curve

from tuili.errors import InputError, UsageError
from tuili.evaluation.reliability import debiased_calibration_error, equal_mass_bins, expected_calibration_error


def two_way(confidence: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs for which column 0 is predicted with these confidences, and is gold where `right`."""
    p = np.array(confidence)
    return np.stack([p, 1 - p], axis=1), np.where(right, 0, 1)


def test_two_bins_worked_out_by_hand() -> None:
    data = two_way([0.6, 0.7, 0.9, 0.9], [True, False, True, True])
    low, high = equal_mass_bins(*data, bins=2)
    assert (low.count, low.accuracy, low.lowest, low.highest) == (2, 0.5, 0.6, 0.7)
    assert (high.count, high.accuracy, high.confidence) == (2, 1.0, 0.9)
    assert expected_calibration_error(*data, bins=2) == pytest.approx((2 * 0.15 + 2 * 0.1) / 4)


def test_the_debiased_error_takes_off_the_sampling_variance() -> None:
    data = two_way([0.9, 0.9, 0.9, 0.9], [True, False, True, False])
    assert debiased_calibration_error(*data, bins=1) == pytest.approx(math.sqrt(0.4**2 - 0.5 * 0.5 / 3))


def test_bins_hold_equally_many_pairs() -> None:
    counts = [group.count for group in equal_mass_bins(random_rows(1000, 3), random_gold(1000, 3))]
    assert len(counts) == 15
    assert sum(counts) == 1000
    assert max(counts) - min(counts) <= 1


def test_bins_agree_with_the_quantile_bins_of_scikit_learn() -> None:
    rows, gold = random_rows(1500, 2), random_gold(1500, 2)
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) == gold
    true, predicted = calibration_curve(right, confidence, n_bins=15, strategy="quantile")
    found = equal_mass_bins(rows, gold)
    np.testing.assert_allclose([group.accuracy for group in found], true)
    np.testing.assert_allclose([group.confidence for group in found], predicted)


def test_equal_confidences_are_never_parted() -> None:
    (only,) = equal_mass_bins(*two_way([0.8] * 10, [True] * 8 + [False] * 2))
    assert only.count == 10
    assert expected_calibration_error(*two_way([0.8] * 10, [True] * 8 + [False] * 2)) == pytest.approx(0)


def test_the_debiased_error_of_a_calibrated_judge_is_nearer_to_nothing() -> None:
    rng = np.random.default_rng(5)
    confidence = rng.uniform(0.5, 1, size=600)
    data = two_way(confidence.tolist(), (rng.random(600) < confidence).tolist())
    assert debiased_calibration_error(*data) < expected_calibration_error(*data)


def test_a_single_pair_has_an_error_but_no_debiased_one() -> None:
    data = two_way([0.7], [True])
    assert expected_calibration_error(*data) == pytest.approx(0.3)
    assert debiased_calibration_error(*data) == 0.0


def test_few_pairs_are_put_into_bins_of_two_at_least_for_the_debiased_error() -> None:
    data = two_way([0.9, 0.91, 0.92, 0.93], [False] * 4)
    assert debiased_calibration_error(*data) == pytest.approx(math.sqrt((0.905**2 + 0.925**2) / 2))


@given(judged())
def test_errors_of_calibration_are_between_0_and_1(data: tuple[np.ndarray, np.ndarray]) -> None:
    assert 0 <= expected_calibration_error(*data) <= 1
    assert 0 <= debiased_calibration_error(*data) <= 1


@given(judged(ties=True))
def test_the_order_of_pairs_does_not_change_the_bins(data: tuple[np.ndarray, np.ndarray]) -> None:
    before, after = equal_mass_bins(*data), equal_mass_bins(*shuffled(data))
    assert [group.count for group in before] == [group.count for group in after]
    np.testing.assert_allclose([g.accuracy for g in before], [g.accuracy for g in after])


@given(judged())
def test_one_bin_compares_mean_confidence_with_accuracy(data: tuple[np.ndarray, np.ndarray]) -> None:
    rows, gold = data
    gap = abs(rows.max(axis=1).mean() - (rows.argmax(axis=1) == gold).mean())
    assert expected_calibration_error(rows, gold, bins=1) == pytest.approx(gap, abs=1e-12)


def test_no_pairs_and_no_bins_are_refused() -> None:
    with pytest.raises(InputError, match="no labelled pairs"):
        expected_calibration_error(np.zeros((0, 2)), np.zeros(0, dtype=np.int64))
    with pytest.raises(UsageError, match="at least 1, got 0"):
        expected_calibration_error(*two_way([0.7], [True]), bins=0)
