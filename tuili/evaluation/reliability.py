"""Whether confidence means what it says: of the verdicts that are 80 % sure, 80 % should be right."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.errors import UsageError
from tuili.evaluation.arrays import check_arrays, confidences, hits

if TYPE_CHECKING:
    from tuili.evaluation.arrays import BoolArray, FloatArray, Floats, IntArray, Integers

BINS = 15  # the number of Guo et al. 2017


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of similar confidence.

    Attributes:
        lowest: The least confidence among them.
        highest: The greatest.
        confidence: Their mean confidence.
        accuracy: Share of them that are right.
        count: How many they are.
    """

    lowest: float
    highest: float
    confidence: float
    accuracy: float
    count: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def equal_mass_bins(probabilities: Floats, gold: Integers, *, bins: int = BINS) -> list[Bin]:
    """Pairs sorted by confidence and cut into `bins` groups of equal size (Nguyen & O'Connor 2015, section 4).

    Equal confidences are never parted, whatever order they come in, so ties can make bins unequal and fewer than asked
    for; a bin without pairs is left out.

    Relations: bins of equal width (Naeini et al. 2015) leave nearly all pairs of a good model in the last bin, where
    over- and under-confidence cancel out.

    *Shape:* `(n, k)` and `(n,)`.
    """
    check_arrays(probabilities, gold)
    if bins < 1:
        raise UsageError(f"the number of bins must be at least 1, got {bins}")
    confidence, right = confidences(probabilities), hits(probabilities, gold)
    place = _bin_of_each(confidence, bins)
    return [_bin(confidence[place == index], right[place == index]) for index in np.unique(place)]


def _bin_of_each(confidence: FloatArray, bins: int) -> IntArray:
    """Which bin each pair falls in, by the middle rank of all that share its confidence. *Shape:* `(n,)` to `(n,)`."""
    _, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    twice_middle_rank = 2 * np.cumsum(sizes) - sizes - 1
    return np.asarray(twice_middle_rank[group] * bins // (2 * len(confidence)), dtype=np.int64)


def _bin(confidence: FloatArray, right: BoolArray) -> Bin:
    return Bin(
        lowest=float(confidence.min()),
        highest=float(confidence.max()),
        confidence=float(confidence.mean()),
        accuracy=float(right.mean()),
        count=len(confidence),
    )


def expected_calibration_error(probabilities: Floats, gold: Integers, *, bins: int = BINS) -> float:
    """Mean over pairs of |confidence - accuracy| within their bin: Σ_b n_b/n |conf_b - acc_b|; 0 to 1.

    ECE is Naeini et al. 2015's and Guo et al. 2017's; the bins are of equal mass, as in the adaptive form of
    Nixon et al. 2019. Only the predicted label's probability is looked at.

    Relations: an upward-biased estimate, the more so the fewer pairs there are; `debiased_calibration_error` is not.
    Neither sees sharpness: a judge that always states the base rate is perfectly calibrated. `brier` sees both.

    *Shape:* `(n, k)` and `(n,)`.
    """
    groups = equal_mass_bins(probabilities, gold, bins=bins)
    return sum(group.count * abs(group.confidence - group.accuracy) for group in groups) / len(gold)


def debiased_calibration_error(probabilities: Floats, gold: Integers, *, bins: int = BINS) -> float:
    """Root of the debiased squared calibration error (Bröcker 2012; Ferro & Fricker 2012; Kumar et al. 2019); 0 to 1.

    Σ_b n_b/n [(conf_b - acc_b)² - acc_b (1 - acc_b) / (n_b - 1)]: the second term is what sampling alone adds to the
    first. Where the sum is negative the answer is 0. One pair says nothing of its variance, so bins are made fewer
    where they would hold less than two.

    Relations: squares where `expected_calibration_error` takes absolute values, so it is not the same quantity with
    the bias removed; it needs far fewer pairs, and for a calibrated judge it goes to 0 as it should.

    *Shape:* `(n, k)` and `(n,)`.
    """
    fewer = min(bins, max(len(gold) // 2, 1))
    groups = [group for group in equal_mass_bins(probabilities, gold, bins=fewer) if group.count > 1]
    square = sum(group.count * (_squared_gap(group) - _sampling_variance(group)) for group in groups) / len(gold)
    return math.sqrt(max(square, 0.0))


def debiased_ece(probabilities: Floats, gold: Integers, *, bins: int = BINS) -> float:
    """`expected_calibration_error` less what sampling alone adds to it, and never below 0.

    The correction of Kumar et al. 2019 (their `debias`, for the absolute value): a bin's accuracy scatters with
    s² = acc (1 - acc) / n, so |gap| comes out too large by about E|N(|gap|, s²)| - |gap|, which is subtracted. Where
    they draw from the normal distribution, its mean absolute value is used here (Leone et al. 1961), so nothing is
    random.

    Relations: the same quantity as `expected_calibration_error`; of a calibrated judge it is nearer to 0. Where the
    true gaps are about as large as their scatter it takes off a little too much: give an interval (`bootstrap`) too.

    *Shape:* `(n, k)` and `(n,)`.
    """
    groups = equal_mass_bins(probabilities, gold, bins=bins)
    return max(0.0, sum(group.count * _debiased_gap(group) for group in groups) / len(gold))


def _debiased_gap(group: Bin) -> float:
    gap = abs(group.confidence - group.accuracy)
    spread = math.sqrt(_sampling_variance(group)) if group.count > 1 else 0.0
    if spread == 0:
        return gap
    ratio = gap / spread
    expected = spread * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + gap * math.erf(ratio / math.sqrt(2))
    return 2 * gap - expected


def _squared_gap(group: Bin) -> float:
    return (group.confidence - group.accuracy) ** 2


def _sampling_variance(group: Bin) -> float:
    return group.accuracy * (1 - group.accuracy) / (group.count - 1)
