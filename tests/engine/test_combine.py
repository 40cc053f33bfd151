from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuili.engine.combine import decisive_mean
from tuili.types import THREE_WAY, TWO_WAY


def log(rows: list[list[float]]) -> np.ndarray:
    return np.log(np.asarray(rows, np.float32))


def test_one_window_speaks_for_itself():
    row = log([[0.2, 0.5, 0.3]])
    assert np.exp(decisive_mean(row, THREE_WAY, sharpness=4.0)) == pytest.approx([0.2, 0.5, 0.3], abs=1e-6)


def test_sharpness_zero_is_the_mean():
    rows = log([[0.2, 0.6, 0.2], [0.8, 0.1, 0.1]])
    assert np.exp(decisive_mean(rows, THREE_WAY, sharpness=0.0)) == pytest.approx([0.5, 0.35, 0.15], abs=1e-6)


def test_weights_follow_the_formula():
    # windows decide with 0.4 and 0.9; at sharpness 2 they weigh 0.16 and 0.81
    rows = log([[0.2, 0.6, 0.2], [0.8, 0.1, 0.1]])
    expected = (0.16 * np.array([0.2, 0.6, 0.2]) + 0.81 * np.array([0.8, 0.1, 0.1])) / 0.97
    assert np.exp(decisive_mean(rows, THREE_WAY, sharpness=2.0)) == pytest.approx(expected, abs=1e-6)


def test_windows_with_nothing_to_say_do_not_drown_the_one_that_decides():
    rows = log([[0.01, 0.98, 0.01]] * 50 + [[0.95, 0.04, 0.01]])
    assert np.exp(decisive_mean(rows, THREE_WAY, sharpness=4.0))[0] > 0.94


def test_in_two_way_models_not_entailment_is_nothing_to_say():
    rows = log([[0.1, 0.9], [0.9, 0.1]])
    assert np.exp(decisive_mean(rows, TWO_WAY, sharpness=8.0))[0] > 0.89


@given(
    st.lists(st.tuples(*[st.floats(0.001, 1.0)] * 3), min_size=1, max_size=30),
    st.floats(0, 16),
    st.randoms(use_true_random=False),
)
def test_the_result_is_a_distribution_within_the_windows_whatever_their_order(rows, sharpness, rng):
    array = np.asarray(rows)
    array /= array.sum(1, keepdims=True)
    combined = np.exp(decisive_mean(np.log(array), THREE_WAY, sharpness=sharpness))
    assert combined.sum() == pytest.approx(1.0)
    assert np.all(combined <= array.max(0) + 1e-9)
    assert np.all(combined >= array.min(0) - 1e-9)
    shuffled = rng.sample(range(len(array)), len(array))
    assert np.exp(decisive_mean(np.log(array[shuffled]), THREE_WAY, sharpness=sharpness)) == pytest.approx(combined)
