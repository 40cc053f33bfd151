from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from tuili.errors import InputError, UsageError
from tuili.evaluation.isotonic import fit_isotonic, pool_adjacent_violators


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 9)), min_size=1, max_size=40))
def test_pooled_values_are_those_of_scikit_learn(rows: list[tuple[float, int]]):
    values, weights = np.array(rows).T
    wanted = IsotonicRegression().fit(np.arange(len(rows)), values, sample_weight=weights).predict(np.arange(len(rows)))
    np.testing.assert_allclose(pool_adjacent_violators(values, weights), wanted, atol=1e-9)


def test_the_function_between_the_knots_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.34, 1, 3000).round(3)  # many are equal
    right = rng.random(3000) < confidence**2
    knots = np.array(fit_isotonic(confidence, right.astype(float)))
    places = np.linspace(0.34, 1, 500)
    wanted = IsotonicRegression(out_of_bounds="clip").fit(confidence, right).predict(places)
    found = np.interp(places, knots[:, 0], knots[:, 1])
    np.testing.assert_allclose(found, np.clip(wanted, 1 / 3002, 3001 / 3002), atol=2e-4)  # the ends are held in first
    assert len(knots) < 400


def test_nothing_is_ever_certain():
    knots = fit_isotonic(np.linspace(0.4, 1, 300), (np.arange(300) > 100).astype(float))
    assert knots[0][1] == pytest.approx(1 / 302, abs=1e-6)
    assert knots[-1][1] == pytest.approx(301 / 302, abs=1e-6)


def test_too_few_pairs_none_and_wrong_shapes_are_refused():
    with pytest.raises(UsageError, match="at least 200 pairs"):
        fit_isotonic(np.ones(199), np.ones(199))
    with pytest.raises(InputError):
        fit_isotonic(np.ones(0), np.ones(0))
    with pytest.raises(UsageError, match="one shape"):
        fit_isotonic(np.ones(3), np.ones(4))
