"""`tuili evaluate`: how good a model is on a labelled file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.cli.options import Json, Model, Threads


def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled pairs: .jsonl, .csv, .tsv or .parquet, also with .gz.")],
    model: Model = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write report.json, report.md and plots into this directory.")
    ] = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Evaluate a model: accuracy, macro-F1, per-class report, calibration, risk against answered share."""
    from tuili.engine.load import load
    from tuili.evaluation.evaluate import evaluate as evaluate_file

    result = evaluate_file(load(model, threads=threads), file)
    if report is not None:
        result.write(report)
    typer.echo(json.dumps(result.to_dict()) if as_json else result.text())
