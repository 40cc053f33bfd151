from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import random_gold
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from tuili.errors import InputError, NumericalError, UsageError
from tuili.evaluation.calibration import COLDEST, HOTTEST, fit_temperature


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def sample(n: int, k: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities whose true temperature is known, and gold labels drawn from the true probabilities."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2.0, size=(n, k))
    gold = (softmax(logits).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return np.log(softmax(logits * temperature)), gold


def loss(log_probs: np.ndarray, gold: np.ndarray, temperature: float, entailment: int = 0) -> float:
    """The likelihood written out plainly, partial labels too."""
    rows, k = softmax(log_probs / temperature), log_probs.shape[1]
    of_others = np.delete(rows, entailment, axis=1).sum(axis=1)
    of_gold = np.where(gold == k, of_others, rows[np.arange(len(gold)), np.minimum(gold, k - 1)])
    return float(-np.log(of_gold).mean())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_comes_out(temperature: float) -> None:
    assert fit_temperature(*sample(20_000, 3, temperature)) == pytest.approx(temperature, rel=0.05)


def test_no_point_of_a_fine_grid_is_better() -> None:
    log_probs, gold = sample(400, 3, 1.7)
    found = fit_temperature(log_probs, gold)
    grid = np.linspace(0.2, 6, 3000)
    losses = [loss(log_probs, gold, t) for t in grid]
    assert loss(log_probs, gold, found) <= min(losses) + 1e-12
    assert found == pytest.approx(grid[int(np.argmin(losses))], abs=0.003)


def test_two_labels_agree_with_the_logistic_regression_of_scikit_learn() -> None:
    log_probs, gold = sample(2000, 2, 2.0)
    gap = (log_probs[:, 1] - log_probs[:, 0])[:, None]
    slope = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(gap, gold).coef_[0, 0]
    assert fit_temperature(log_probs, gold) == pytest.approx(1 / slope, rel=1e-4)


def test_the_fit_lowers_the_log_loss_of_scikit_learn() -> None:
    log_probs, gold = sample(1000, 3, 3.0)
    after = softmax(log_probs / fit_temperature(log_probs, gold))
    assert log_loss(gold, after) < log_loss(gold, softmax(log_probs))


@pytest.mark.parametrize("entailment", [0, 2])
def test_labels_that_say_only_not_entailment_are_fitted_as_a_sum(entailment: int) -> None:
    log_probs, gold = sample(3000, 3, 1.8)
    partial = np.where(gold == entailment, entailment, 3)
    found = fit_temperature(log_probs, partial, entailment=entailment)
    grid = np.linspace(0.2, 6, 1500)
    best = grid[int(np.argmin([loss(log_probs, partial, t, entailment) for t in grid]))]
    assert found == pytest.approx(best, abs=0.005)
    assert found == pytest.approx(1.8, rel=0.1)


def test_partial_and_full_labels_go_together() -> None:
    log_probs, gold = sample(2000, 3, 1.8)
    mixed = np.where((np.arange(2000) % 2 == 0) & (gold != 0), 3, gold)
    grid = np.linspace(0.2, 6, 1500)
    best = grid[int(np.argmin([loss(log_probs, mixed, t) for t in grid]))]
    assert fit_temperature(log_probs, mixed) == pytest.approx(best, abs=0.005)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 30), st.booleans())
def test_no_grid_point_beats_the_fit_on_any_data(seed: int, n: int, partial: bool) -> None:
    log_probs = np.log(softmax(np.random.default_rng(seed).normal(scale=3, size=(n, 3))))
    gold = random_gold(n, 4 if partial else 3, seed)
    found = fit_temperature(log_probs, gold)
    assert COLDEST <= found <= HOTTEST * (1 + 1e-9)
    best = min(loss(log_probs, gold, t) for t in np.geomspace(COLDEST, HOTTEST, 400))
    assert loss(log_probs, gold, found) <= best + 1e-4


def test_where_every_prediction_is_right_the_coldest_is_the_answer() -> None:
    assert fit_temperature(np.log([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])) == pytest.approx(COLDEST)


def test_where_every_prediction_is_wrong_the_hottest_is_the_answer() -> None:
    assert fit_temperature(np.log([[0.9, 0.1], [0.2, 0.8]]), np.array([1, 0])) == pytest.approx(HOTTEST)


def test_shifted_logits_and_float32_give_the_same_temperature() -> None:
    log_probs, gold = sample(300, 3, 1.5)
    expected = fit_temperature(log_probs, gold)
    assert fit_temperature(log_probs + 40.0, gold) == pytest.approx(expected, rel=1e-4)
    assert fit_temperature(log_probs.astype(np.float32), gold) == pytest.approx(expected, rel=1e-4)


def test_very_confident_log_probabilities_do_not_overflow() -> None:
    log_probs = np.array([[0.0, -4000.0, -9000.0], [-9000.0, 0.0, -4000.0], [-1.0, -1.0, -1.2]])
    assert COLDEST <= fit_temperature(log_probs, np.array([0, 3, 2])) <= HOTTEST


@pytest.mark.parametrize(
    ("log_probs", "gold", "entailment", "error", "message"),
    [
        (np.array([[0.0, -np.inf]]), np.array([0]), 0, NumericalError, "must be finite"),
        (np.array([[np.nan, 0.0]]), np.array([0]), 0, NumericalError, "must be finite"),
        (np.zeros((0, 3)), np.zeros(0, dtype=np.int64), 0, InputError, "no labelled pairs"),
        (np.zeros(3), np.array([0, 1, 2]), 0, UsageError, "shapes"),
        (np.zeros((1, 3)), np.array([4]), 0, UsageError, "run from 0 to 3; got 4"),
        (np.zeros((1, 3)), np.array([0]), 3, UsageError, "two or more columns, 0 to 2; got 3"),
        (np.zeros((1, 1)), np.array([0]), 0, UsageError, "two or more columns"),
    ],
)
def test_what_can_not_be_fitted_is_refused(log_probs, gold, entailment, error, message) -> None:
    with pytest.raises(error, match=message):
        fit_temperature(log_probs, gold, entailment=entailment)
