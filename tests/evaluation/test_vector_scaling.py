from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from tuili.errors import InputError, NumericalError
from tuili.evaluation.vector import fit_vector


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def sample(n: int, scale: list[float], bias: list[float], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities, and gold labels drawn from what a vector scaling makes of them."""
    rng = np.random.default_rng(seed)
    z = np.log(softmax(rng.normal(scale=2, size=(n, 3))))
    centred = z - z.max(axis=1, keepdims=True)
    true = softmax(centred * scale + bias)
    return z, (true.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)


def loss(theta: np.ndarray, z: np.ndarray, gold: np.ndarray) -> float:
    centred = z - z.max(axis=1, keepdims=True)
    p = softmax(centred * theta[:3] + theta[3:])
    of_gold = np.where(gold == 3, 1 - p[:, 0], p[np.arange(len(gold)), np.minimum(gold, 2)])
    pull = np.square(theta[:3] - 1).sum() + np.square(theta[3:]).sum()
    return float(-np.log(of_gold).mean() + pull / (2 * len(gold)))


def test_what_was_put_in_comes_out():
    found = fit_vector(*sample(40_000, [0.5, 1.0, 1.5], [0.4, 0.0, -0.4]))
    np.testing.assert_allclose(found.scale, [0.5, 1.0, 1.5], atol=0.06)
    np.testing.assert_allclose(found.bias, [0.4, 0.0, -0.4], atol=0.06)


@pytest.mark.parametrize("partial", [False, True])
def test_the_minimum_is_the_one_that_scipy_finds(partial: bool):
    z, gold = sample(500, [0.7, 1.2, 0.9], [0.5, -0.3, 0.0])
    if partial:
        gold = np.where((gold > 0) & (np.arange(500) % 2 == 0), 3, gold)
    found = fit_vector(z, gold)
    theta = np.array([*found.scale, *found.bias])
    best = minimize(loss, np.array([1.0] * 3 + [0.0] * 3), args=(z, gold), method="L-BFGS-B", options={"ftol": 1e-13})
    assert loss(theta, z, gold) == pytest.approx(best.fun, abs=1e-7)


def test_labels_that_never_occur_or_can_be_told_apart_for_sure_give_finite_numbers():
    found = fit_vector(np.log([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05]] * 50), np.array([0, 1] * 50))
    assert np.isfinite([*found.scale, *found.bias]).all()


def test_what_can_not_be_fitted_is_refused():
    with pytest.raises(NumericalError):
        fit_vector(np.array([[np.nan, 0.0]]), np.array([0]))
    with pytest.raises(InputError):
        fit_vector(np.zeros((0, 3)), np.zeros(0, np.int64))
