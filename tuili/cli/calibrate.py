"""`tuili calibrate`: how sure a model may be, found out on labelled pairs of your own."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuili.cli.options import Json, Threads

if TYPE_CHECKING:
    from tuili.bundle import Bundle


class CalibrationMethod(StrEnum):
    """The map from what the model says to probabilities."""

    TEMPERATURE = "temperature"
    VECTOR = "vector"
    ISOTONIC = "isotonic"
    FAMILIARITY = "familiarity"


def calibrate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Labelled pairs: .jsonl, .csv, .tsv or .parquet, also with .gz.")
    ],
    output: Annotated[Path, typer.Option("--output", help="The directory of the new bundle.")],
    model: Annotated[
        str | None,
        typer.Option("--model", help="./directory or /directory of a bundle; the embedded model by default."),
    ] = None,
    method: Annotated[
        CalibrationMethod,
        typer.Option("--method", help="temperature is the safest; isotonic and familiarity want a thousand."),
    ] = CalibrationMethod.TEMPERATURE,
    alpha: Annotated[
        float, typer.Option("--alpha", help="Share of prediction sets that may lack the right label.")
    ] = 0.1,
    by_label: Annotated[
        bool, typer.Option("--by-label", help="Promise that for each right label, not only on average.")
    ] = False,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Calibrate a model on labelled pairs like those that it will meet: same weights, a new bundle."""
    from tuili.evaluation.calibrate import calibrate as calibrate_bundle

    bundle = calibrate_bundle(model, file, output, method=method.value, alpha=alpha, by_label=by_label, threads=threads)
    summary = _summary(bundle)
    if as_json:
        typer.echo(json.dumps({"output": str(output), **summary}))
        return
    typer.echo(f"{output}: {bundle.manifest.name}@{bundle.digest[:12]}, calibrated on {summary['n']:,} pairs")
    typer.echo(f"  {summary['method']}, temperature {summary['temperature']:.4f}")
    if summary["alpha"] is None:
        typer.echo("  no prediction sets and no --max-risk: the labels of these pairs are not the model's own")
    else:
        typer.echo(
            f"  prediction sets hold the right label in {1 - summary['alpha']:.0%} of cases, on pairs like these"
        )
        typer.echo(f"  --max-risk can be as low as {summary['least_max_risk']:.3f}")


def _summary(bundle: Bundle) -> dict[str, Any]:
    from tuili.engine.calibrate import risk_bounds

    record = bundle.manifest.calibration
    if record is None:
        return {}
    return {
        "model": f"{bundle.manifest.name}@{bundle.digest[:12]}",
        "method": record.map.method,
        "temperature": record.map.temperatures[0].temperature,
        "n": record.source.n,
        "alpha": None if record.sets is None else record.sets.alpha,
        "least_max_risk": None if record.risk is None else min(risk_bounds(record.risk)),
    }
