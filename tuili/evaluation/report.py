"""What an evaluation found, and the forms in which it is handed on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuili.data.atomic import write_files
from tuili.evaluation.plots.confusion import draw_confusion
from tuili.evaluation.plots.reliability import draw_reliability
from tuili.evaluation.plots.risk import draw_risk
from tuili.evaluation.tables import classification_table, markdown_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tuili.evaluation.interval import Interval
    from tuili.evaluation.metrics import ClassScores
    from tuili.evaluation.reliability import Bin
    from tuili.evaluation.selective import RiskCurve
    from tuili.evaluation.shift import ShiftReport
    from tuili.types import Label

_PICTURES = """
## Pictures

![Confusion matrix](confusion.png)

![Reliability diagram](reliability.png)

![Risk against answered share](risk.png)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """How good a judge is on one set of labelled pairs.

    Attributes:
        model: Which model it was; several, joined by " + ", where a cascade asks more than one.
        labels: What was scored on, in the order of `confusion`.
        two_way: Whether p(entailment) alone was scored, see `two_way.scored`.
        n: How many pairs were judged.
        skipped: How many rows were left out since they have no gold label.
        accuracy: Share of pairs that were judged right.
        macro_f1: Mean of the F1s in `per_class`.
        ece: Expected calibration error, 15 bins of equal mass.
        debiased_ece: The same, less what sampling alone adds to it.
        calibration_error: The debiased root of the squared calibration error.
        brier: Mean squared error of the probabilities: 0 to 2 on three labels, 0 to 1 on two.
        log_loss: Mean negative log-probability of the gold label, in nats.
        aurc: Area under `risk_curve`.
        answered_share: Share of pairs that the judge decided.
        mean_coverage: Mean share of the premise that was read.
        per_class: Precision, recall, F1 and support of each label that occurs in gold or predictions.
        confusion: Pairs of each gold label (row) that were given each label (column).
        reliability: Confidence and accuracy in bins of equal mass.
        risk_curve: Risk against answered share.
        intervals: 95 % intervals of some of the measures, by name, where they were asked for.
        shift: Whether the pairs look like those that the judge was calibrated on, where it knows what those were like.
    """

    model: str
    labels: tuple[Label, ...]
    two_way: bool
    n: int
    skipped: int
    accuracy: float
    macro_f1: float
    ece: float
    debiased_ece: float
    calibration_error: float
    brier: float
    log_loss: float
    aurc: float
    answered_share: float
    mean_coverage: float
    per_class: Mapping[Label, ClassScores]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[Bin, ...]
    risk_curve: RiskCurve
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    shift: ShiftReport | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready. The risk curve is thinned to 101 points; `aurc` is that of all of them."""
        return {
            "model": self.model,
            "labels": [label.value for label in self.labels],
            "two_way": self.two_way,
            **self._counts_and_measures(),
            "per_class": {label.value: scores.to_dict() for label, scores in self.per_class.items()},
            "confusion": [list(row) for row in self.confusion],
            "reliability": [group.to_dict() for group in self.reliability],
            "risk_curve": self.risk_curve.thinned().to_dict(),
            "intervals": {name: interval.to_dict() for name, interval in self.intervals.items()},
            "shift": None if self.shift is None else self.shift.to_dict(),
        }

    def text(self) -> str:
        """The table that scikit-learn's `classification_report(gold, predicted, digits=4)` gives, to the character."""
        return classification_table(self.per_class, self.accuracy)

    def markdown(self) -> str:
        """The numbers of the report as a Markdown page."""
        measures = [
            (name.replace("_", " "), self._with_interval(name, value))
            for name, value in self._counts_and_measures().items()
        ]
        scores = [
            (label.value, *map(_shown, (scores.precision, scores.recall, scores.f1, scores.support)))
            for label, scores in self.per_class.items()
        ]
        counts = [(label.value, *map(_shown, row)) for label, row in zip(self.labels, self.confusion, strict=True)]
        way = f"Scored {'two' if self.two_way else 'three'}-way: {', '.join(self.labels)}."
        return (
            f"# Evaluation of `{self.model}`\n\n{way}\n\n"
            f"{markdown_table(['measure', 'value'], measures)}\n## Labels\n\n"
            f"{markdown_table(['label', 'precision', 'recall', 'F1', 'support'], scores)}\n## Confusion\n\n"
            f"{markdown_table(['gold ↓ predicted →', *self.labels], counts)}{self._warning()}"
        )

    def _with_interval(self, name: str, value: float) -> str:
        found = self.intervals.get(name)
        return _shown(value) if found is None else f"{_shown(value)} ({found.low:.4f} to {found.high:.4f})"

    def _warning(self) -> str:
        said = None if self.shift is None else self.shift.warning()
        return "" if said is None else f"\n**Warning:** {said}.\n"

    def write(self, directory: str | Path) -> None:
        """Write report.json, report.md, confusion.png, reliability.png and risk.png.

        Each is written beside its place and moved there once all are complete.

        Raises:
            MissingExtra: matplotlib is not installed; nothing is written.
            UsageError: The directory can't be written to.
        """
        pictures = {
            "confusion.png": draw_confusion(self.confusion, self.labels, accuracy=self.accuracy),
            "reliability.png": draw_reliability(self.reliability, self.risk_curve, ece=self.ece, ways=len(self.labels)),
            "risk.png": draw_risk(self.risk_curve, aurc=self.aurc, answered_share=self.answered_share),
        }
        texts = {
            "report.json": json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
            "report.md": self.markdown() + _PICTURES,
        }
        write_files(directory, pictures | {name: text.encode() for name, text in texts.items()})

    def _counts_and_measures(self) -> dict[str, int | float]:
        return {
            "n": self.n,
            "skipped": self.skipped,
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "ece": self.ece,
            "debiased_ece": self.debiased_ece,
            "calibration_error": self.calibration_error,
            "brier": self.brier,
            "log_loss": self.log_loss,
            "aurc": self.aurc,
            "answered_share": self.answered_share,
            "mean_coverage": self.mean_coverage,
        }


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
