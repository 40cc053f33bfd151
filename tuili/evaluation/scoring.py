"""From verdicts and gold labels to a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.errors import UsageError
from tuili.evaluation.answers import Collector
from tuili.evaluation.interval import bootstrap
from tuili.evaluation.metrics import accuracy, brier, class_scores, confusion_matrix, log_loss, macro_f1, occurring
from tuili.evaluation.reliability import (
    debiased_calibration_error,
    debiased_ece,
    equal_mass_bins,
    expected_calibration_error,
)
from tuili.evaluation.report import Report
from tuili.evaluation.selective import risk_curve
from tuili.evaluation.two_way import scored
from tuili.types import TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tuili.evaluation.answers import Answers
    from tuili.evaluation.arrays import Floats, Integers
    from tuili.evaluation.interval import Interval, Metric
    from tuili.types import Verdict


def score(verdicts: Iterable[Verdict], gold: Iterable[Label], *, skipped: int = 0) -> Report:
    """How good verdicts are, against the gold labels of the same pairs in the same order.

    Args:
        verdicts: One for each gold label.
        gold: Labels; `two_way.scored` says when they are scored as three and when as two.
        skipped: How many pairs were left out for want of a gold label; only passed on.

    Raises:
        InputError: There are none.
        UsageError: There are not as many verdicts as gold labels, or a gold label is none.
        ModelError: The verdicts don't go together, or hold no probabilities.
    """
    given, wanted = list(verdicts), [_label(label) for label in gold]
    if len(given) != len(wanted):
        raise UsageError(f"there must be one gold label for each verdict; got {len(given)} and {len(wanted)}")
    collector = Collector()
    collector.add(given, wanted)
    return report_on(collector.answers(), skipped=skipped)


def report_on(answers: Answers, *, skipped: int, groups: Sequence[object] | None = None) -> Report:
    """All measures of collected answers; with intervals, if it is said which pairs go together."""
    on = scored(answers)
    arrays = (on.probabilities, on.gold)
    scores = class_scores(*arrays)
    curve = risk_curve(*arrays)
    return Report(
        model=" + ".join(answers.models),
        labels=on.labels,
        two_way=on.labels == TWO_WAY,
        n=len(on.gold),
        skipped=skipped,
        accuracy=accuracy(*arrays),
        macro_f1=macro_f1(*arrays),
        ece=expected_calibration_error(*arrays),
        debiased_ece=debiased_ece(*arrays),
        calibration_error=debiased_calibration_error(*arrays),
        brier=brier(*arrays),
        log_loss=log_loss(*arrays),
        aurc=curve.area(),
        answered_share=float(answers.decided.mean()),
        mean_coverage=float(answers.coverage.mean()),
        per_class={on.labels[column]: scores[column] for column in occurring(*arrays)},
        confusion=tuple(tuple(row) for row in confusion_matrix(*arrays).tolist()),
        reliability=tuple(equal_mass_bins(*arrays)),
        risk_curve=curve,
        intervals={} if groups is None else _intervals(*arrays, groups),
    )


def _intervals(probabilities: Floats, gold: Integers, groups: Sequence[object]) -> dict[str, Interval]:
    def interval(metric: Metric, plain: Metric | None = None) -> Interval:
        return bootstrap(metric, probabilities, gold, plain=plain, groups=groups, resamples=200)

    return {
        "accuracy": interval(accuracy),
        "macro_f1": interval(macro_f1),
        "debiased_ece": interval(debiased_ece, expected_calibration_error),
        "brier": interval(brier),
        "log_loss": interval(log_loss),
    }


def _label(value: str) -> Label:
    try:
        return Label(value)
    except ValueError as error:
        raise UsageError(f"unknown gold label {value!r}; it must be one of {', '.join(Label)}") from error
