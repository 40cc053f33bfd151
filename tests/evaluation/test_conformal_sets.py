from __future__ import annotations

import numpy as np
import pytest
from made_up import random_rows

from tuili.errors import InputError, UsageError
from tuili.evaluation.conformal import fit_sets, score_sets


def drawn(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are far from calibrated, and gold labels."""
    rows = rng.dirichlet([0.6, 0.5, 0.3], size=n)
    gold = (rows.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    sharpened = rows**3
    return sharpened / sharpened.sum(axis=1, keepdims=True), gold


def test_the_quantile_is_the_one_counted_by_hand():
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]])
    sets = fit_sets(p, np.zeros(4, np.int64), alpha=0.4)  # scores .1 .2 .3 .6; ceil(5 * .6) = 3rd
    assert sets.quantiles == pytest.approx((0.3, 0.3), abs=2e-6)
    assert fit_sets(p, np.zeros(4, np.int64), alpha=0.1).quantiles == (1.0, 1.0)  # ceil(4.5) = 5th of 4


def test_over_many_calibration_sets_the_promise_is_kept_and_not_by_much():
    """Mean set coverage over 400 draws is (n + 1 - floor(alpha (n + 1))) / (n + 1): 0.9 and a little."""
    rng = np.random.default_rng(2)
    covered = []
    for _ in range(400):
        sets = fit_sets(*drawn(199, rng), alpha=0.1)
        covered.append(score_sets(*drawn(200, rng), sets).set_coverage)
    assert np.mean(covered) == pytest.approx(0.9, abs=0.006)


def test_by_label_the_promise_is_kept_for_the_rarest_label_too():
    rng = np.random.default_rng(3)
    calibration, fresh = drawn(20_000, rng), drawn(20_000, rng)
    together = score_sets(*fresh, fit_sets(*calibration))
    by_label = score_sets(*fresh, fit_sets(*calibration, by_label=True))
    assert by_label.least_by_label == pytest.approx(0.9, abs=0.015)
    assert together.least_by_label < 0.88
    assert by_label.mean_size > together.mean_size


def test_no_set_is_empty():
    p, gold = random_rows(500, 3), np.zeros(500, np.int64)
    found = score_sets(p, p.argmax(axis=1), fit_sets(p, p.argmax(axis=1), alpha=0.9))
    assert found.set_coverage == 1.0
    assert found.mean_size >= 1
    assert score_sets(p, gold, fit_sets(p, gold, alpha=0.99)).mean_size == 1


def test_what_can_not_be_is_refused():
    with pytest.raises(UsageError, match="alpha"):
        fit_sets(random_rows(5, 3), np.zeros(5, np.int64), alpha=1.0)
    with pytest.raises(InputError):
        fit_sets(np.zeros((0, 3)), np.zeros(0, np.int64))
