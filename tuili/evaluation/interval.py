"""How far a figure may be off, since it was measured on so many pairs and no more: bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tuili.errors import UsageError
from tuili.evaluation.arrays import check_arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.evaluation.arrays import FloatArray, Floats, IntArray, Integers

RESAMPLES = 500


class Metric(Protocol):
    """Anything that makes a number of probabilities `(n, k)` and gold labels `(n,)`: every metric of this room."""

    def __call__(self, probabilities: Any, gold: Any, /) -> float: ...


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between what it lies with probability `level`."""

    value: float
    low: float
    high: float
    level: float

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value, "low": self.low, "high": self.high, "level": self.level}

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def bootstrap(
    metric: Metric,
    probabilities: Floats,
    gold: Integers,
    *,
    plain: Metric | None = None,
    groups: Sequence[object] | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A metric with its basic bootstrap interval (Davison & Hinkley 1997, section 5.2), held within 0 and above.

    How far resampled figures lie from that of the sample says how far that of the sample lies from the truth. For an
    estimator that takes a bias off, such as `debiased_ece`, the sample's figure that resamples scatter about is the
    one with the bias, `plain`: a resample is drawn from the sample, and in it the sample's noise is real.

    An interval is approximate, and too narrow for errors of calibration that are near 0: for 1,000 pairs, those of 95 %
    for `debiased_ece` held the truth in 85 or 86 of 100 simulations where it was 0.03 or 0.1, and in 73 where it was 0.

    *Shape:* `(n, k)` and `(n,)`.

    Args:
        metric: What is estimated.
        probabilities, gold: The pairs.
        plain: The same quantity without a correction for bias; `metric` itself, if None.
        groups: What pairs are drawn together by, such as their premise: pairs of one premise are not independent.
        level: Of confidence.
        resamples: How many are drawn.
        seed: Of the generator; the same seed gives the same interval.

    Raises:
        UsageError: A level or number that can't be, shapes that don't fit.
        InputError: There are no pairs.
    """
    check_arrays(probabilities, gold)
    if not 0 < level < 1 or resamples < 1:
        raise UsageError(f"level must be between 0 and 1 and resamples 1 or more; got {level!r} and {resamples!r}")
    if groups is not None and len(groups) != len(gold):
        raise UsageError(f"there must be one group for each of {len(gold)} pairs; got {len(groups)}")
    members = None if groups is None else _members(groups)
    size = len(gold) if members is None else len(members)
    rng = np.random.default_rng(seed)
    drawn: FloatArray = np.empty(resamples)
    for turn in range(resamples):
        chosen = rng.integers(size, size=size)
        rows = chosen if members is None else np.concatenate([members[i] for i in chosen])
        drawn[turn] = metric(probabilities[rows], gold[rows])
    value = metric(probabilities, gold)
    about = value if plain is None else plain(probabilities, gold)
    below, above = np.quantile(drawn - about, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(value, max(0.0, value - above), max(0.0, value - below), level)


def _members(groups: Sequence[object]) -> list[IntArray]:
    places: dict[object, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    return [np.array(rows) for rows in places.values()]
