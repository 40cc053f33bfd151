"""`tuili evaluate`: how good a model is on a labelled file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import (
    Audit,
    AuditTexts,
    Json,
    LabelOrder,
    MaxRisk,
    Model,
    TextForm,
    Threads,
    audited,
    open_engine,
)
from tuili.errors import UsageError

if TYPE_CHECKING:
    from tuili.types import Judge


def evaluate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Labelled pairs: .jsonl, .csv, .tsv or .parquet, also with .gz.")
    ],
    model: Model = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write report.json, report.md and plots into this directory.")
    ] = None,
    intervals: Annotated[
        bool, typer.Option("--intervals", help="Say how far figures may be off: 95 % intervals, some seconds more.")
    ] = False,
    max_risk: MaxRisk = None,
    labels: LabelOrder = None,
    explanations: Annotated[
        bool,
        typer.Option(
            "--explanations",
            help="Evaluate explanations instead: against highlights (premise_marked_1, …) and by deleting evidence.",
        ),
    ] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", help="With --explanations: draw so many pairs of the file.")
    ] = None,
    threads: Threads = None,
    audit: Audit = None,
    audit_texts: AuditTexts = TextForm.PLAIN,
    as_json: Json = False,
) -> None:
    """Evaluate a model: accuracy, macro-F1, per-class report, calibration, risk against answered share."""
    from tuili.data.atomic import write_files
    from tuili.evaluation.evaluate import evaluate as evaluate_file
    from tuili.evaluation.plots.canvas import require_plots

    if sample is not None and not explanations:
        raise UsageError("--sample goes with --explanations")
    if explanations:
        if report is not None or audit is not None:
            raise UsageError("--explanations goes with neither --report nor --audit; use --json to keep the numbers")
        _evaluate_explanations(open_engine(model, threads, labels), file, sample, as_json=as_json)
        return
    if report is not None:
        require_plots()  # before the work, not after it
        write_files(report, {})
    engine = open_engine(model, threads, labels, max_risk=max_risk)
    usual = None if engine.calibration is None else engine.calibration.usual
    with audited(engine, audit, audit_texts) as judge:
        result = evaluate_file(judge, file, intervals=intervals, usual=usual)
    if report is not None:
        result.write(report)
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
        return
    typer.echo(result.text())
    typer.echo(
        f"{result.n:,} pairs, {result.skipped:,} without a gold label; {result.model}\n"
        f"ECE {result.ece:.4f} (debiased {result.debiased_ece:.4f})   Brier {result.brier:.4f}   "
        f"log-loss {result.log_loss:.4f}   area under risk {result.aurc:.4f}   answered {result.answered_share:.1%}"
    )
    for name, found in result.intervals.items():
        typer.echo(f"  {name.replace('_', ' ')} {found.value:.4f}, 95 % interval {found.low:.4f} to {found.high:.4f}")
    if result.shift is not None and (warning := result.shift.warning()) is not None:
        typer.echo(f"tuili: {warning}", err=True)


def _evaluate_explanations(engine: Judge, file: Path, sample: int | None, *, as_json: bool) -> None:
    from tuili.cli.progress import rows_bar
    from tuili.evaluation.explanations import evaluate_explanations

    with rows_bar() as show:
        result = evaluate_explanations(engine, file, sample=sample, progress=show)
    typer.echo(json.dumps(result.to_dict()) if as_json else result.text())
