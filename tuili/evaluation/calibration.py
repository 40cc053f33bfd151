"""One number that makes confidence honest, the temperature of Guo et al. 2017; or one for each number of windows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tuili.calibration import Temperature
from tuili.errors import NumericalError, UsageError
from tuili.evaluation.arrays import check_arrays

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuili.evaluation.arrays import FloatArray, Floats, Integers

COLDEST, HOTTEST = 0.05, 20.0
RANGES = (1, 2, 4, 8)
LEAST_PAIRS = 200
_GRID = 61  # steps a tenth of an e-fold apart
_TOLERANCE = 1e-7  # of ln T
_GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(log_probs: Floats, gold: Integers, *, entailment: int = 0) -> float:
    """The temperature T under which softmax(log_probs / T) makes the gold labels most likely.

    Minimises the mean of -ln p_T(gold) over T (Guo et al. 2017, section 4.2), by a coarse grid on ln T and a
    golden-section search about its best point. T lies between 0.05 and 20: where the likelihood has no maximum (every
    prediction is right, or confidence says nothing) the bound itself is the answer.

    A gold label k says only that the pair is not entailed, as two-way data does: its probability is the sum over all
    columns but `entailment`. Such rows make the loss a difference of convex functions, which may have several minima;
    hence the grid.

    Relations: leaves every prediction and thus accuracy as it is, unlike fitting a scale and a bias for each label
    (Platt 1999's way, carried to several classes). Never fit it on the pairs that calibration is measured on.

    *Shape:* `log_probs` is `(n, k)`, logits do as well; `gold` is `(n,)`, from 0 to k.

    Args:
        log_probs: Finite log-probabilities before any temperature.
        gold: Column of the gold label, or k for "not entailment".
        entailment: The column of entailment.

    Raises:
        NumericalError: A log-probability is not finite.
        UsageError: The shapes don't fit, or a label is out of range.
        InputError: There are no rows.
    """
    if not np.isfinite(log_probs).all():
        raise NumericalError("log-probabilities must be finite; the model gave NaN or infinity")
    check_arrays(log_probs, gold, merged_classes=1)
    k = log_probs.shape[1]
    if k < 2 or not 0 <= entailment < k:
        raise UsageError(f"entailment must be one of two or more columns, 0 to {k - 1}; got {entailment}")
    logits = log_probs.astype(np.float64)
    allowed = allowed_columns(gold, k, entailment)

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(logits * math.exp(-log_temperature), allowed)

    return math.exp(_minimise(loss, math.log(COLDEST), math.log(HOTTEST)))


def fit_temperatures(
    log_probs: Floats, gold: Integers, windows: Integers, *, entailment: int = 0
) -> tuple[Temperature, ...]:
    """A temperature for each range of the number of windows that a premise was read in.

    Combining windows changes how sure the result is, so a temperature of short premises is not that of long ones.
    Ranges begin at 1, 2, 4 and 8 windows; one with less than 200 pairs is fitted together with the one before it, and
    a first one with less is fitted with the next.

    *Shape:* `(n, k)`, `(n,)` and `(n,)`; see `fit_temperature`.

    Raises:
        UsageError: The shapes don't fit, or a number of windows is below 1.
        NumericalError, InputError: As `fit_temperature`.
    """
    if windows.shape != gold.shape or (len(windows) and windows.min() < 1):
        raise UsageError(f"windows must be 1 or more, one number for each of {gold.shape} pairs; got {windows.shape}")
    starts = [1]
    for start in RANGES[1:]:
        since = int((windows >= start).sum())
        in_last = int(((windows >= starts[-1]) & (windows < start)).sum())
        if since >= LEAST_PAIRS and in_last >= LEAST_PAIRS:
            starts.append(start)
    ends = [*starts[1:], np.inf]
    fitted = []
    for start, end in zip(starts, ends, strict=True):
        rows = (windows >= start) & (windows < end)
        fitted.append(Temperature(start, round(fit_temperature(log_probs[rows], gold[rows], entailment=entailment), 6)))
    return tuple(fitted)


def allowed_columns(gold: Integers, k: int, entailment: int) -> FloatArray:
    """0 for the columns that the gold label allows, -inf for the others. *Shape:* `(n,)` to `(n, k)`."""
    rows = np.full((k + 1, k), -np.inf)
    np.fill_diagonal(rows, 0.0)
    rows[k] = 0.0
    rows[k, entailment] = -np.inf
    return np.asarray(rows[gold])


def negative_log_likelihood(logits: FloatArray, allowed: FloatArray) -> float:
    """Mean of ln Σ_j exp(z_j) - ln Σ_(j allowed) exp(z_j). *Shape:* both `(n, k)`."""
    of_all = np.logaddexp.reduce(logits, axis=1)  # (n,)
    of_gold = np.logaddexp.reduce(logits + allowed, axis=1)  # (n,)
    return float((of_all - of_gold).mean())


def _minimise(function: Callable[[float], float], low: float, high: float) -> float:
    """Where the function is least between `low` and `high`: the best point of a grid, refined up to its neighbours."""
    grid = np.linspace(low, high, _GRID).tolist()
    best = int(np.argmin([function(x) for x in grid]))
    left, right = grid[max(best - 1, 0)], grid[min(best + 1, _GRID - 1)]
    inner = golden_section(function, left, right)
    return float(min((grid[best], inner), key=function))


def golden_section(
    function: Callable[[float], float], left: float, right: float, *, tolerance: float = _TOLERANCE
) -> float:
    """Golden-section search (Kiefer 1953) for the minimum of a function with one valley."""
    a, b = right - _GOLDEN * (right - left), left + _GOLDEN * (right - left)
    at_a, at_b = function(a), function(b)
    while right - left > tolerance:
        if at_a <= at_b:
            right, b, at_b = b, a, at_a
            a = right - _GOLDEN * (right - left)
            at_a = function(a)
        else:
            left, a, at_a = a, b, at_b
            b = left + _GOLDEN * (right - left)
            at_b = function(b)
    return (left + right) / 2
