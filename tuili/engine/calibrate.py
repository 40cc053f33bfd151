"""From log-probabilities to calibrated probabilities, prediction sets and thresholds, as a calibration record says.

Fitting stands in `evaluation`; here is only what follows from the fitted numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuili.calibration import Map, Risk, Sets

DELTA = 0.05
"""How often a promise about risk may be broken: once in twenty calibration sets."""
STARTS = 16
"""From how many places of the list of thresholds, the last among them, the search begins; see `threshold_for`."""
_MARGIN = 1e-9  # by how much the most probable label stays ahead of the second
_TINY = 1e-30


def calibrated(
    log_probs: NDArray[Any], windows: NDArray[Any], how: Map, unknown: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """Calibrated probabilities.

    Temperature (Guo et al. 2017, section 4.2): softmax(z / T), with T by the number of windows that a premise was read
    in. Vector scaling (ibid.): softmax(a ∘ z / T + b). Isotonic (Zadrozny & Elkan 2002), on the probability of the most
    probable label alone: it is mapped by a rising piecewise linear function, and the others share the rest in
    proportion. One function for each label and a common divisor would be the older form, but it could make another
    label the most probable; here the label stays, for what is mapped too low is held just above the second.
    Familiarity: T grows with the words of a pair that the calibration pairs did not hold, up to as many as one of those
    had (after the recalibration by atypicality of Yuksekgonul et al. 2023; the measure is ours).

    *Shape:* `log_probs` `(n, k)`, `windows` and `unknown` `(n,)`, to `(n, k)`.

    Args:
        log_probs: Of the labels, windows combined.
        windows: How many windows each premise was read in.
        how: The map.
        unknown: How many unknown words each pair has, `engine.familiar.unknown_words`; only familiarity needs it.

    Raises:
        UsageError: It needs it, and there is none.
    """
    scaled = log_probs / temperatures(windows, how)[:, None]
    if how.familiar is not None:
        if unknown is None:
            raise UsageError("a map by familiarity needs to know how many unknown words each pair has")
        scaled = scaled * np.exp(-how.familiar.slope * np.minimum(unknown, how.familiar.most))[:, None]
    if how.method == "vector":
        scaled = np.array(how.scale) * scaled + np.array(how.bias)
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities = np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
    return _by_knots(probabilities, np.array(how.knots)) if how.method == "isotonic" else probabilities


def temperatures(windows: NDArray[Any], how: Map) -> NDArray[np.float64]:
    """The temperature of each number of windows. *Shape:* `(n,)` to `(n,)`."""
    starts = np.array([row.windows for row in how.temperatures])
    values = np.array([row.temperature for row in how.temperatures])
    return np.asarray(values[np.searchsorted(starts, windows, side="right") - 1])


def _by_knots(probabilities: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """*Shape:* `(n, k)` and `(knots, 2)` to `(n, k)`."""
    rows = np.arange(len(probabilities))
    best = probabilities.argmax(axis=1)
    others = np.maximum(probabilities, _TINY)
    others[rows, best] = 0.0
    others /= others.sum(axis=1, keepdims=True)  # shares of what the best one leaves
    second = others.max(axis=1)
    # Where p = second * (1 - p) the best and the second would be equal.
    least = second / (1 + second) + _MARGIN
    mapped = np.maximum(np.interp(probabilities[rows, best], knots[:, 0], knots[:, 1]), least)
    result = others * (1 - mapped)[:, None]
    result[rows, best] = mapped
    return np.asarray(result)


def prediction_sets(probabilities: NDArray[Any], sets: Sets) -> NDArray[np.bool_]:
    """Which labels can't be ruled out: those with 1 - p at most the quantile (Sadinle et al. 2019, LAC), and the label.

    The label itself, the most probable one, is always in: without it some sets would be empty, and none loses by it.

    *Shape:* `(n, k)` to `(n, k)`.
    """
    inside = 1 - probabilities <= np.array(sets.quantiles)
    inside[np.arange(len(inside)), probabilities.argmax(axis=1)] = True
    return np.asarray(inside)


def risk_bound(errors: int, answered: int, delta: float) -> float:
    """The upper end of the one-sided 1 - delta interval of Clopper & Pearson (1934) for a share.

    The risk at which so few errors among so many would be seen with probability delta. 1 where nothing was answered.
    """
    if errors >= answered:
        return 1.0
    counts = np.arange(errors + 1)
    ratios = np.log(answered - counts[:-1]) - np.log(counts[1:])
    coefficients = np.concatenate([[0.0], np.cumsum(ratios)])  # ln of "answered choose i"
    low, high = errors / answered, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        terms = coefficients + counts * math.log(middle) + (answered - counts) * math.log1p(-middle)
        if float(np.exp(terms).sum()) > delta:
            low = middle
        else:
            high = middle
    return high


def threshold_for(risk: Risk, max_risk: float, *, delta: float = DELTA) -> float:
    """The lowest threshold of which it is shown that at most `max_risk` of the verdicts that reach it are wrong.

    Fixed-sequence testing from several starts (Angelopoulos et al. 2021, "Learn then Test"): thresholds are tested
    from a start downwards, each by the bound of Clopper & Pearson at level delta / starts, until one fails. So, with
    probability 1 - delta over calibration sets, no threshold that passes has a risk above `max_risk`. Selective
    classification with such a guarantee is Geifman & El-Yaniv 2017's.

    Raises:
        UsageError: A risk that can't be, or one that no threshold is shown to keep.
    """
    if not 0 < max_risk < 1:
        raise UsageError(f"max_risk must be above 0 and below 1, such as 0.05 for one wrong in twenty; got {max_risk}")
    bounds = risk_bounds(risk, delta)
    passed = [threshold for threshold, bound in zip(risk.thresholds, bounds, strict=True) if bound <= max_risk]
    if not passed:
        raise UsageError(
            f"this model's calibration on {risk.n:,} pairs can't show a risk of {max_risk:g} at any confidence; the "
            f"least it can show is {math.ceil(min(bounds) * 1000) / 1000:g}. Ask for that, or calibrate on more pairs"
        )
    return min(passed)


def risk_bounds(risk: Risk, delta: float = DELTA) -> list[float]:
    """For each threshold the least `max_risk` that it would pass `threshold_for` with.

    From a start, a threshold passes if all before it do: the bound is the greatest since the start, and of several
    starts the one that gives the least counts.
    """
    each = [risk_bound(e, a, delta / STARTS) for e, a in zip(risk.errors, risk.answered, strict=True)]
    best = [1.0] * len(each)
    for start in sorted({round(i * (len(each) - 1) / (STARTS - 1)) for i in range(STARTS)}):
        greatest = 0.0
        for place in range(start, len(each)):
            greatest = max(greatest, each[place])
            best[place] = min(best[place], greatest)
    return best
