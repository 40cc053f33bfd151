from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from made_up import judged, random_gold, random_rows, shuffled

from tuili.errors import InputError, UsageError
from tuili.evaluation.metrics import accuracy
from tuili.evaluation.selective import risk_curve

ROWS = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])


def test_a_curve_worked_out_by_hand() -> None:
    curve = risk_curve(ROWS, np.array([0, 1, 0, 1]))
    assert curve.thresholds == (0.9, 0.8, 0.7, 0.6)
    assert curve.answered_share == (0.25, 0.5, 0.75, 1.0)
    assert curve.risk == pytest.approx((0, 1 / 2, 1 / 3, 2 / 4))
    assert curve.area() == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)


def test_pairs_of_equal_confidence_are_answered_together() -> None:
    curve = risk_curve(np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4]]), np.array([0, 0, 0]))
    assert curve.thresholds == (0.9, 0.6)
    assert curve.answered_share == pytest.approx((2 / 3, 1))
    assert curve.risk == pytest.approx((1 / 2, 1 / 3))


def test_confidence_that_says_nothing_leaves_the_error_rate_as_area() -> None:
    rows = np.tile([0.7, 0.3], (10, 1))
    assert risk_curve(rows, np.array([0] * 6 + [1] * 4)).area() == pytest.approx(0.4)


def test_a_judge_that_doubts_its_mistakes_has_a_smaller_area() -> None:
    knows = risk_curve(ROWS, np.array([0, 0, 1, 1])).area()
    does_not = risk_curve(ROWS, np.array([1, 1, 0, 0])).area()
    assert knows < does_not


@given(judged())
def test_shares_rise_thresholds_fall_and_risks_are_shares(data: tuple[np.ndarray, np.ndarray]) -> None:
    curve = risk_curve(*data)
    assert (np.diff(curve.answered_share) > 0).all()
    assert (np.diff(curve.thresholds) < 0).all()
    assert all(0 <= risk <= 1 for risk in curve.risk)
    assert 0 <= curve.area() <= 1
    assert curve.answered_share[-1] == 1.0
    assert curve.risk[-1] == pytest.approx(1 - accuracy(*data))


@given(judged())
def test_the_order_of_pairs_does_not_change_the_curve(data: tuple[np.ndarray, np.ndarray]) -> None:
    assert risk_curve(*shuffled(data)) == risk_curve(*data)


def test_a_thinned_curve_keeps_its_ends_and_loses_only_steps() -> None:
    curve = risk_curve(random_rows(5000, 3), random_gold(5000, 3))
    thin = curve.thinned(101)
    steps = set(zip(curve.thresholds, curve.answered_share, curve.risk, strict=True))
    kept = list(zip(thin.thresholds, thin.answered_share, thin.risk, strict=True))
    assert len(kept) == 101
    assert set(kept) <= steps
    assert (thin.answered_share[0], thin.answered_share[-1]) == (curve.answered_share[0], 1.0)


def test_a_short_curve_is_not_thinned() -> None:
    curve = risk_curve(ROWS, np.array([0, 1, 0, 1]))
    assert curve.thinned(4) is curve
    assert curve.to_dict() == {
        "thresholds": [0.9, 0.8, 0.7, 0.6],
        "answered_share": [0.25, 0.5, 0.75, 1.0],
        "risk": [0.0, 0.5, pytest.approx(1 / 3), 0.5],
    }


def test_no_pairs_and_curves_of_one_point_are_refused() -> None:
    with pytest.raises(InputError, match="no labelled pairs"):
        risk_curve(np.zeros((0, 2)), np.zeros(0, dtype=np.int64))
    with pytest.raises(UsageError, match="at least 2 points, got 1"):
        risk_curve(ROWS, np.array([0, 1, 0, 1])).thinned(1)
