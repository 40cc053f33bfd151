"""Confidence that rises with confidence, and nothing else assumed: isotonic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import InputError, UsageError

if TYPE_CHECKING:
    from tuili.evaluation.arrays import FloatArray, Floats

LEAST_PAIRS = 200
_DIGITS = 6


def pool_adjacent_violators(values: Floats, weights: Floats) -> FloatArray:
    """The rising sequence nearest to `values` in weighted squares (Ayer et al. 1955; Barlow et al. 1972). Linear time.

    *Shape:* both `(n,)`, weights above 0, to `(n,)`.
    """
    means: list[float] = []
    masses: list[float] = []
    lengths: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, length = value, weight, 1
        while means and means[-1] >= mean:
            before = masses.pop()
            mean = (means.pop() * before + mean * mass) / (before + mass)
            mass += before
            length += lengths.pop()
        means.append(mean)
        masses.append(mass)
        lengths.append(length)
    return np.repeat(np.array(means), lengths)


def fit_isotonic(confidence: Floats, right: Floats) -> tuple[tuple[float, float], ...]:
    """Knots (confidence, calibrated confidence) of a rising piecewise linear function (Zadrozny & Elkan 2002).

    Equal confidences are taken together. Of each flat stretch its two ends are kept, and what lies between two knots
    is interpolated. Nothing is ever certain: values are held 1 / (n + 2) away from 0 and 1.

    Relations: `fit_temperature` has one number to learn and this has as many as the data gives it, so it needs many
    pairs; it can bend where a temperature can't.

    *Shape:* both `(n,)`; `right` is 1 or 0, or true or false.

    Raises:
        UsageError: The shapes don't fit, or there are less than 200 pairs.
        InputError: There are none.
    """
    if confidence.ndim != 1 or confidence.shape != right.shape:
        raise UsageError(f"expected two arrays of one shape (n,), got {confidence.shape} and {right.shape}")
    n = len(confidence)
    if not n:
        raise InputError("nothing to fit: there are no labelled pairs")
    if n < LEAST_PAIRS:
        raise UsageError(f"isotonic needs at least {LEAST_PAIRS} pairs to fit, got {n}; use temperature")
    values, group, sizes = np.unique(np.round(confidence, _DIGITS), return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=right.astype(np.float64)) / sizes
    rising = pool_adjacent_violators(means, sizes.astype(np.float64))
    fitted = np.asarray(np.round(np.clip(rising, 1 / (n + 2), (n + 1) / (n + 2)), _DIGITS))
    inner = (fitted[1:-1] == fitted[:-2]) & (fitted[1:-1] == fitted[2:])
    kept = np.concatenate([[True], ~inner, [True]])[: len(values)]
    return tuple(zip(values[kept].tolist(), fitted[kept].tolist(), strict=True))
