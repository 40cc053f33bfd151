"""A scale and a bias for each label: the vector scaling of Guo et al. 2017."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import NumericalError
from tuili.evaluation.arrays import check_arrays
from tuili.evaluation.calibration import allowed_columns, negative_log_likelihood

if TYPE_CHECKING:
    from tuili.evaluation.arrays import FloatArray, Floats, Integers

_STEPS = 100
_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class VectorScaling:
    """p = softmax(scale ∘ z + bias). *Shape:* both `(k,)`."""

    scale: tuple[float, ...]
    bias: tuple[float, ...]


def fit_vector(log_probs: Floats, gold: Integers, *, entailment: int = 0) -> VectorScaling:
    """The scale and bias for each label under which the gold labels are most likely (Guo et al. 2017, section 4.2).

    Minimises the mean of -ln p(gold) + (|scale - 1|² + |bias|²) / (2 n) by damped Newton steps. The second term weighs
    as much as a single pair; it keeps the answer finite where labels are separable or absent. With full labels the
    function is convex.

    Relations: unlike `fit_temperature` it can say that one label is overrated, so it may change which label is most
    probable, and with it the verdicts; and it takes over the label shares of its data, which may not be yours.

    *Shape:* `log_probs` is `(n, k)`; `gold` is `(n,)`, from 0 to k, k meaning "not entailment" as in `fit_temperature`.

    Raises:
        NumericalError: A log-probability is not finite.
        UsageError: The shapes don't fit, or a label is out of range.
        InputError: There are no rows.
    """
    if not np.isfinite(log_probs).all():
        raise NumericalError("log-probabilities must be finite; the model gave NaN or infinity")
    check_arrays(log_probs, gold, merged_classes=1)
    z = log_probs.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)  # changes no probability at scale 1, and keeps a far-off constant out of the fit
    n, k = z.shape
    allowed = allowed_columns(gold, k, entailment)
    start = np.concatenate([np.ones(k), np.zeros(k)])

    def loss(theta: FloatArray) -> float:
        pull: float = float(np.square(theta - start).sum()) / (2 * n)
        logits: FloatArray = z * theta[:k] + theta[k:]
        return negative_log_likelihood(logits, allowed) + pull

    theta, value = start.copy(), loss(start)
    for _ in range(_STEPS):
        step = _newton_step(z, allowed, theta, start)
        size = 1.0
        while size > 1e-6 and loss(theta + size * step) > value:
            size /= 2
        better = loss(theta + size * step)
        if not better < value:
            break
        theta = theta + size * step
        if value - better < _TOLERANCE:
            break
        value = better
    return VectorScaling(tuple(theta[:k].tolist()), tuple(theta[k:].tolist()))


def _newton_step(z: FloatArray, allowed: FloatArray, theta: FloatArray, start: FloatArray) -> FloatArray:
    """Minus the gradient, over the part of the second derivative that is never negative."""
    n, k = z.shape
    logits = z * theta[:k] + theta[k:]
    p, wanted = _softmax(logits), _softmax(logits + allowed)
    gap = (p - wanted) / n  # (n, k)
    gradient = np.concatenate([(gap * z).sum(axis=0), gap.sum(axis=0)]) + (theta - start) / n
    inputs = np.concatenate([z, np.ones_like(z)], axis=1)  # (n, 2k): column j speaks for label j mod k
    weighted = np.concatenate([p, p], axis=1) * inputs
    curvature = -(weighted.T @ weighted) / n
    blocks = [[np.diag((p * a * b).sum(axis=0) / n) for b in (z, np.ones_like(z))] for a in (z, np.ones_like(z))]
    curvature += np.block(blocks) + np.eye(2 * k) / n
    return np.asarray(-np.linalg.solve(curvature, gradient))


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
