"""What it costs to answer more: the error rate among the pairs that the judge is surest of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.errors import UsageError
from tuili.evaluation.arrays import check_arrays, confidences, hits

if TYPE_CHECKING:
    from tuili.evaluation.arrays import Floats, Integers


@dataclass(frozen=True, slots=True)
class RiskCurve:
    """Risk against answered share. Each step answers the pairs of at least that confidence; the last answers all.

    Attributes:
        thresholds: The confidences, falling.
        answered_share: Share of pairs of at least that confidence, rising to 1.
        risk: Share of those answered that are wrong.
    """

    thresholds: tuple[float, ...]
    answered_share: tuple[float, ...]
    risk: tuple[float, ...]

    def area(self) -> float:
        """AURC (Geifman & El-Yaniv 2017; Geifman et al. 2019): the mean risk over all answered shares; 0 is perfect.

        Σ_j risk_j (share_j - share_(j-1)); where no confidences are equal, that is the published mean of the n risks.

        Relations: falls when the judge errs less *and* when it knows better which verdicts to doubt; a judge whose
        confidence says nothing has its plain error rate as area.
        """
        return float(np.dot(self.risk, np.diff(self.answered_share, prepend=0.0)))

    def thinned(self, points: int = 101) -> RiskCurve:
        """At most `points` of the steps, spread evenly over the answered shares, the first and the last among them."""
        if points < 2:
            raise UsageError(f"a curve has at least 2 points, got {points}")
        if len(self.risk) <= points:
            return self
        wanted = np.linspace(self.answered_share[0], 1.0, points)
        kept = np.unique(np.searchsorted(self.answered_share, wanted).clip(max=len(self.risk) - 1)).tolist()
        return RiskCurve(*(tuple(column[i] for i in kept) for column in self._columns()))

    def _columns(self) -> tuple[tuple[float, ...], ...]:
        return self.thresholds, self.answered_share, self.risk

    def to_dict(self) -> dict[str, Any]:
        names = ("thresholds", "answered_share", "risk")
        return {name: list(column) for name, column in zip(names, self._columns(), strict=True)}


def risk_curve(probabilities: Floats, gold: Integers) -> RiskCurve:
    """Risk at each share of pairs that may be answered, surest first (El-Yaniv & Wiener 2010).

    Pairs of equal confidence are answered together, so that their order in the file changes nothing.

    Relations: `accuracy` is 1 - the risk of the last step. Only the order of confidences matters here; whether they
    are true is `expected_calibration_error`'s question.

    *Shape:* `(n, k)` and `(n,)`.
    """
    check_arrays(probabilities, gold)
    values, group, sizes = np.unique(confidences(probabilities), return_inverse=True, return_counts=True)
    errors = np.bincount(group, weights=~hits(probabilities, gold))[::-1].cumsum()  # surest first
    answered = sizes[::-1].cumsum()
    return RiskCurve(
        thresholds=tuple(values[::-1].tolist()),
        answered_share=tuple((answered / len(gold)).tolist()),
        risk=tuple((errors / answered).tolist()),
    )
