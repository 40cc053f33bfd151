"""What follows from a calibration record: probabilities, sets, thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import beta, binom

from tuili.calibration import Map, Risk, Sets, Temperature
from tuili.engine.calibrate import (
    DELTA,
    calibrated,
    prediction_sets,
    risk_bound,
    risk_bounds,
    threshold_for,
)
from tuili.errors import UsageError

ONE = np.array([1])


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max())
    return powers / powers.sum()


def test_temperature_and_vector_are_what_the_paper_says():
    z = np.log([[0.7, 0.2, 0.1]])
    np.testing.assert_allclose(calibrated(z, ONE, Map.plain(2.0))[0], softmax(z[0] / 2))
    how = Map("vector", (Temperature(1, 2.0),), scale=(1.5, 1.0, 0.5), bias=(0.0, 1.0, -1.0))
    wanted = softmax(np.array([1.5, 1.0, 0.5]) * z[0] / 2 + np.array([0.0, 1.0, -1.0]))
    np.testing.assert_allclose(calibrated(z, ONE, how)[0], wanted)


def test_the_number_of_windows_chooses_the_temperature():
    how = Map("temperature", (Temperature(1, 1.0), Temperature(2, 2.0), Temperature(5, 3.0)))
    z = np.log([[0.7, 0.2, 0.1]] * 5)
    found = calibrated(z, np.array([1, 2, 4, 5, 900]), how)
    for row, temperature in zip(found, [1, 2, 2, 3, 3], strict=True):
        np.testing.assert_allclose(row, softmax(z[0] / temperature))


def test_isotonic_maps_the_greatest_and_shares_the_rest_in_proportion():
    how = Map("isotonic", (Temperature(1, 1.0),), knots=((0.5, 0.6), (0.9, 0.8)))
    found = calibrated(np.log([[0.1, 0.7, 0.2]]), ONE, how)[0]
    np.testing.assert_allclose(found, [0.1, 0.7, 0.2])
    found = calibrated(np.log([[0.01, 0.95, 0.04]]), ONE, how)[0]
    np.testing.assert_allclose(found, [0.04, 0.8, 0.16])


rows = hnp.arrays(np.float64, (4, 3), elements=st.floats(-40, 0, width=32))
rising = st.lists(st.floats(0, 1, width=16), min_size=2, max_size=6, unique=True)


@settings(deadline=None)
@given(rows, rising, rising)
def test_isotonic_never_changes_the_label_and_sums_to_one(z: np.ndarray, x: list[float], y: list[float]):
    size = min(len(x), len(y))
    knots = tuple(zip(sorted(x[:size]), sorted(y[:size]), strict=True))
    before = calibrated(z, np.ones(4, int), Map.plain(1.0))
    after = calibrated(z, np.ones(4, int), Map("isotonic", (Temperature(1, 1.0),), knots=knots))
    assert (after.argmax(1) == before.argmax(1)).all()
    np.testing.assert_allclose(after.sum(1), 1)
    assert (after >= 0).all()


def test_a_certain_model_is_made_less_certain():
    how = Map("isotonic", (Temperature(1, 1.0),), knots=((0.5, 0.5), (1.0, 0.9)))
    found = calibrated(np.array([[0.0, -800.0, -900.0]]), ONE, how)[0]
    np.testing.assert_allclose(found, [0.9, 0.05, 0.05])


def test_sets_hold_what_is_likely_enough_and_always_the_label():
    sets = Sets(0.1, (0.5, 0.7, 0.9), by_label=True, n=10)
    found = prediction_sets(np.array([[0.5, 0.3, 0.2], [0.3, 0.31, 0.39], [0.34, 0.33, 0.33]]), sets)
    assert found.tolist() == [[True, True, True], [False, True, True], [True, True, True]]
    assert prediction_sets(np.array([[0.4, 0.35, 0.25]]), Sets(0.1, (0.1,) * 3, by_label=False, n=9)).tolist() == [
        [True, False, False]
    ]


@pytest.mark.parametrize(("errors", "answered"), [(0, 1), (0, 50), (3, 40), (40, 1000), (700, 5000), (999, 1000)])
def test_the_bound_is_the_one_of_clopper_and_pearson(errors: int, answered: int):
    assert risk_bound(errors, answered, 0.05) == pytest.approx(beta.ppf(0.95, errors + 1, answered - errors), rel=1e-6)


def test_of_what_is_always_wrong_or_never_answered_the_bound_is_1():
    assert risk_bound(7, 7, 0.05) == 1.0
    assert risk_bound(0, 0, 0.05) == 1.0


TABLE = Risk((0.9, 0.8, 0.6, 0.0), (400, 800, 900, 1000), (2, 16, 60, 150), 1000)


def test_the_lowest_threshold_that_passes_is_taken():
    assert threshold_for(TABLE, 0.05) == 0.8
    assert threshold_for(TABLE, 0.2) == 0.0
    assert threshold_for(TABLE, 0.025) == 0.9


def test_a_threshold_after_one_that_failed_passes_only_from_a_start_of_its_own():
    lucky = Risk(tuple(1 - i / 100 for i in range(80)), tuple(500 + i for i in range(80)), (0,) * 80, 1000)
    broken = Risk(lucky.thresholds, lucky.answered, (0, *[400] * 79), 1000)
    assert threshold_for(lucky, 0.05) == lucky.thresholds[-1]
    assert threshold_for(broken, 0.05) == 1.0


def test_a_risk_that_nothing_keeps_is_refused_with_the_least_there_is():
    with pytest.raises(UsageError, match=r"1,000 pairs can't show a risk of 0\.001 .* the least it can show is 0\.0"):
        threshold_for(TABLE, 0.001)
    least = float(np.ceil(min(risk_bounds(TABLE)) * 1000) / 1000)
    threshold_for(TABLE, least)


@pytest.mark.parametrize("risk", [0.0, 1.0, -1, 2, float("nan")])
def test_a_risk_that_can_not_be_is_refused(risk: float):
    with pytest.raises(UsageError, match="above 0 and below 1"):
        threshold_for(TABLE, risk)


def test_the_promise_is_broken_at_most_once_in_twenty_calibration_sets():
    """The true risk of the chosen threshold is above the chosen one in at most delta of 200 calibration sets."""
    rng = np.random.default_rng(7)
    thresholds = tuple(np.linspace(0.99, 0.35, 24).round(4).tolist())
    true = np.linspace(0.01, 0.12, 24)  # risk among the answered, rising as more is answered
    shares = np.linspace(0.1, 1.0, 24)
    cells = np.diff(np.concatenate([[0.0], shares]))  # pairs between two thresholds
    wrong = np.diff(np.concatenate([[0.0], shares * true])) / cells
    broken = answered = 0.0
    for _ in range(200):
        counts = rng.multinomial(4000, cells)
        errors = binom.rvs(counts, wrong, random_state=rng)
        table = Risk(thresholds, tuple(counts.cumsum().tolist()), tuple(errors.cumsum().tolist()), 4000)
        chosen = thresholds.index(threshold_for(table, 0.06))
        answered += shares[chosen]
        broken += true[chosen] > 0.06
    assert broken <= 200 * DELTA
    assert answered > 200 * 0.15  # and it is not kept by answering nothing
