"""Whether pairs are still like those that a model was calibrated on; if not, its promises do not hold of them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.calibration import FEATURES, STEPS, Usual
from tuili.engine.usual import features as features_of
from tuili.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.evaluation.arrays import FloatArray
    from tuili.types import Verdict

ALPHA = 0.01
_DIGITS = 6
_OF_PREMISES = ("premise_words", "unread")
"""Features of the premise alone: pairs that share a premise are one observation of them."""


@dataclass(frozen=True, slots=True)
class FeatureShift:
    """One feature, then and now.

    Attributes:
        feature: One of `calibration.FEATURES`.
        distance: The greatest difference of the two distribution functions (Kolmogorov-Smirnov), 0 to 1.
        limit: What it exceeds only by chance with a probability of at most alpha / number of features.
        shifted: Whether it does.
        usual: Median on the calibration set.
        found: Median of these pairs.
    """

    feature: str
    distance: float
    limit: float
    shifted: bool
    usual: float
    found: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """Whether pairs look like the calibration set: the features, and how often a false alarm may be raised."""

    n: int
    alpha: float
    features: tuple[FeatureShift, ...]

    @property
    def shifted(self) -> bool:
        return any(feature.shifted for feature in self.features)

    def to_dict(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "alpha": self.alpha,
            "shifted": self.shifted,
            "features": [feature.to_dict() for feature in self.features],
        }

    def warning(self) -> str | None:
        """One sentence for people, None where there is nothing to warn of."""
        if not self.shifted:
            return None
        said = ", ".join(
            f"{feature.feature.replace('_', ' ')} (median {feature.found:.3g}, was {feature.usual:.3g})"
            for feature in self.features
            if feature.shifted
        )
        return (
            f"these pairs look unlike those that the model was calibrated on: {said}. Its confidence, sets and risk "
            "may not hold here; calibrate on pairs like these"
        )


def usual_of(features: FloatArray, premises: Sequence[str]) -> Usual:
    """What a calibration set is like: each feature's quantiles. *Shape:* `(n, len(FEATURES))`, and n premises."""
    if not len(features):
        raise InputError("nothing to learn from: there are no pairs")
    first = _first_of_each(premises)
    columns = {name: _observations(features, first, place, name) for place, name in enumerate(FEATURES)}
    return Usual({name: _quantiles(column) for name, column in columns.items()}, len(features), len(first))


def check(
    usual: Usual, pairs: Sequence[tuple[str, str]], verdicts: Sequence[Verdict], *, alpha: float = ALPHA
) -> ShiftReport:
    """Whether a batch of judged pairs looks like the calibration set.

    Each feature is compared by a two-sample Kolmogorov-Smirnov test (Smirnov 1939); alpha is shared out among them
    (Bonferroni), so pairs drawn like the calibration set raise a false alarm with a probability of at most alpha, if
    they are independent; of features of the premise alone, pairs that share one count once. As the record keeps
    quantiles and not the sample, 1/100 is added to each limit.

    Relations: finds a change of the inputs, not of the labels: text that looks the same may still be harder. A shift of
    a few hundredths passes unseen. `engine.usual.unusual` looks at one pair, this at a batch.

    Args:
        usual: `engine.calibration.usual` of a calibrated engine.
        pairs: The pairs.
        verdicts: What the same engine said of them.
        alpha: How often a false alarm may be raised.

    Raises:
        InputError: There are no pairs.
        UsageError: Not one verdict for each pair, or an alpha that is not between 0 and 1.
    """
    if len(pairs) != len(verdicts):
        raise UsageError(f"there must be one verdict for each pair; got {len(verdicts)} and {len(pairs)}")
    return compare(usual, features_of(pairs, verdicts), [premise for premise, _ in pairs], alpha=alpha)


def compare(usual: Usual, features: FloatArray, premises: Sequence[object], *, alpha: float = ALPHA) -> ShiftReport:
    """`check`, on features that are at hand already. *Shape:* `(n, len(FEATURES))`, and n premises."""
    if not 0 < alpha < 1:
        raise UsageError(f"alpha must be between 0 and 1, got {alpha!r}")
    if not len(features):
        raise InputError("nothing to compare: there are no pairs")
    first = _first_of_each(premises)
    compared = []
    for place, name in enumerate(FEATURES):
        column = _observations(features, first, place, name)
        before = usual.premises if name in _OF_PREMISES else usual.n
        limit = _limit(len(column), before, alpha / len(FEATURES)) + 1 / STEPS
        reference = np.array(usual.quantiles[name])
        distance = _distance(column, reference)
        medians = float(reference[STEPS // 2]), float(np.median(column))
        compared.append(FeatureShift(name, distance, limit, distance > limit, *medians))
    return ShiftReport(len(features), alpha, tuple(compared))


def _first_of_each(premises: Sequence[object]) -> list[int]:
    seen: dict[object, int] = {}
    for place, premise in enumerate(premises):
        seen.setdefault(premise, place)
    return list(seen.values())


def _observations(features: FloatArray, first: list[int], place: int, name: str) -> FloatArray:
    column = features[first, place] if name in _OF_PREMISES else features[:, place]
    return np.asarray(np.round(column, _DIGITS))  # as it is kept, else equal values would differ


def _quantiles(column: FloatArray) -> tuple[float, ...]:
    """Values of the sample itself, so that the share at or below each is known to 1/100; ends rounded outwards."""
    inner = np.quantile(column, np.arange(STEPS + 1) / STEPS, method="inverted_cdf")
    rows = [round(value, _DIGITS) for value in inner.tolist()]
    scale = 10**_DIGITS
    rows[0] = max(0.0, math.floor(float(column.min()) * scale) / scale)
    rows[-1] = math.ceil(float(column.max()) * scale) / scale
    return tuple(float(value) for value in rows)


def _distance(column: FloatArray, reference: FloatArray) -> float:
    """The greatest difference of the distribution functions. *Shape:* `(n,)` and `(STEPS + 1,)`."""
    places = np.concatenate([column, reference])
    now = np.searchsorted(np.sort(column), places, side="right") / len(column)
    then = np.maximum(np.searchsorted(reference, places, side="right") - 1, 0) / STEPS
    return float(np.abs(now - then).max())


def _limit(n: int, m: int, alpha: float) -> float:
    """What the distance of two samples of one continuous distribution exceeds with probability alpha, for large n, m.

    Smaller where values are equal, so it errs on the safe side.
    """
    return math.sqrt(-math.log(alpha / 2) / 2 * (n + m) / (n * m))
