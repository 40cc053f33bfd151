"""Prediction sets that hold the right label as often as they say, whatever the model: split conformal prediction."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.calibration import Sets
from tuili.engine.calibrate import prediction_sets
from tuili.errors import UsageError
from tuili.evaluation.arrays import check_arrays

if TYPE_CHECKING:
    from tuili.evaluation.arrays import FloatArray, Floats, Integers

_DIGITS = 6


def fit_sets(probabilities: Floats, gold: Integers, *, alpha: float = 0.1, by_label: bool = False) -> Sets:
    """How improbable a label may be and still be in the set, so that sets hold the gold label with 1 - alpha.

    Split conformal prediction (Papadopoulos et al. 2002; Vovk et al. 2005; Angelopoulos & Bates 2023) with the score
    1 - p(gold), known as LAC (Sadinle et al. 2019): the quantile is the ⌈(n + 1)(1 - alpha)⌉-th smallest score.

    Promise: a set holds the right label with probability 1 - alpha at least, on average over calibration sets and new
    pairs, if new pairs are exchangeable with these (the same kind of pairs, drawn the same way) and these did not fit
    the model or its map. It is no promise for each kind of pair. `by_label` finds a quantile for each label
    (Vovk 2012): the promise then holds for each gold label, and sets are larger.

    Relations: LAC's sets are the smallest on average. APS (Romano et al. 2020) spreads its misses more evenly over easy
    and hard pairs, at the price of larger sets.

    *Shape:* `(n, k)` and `(n,)`.

    Raises:
        UsageError: An alpha that is not between 0 and 1; shapes that don't fit.
        InputError: There are no rows.
    """
    check_arrays(probabilities, gold)
    if not 0 < alpha < 1:
        raise UsageError(f"alpha must be between 0 and 1, got {alpha!r}")
    n, k = probabilities.shape
    scores = 1 - probabilities[np.arange(n), gold].astype(np.float64)
    groups = [scores[gold == label] for label in range(k)] if by_label else [scores] * k
    return Sets(alpha, tuple(_quantile(group, alpha) for group in groups), by_label, n)


def _quantile(scores: FloatArray, alpha: float) -> float:
    """The conformal quantile, rounded up; 1, which lets every label in, where there are too few scores."""
    place = math.ceil((len(scores) + 1) * (1 - alpha) - 1e-9)
    if place > len(scores):
        return 1.0
    exact = float(np.partition(scores, place - 1)[place - 1])
    return float(min(1.0, math.ceil(exact * 10**_DIGITS) / 10**_DIGITS))


@dataclass(frozen=True, slots=True)
class SetReport:
    """What sets are worth on some pairs.

    Attributes:
        set_coverage: Share of sets that hold the gold label.
        least_by_label: The same for the gold label for which it is least.
        mean_size: Labels in a set, on average.
        single: Share of sets with one label.
        n: How many.
    """

    set_coverage: float
    least_by_label: float
    mean_size: float
    single: float
    n: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def score_sets(probabilities: Floats, gold: Integers, sets: Sets) -> SetReport:
    """How often sets hold the gold label, and how large they are. *Shape:* `(n, k)` and `(n,)`."""
    check_arrays(probabilities, gold)
    inside = prediction_sets(np.asarray(probabilities, np.float64), sets)
    held = inside[np.arange(len(gold)), gold]
    sizes = inside.sum(axis=1)
    least = min(float(held[gold == label].mean()) for label in np.unique(gold))
    return SetReport(float(held.mean()), least, float(sizes.mean()), float((sizes == 1).mean()), len(gold))
