from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_up import random_gold, random_rows

from tuili.errors import UsageError
from tuili.evaluation.cross_fit import cross_fitted
from tuili.evaluation.interval import bootstrap
from tuili.evaluation.metrics import accuracy
from tuili.evaluation.reliability import debiased_ece, expected_calibration_error

if TYPE_CHECKING:
    from tuili.evaluation.fit import Method


def judged(n: int, rng: np.random.Generator, *, off: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Two labels; the first is predicted, and is right `off` less often than is said."""
    p = rng.uniform(0.6, 0.95, size=n)
    return np.stack([p, 1 - p], axis=1), (rng.random(n) > p - off).astype(np.int64)


def test_the_debiased_ece_is_on_average_nearer_to_the_truth():
    rng = np.random.default_rng(0)
    for off in (0.0, 0.03):
        draws = [judged(1000, rng, off=off) for _ in range(60)]
        taken_off = np.mean([debiased_ece(*draw) for draw in draws])
        plain = np.mean([expected_calibration_error(*draw) for draw in draws])
        assert abs(taken_off - off) < 0.7 * abs(plain - off)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(100):
        found = bootstrap(accuracy, *judged(300, rng, off=0.1), resamples=100, seed=seed)
        held += found.low <= 0.675 <= found.high
    assert held >= 87


def test_an_interval_of_a_debiased_error_is_about_the_debiased_error():
    draw = judged(1000, np.random.default_rng(3), off=0.1)
    found = bootstrap(debiased_ece, *draw, plain=expected_calibration_error, resamples=100)
    assert 0.05 < found.low < 0.1 < found.high < 0.15
    assert found.low < found.value < found.high
    naive = bootstrap(debiased_ece, *draw, resamples=100)
    assert naive.low < found.low  # resamples of a sample hold its noise twice


def test_pairs_that_go_together_are_drawn_together():
    p, gold = random_rows(300, 3), random_gold(300, 3)
    copies = np.repeat(np.arange(300), 5)
    alone = bootstrap(accuracy, p, gold)
    together = bootstrap(accuracy, p[copies], gold[copies], groups=copies.tolist())
    fooled = bootstrap(accuracy, p[copies], gold[copies])
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.15)
    assert fooled.high - fooled.low < 0.6 * (alone.high - alone.low)
    assert bootstrap(accuracy, p, gold) == alone  # nothing is left to chance
    assert alone.to_dict()["value"] == alone.value


def test_intervals_that_can_not_be_are_refused():
    for options in ({"level": 1.0}, {"resamples": 0}, {"groups": ["one"]}):
        with pytest.raises(UsageError):
            bootstrap(accuracy, random_rows(5, 3), random_gold(5, 3), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["temperature", "vector", "isotonic"])
def test_no_pair_is_measured_by_a_map_that_saw_it(method: Method):
    rng = np.random.default_rng(2)
    rows = random_rows(2000, 3)
    z = np.log(rows)
    gold = (rows.cumsum(axis=1) < rng.random((2000, 1))).sum(axis=1)
    windows = np.ones(2000, np.int64)
    groups = [str(i // 2) for i in range(2000)]
    p = cross_fitted(z, gold, windows, groups, method=method)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    changed = gold.copy()
    changed[0] = z[0].argmax() if gold[0] != z[0].argmax() else z[0].argmin()
    other = cross_fitted(z, changed, windows, groups, method=method)
    assert np.array_equal(p[0], other[0])
    assert np.array_equal(p[1], other[1])  # of the same group
    assert not np.array_equal(p, other)


def test_too_few_folds_or_groups_are_refused():
    z, gold = np.log(random_rows(10, 3)), random_gold(10, 3)
    with pytest.raises(UsageError, match="2 folds"):
        cross_fitted(z, gold, np.ones(10, np.int64), ["a"] * 10, folds=1)
    with pytest.raises(UsageError, match="one is empty"):
        cross_fitted(z, gold, np.ones(10, np.int64), ["a"] * 10)
