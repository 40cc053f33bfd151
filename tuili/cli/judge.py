"""`tuili judge`: one pair, a stream of pairs, or a file of pairs."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
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
from tuili.errors import InputError, InvalidPair, UsageError

if TYPE_CHECKING:
    from tuili.engine.file_run import FileRun
    from tuili.types import Judge, Verdict


class OnError(StrEnum):
    """What to do at a row that can't be judged."""

    STOP = "stop"
    RECORD = "record"


class Runner(StrEnum):
    """What does the work."""

    LOCAL = "local"


def judge(
    premise: Annotated[str | None, typer.Argument(metavar="PREMISE", help="The text that is given.")] = None,
    hypothesis: Annotated[str | None, typer.Argument(metavar="HYPOTHESIS", help="The sentence put to it.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Pairs: .jsonl, .csv, .tsv or .parquet, also with .gz.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Where the verdicts on --file go, as JSONL.")] = None,
    on_error: Annotated[
        OnError, typer.Option("--on-error", help="At a row that can't be judged: stop, or record the error and go on.")
    ] = OnError.STOP,
    runner: Annotated[  # noqa: ARG001  # one choice so far; scripts that name it go on working when there are more
        Runner, typer.Option("--runner", help="What does the work: local is this process.")
    ] = Runner.LOCAL,
    model: Model = None,
    labels: LabelOrder = None,
    max_risk: MaxRisk = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Give each verdict its evidence: the words on both sides that decide it.")
    ] = False,
    threads: Threads = None,
    audit: Audit = None,
    audit_texts: AuditTexts = TextForm.PLAIN,
    as_json: Json = False,
) -> None:
    """Judge whether HYPOTHESIS follows from PREMISE.

    Without arguments, pairs are read from standard input as JSON lines and the verdicts written to standard output.
    """

    def opened() -> Judge:
        engine = open_engine(model, threads, labels, max_risk=max_risk)
        return _with_evidence(engine) if explain else engine

    if file is not None:
        if premise is not None:
            raise UsageError("give either PREMISE and HYPOTHESIS, or --file, not both")
        if output is None:
            raise UsageError("--file needs --output: where the verdicts go")
        with audited(opened(), audit, audit_texts) as engine:
            _judge_file(engine, file, output, on_error, as_json=as_json)
        return
    if output is not None:
        raise UsageError("--output goes with --file")
    if premise is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("give PREMISE and HYPOTHESIS, or --file, or JSON lines on standard input")
        with audited(opened(), audit, audit_texts) as engine:
            _judge_stream(engine, on_error)
        return
    if hypothesis is None:
        raise UsageError("HYPOTHESIS is missing: tuili judge PREMISE HYPOTHESIS")
    try:
        with audited(opened(), audit, audit_texts) as engine:
            verdict = engine.judge([(premise, hypothesis)])[0]
    except InvalidPair as error:
        raise InputError(f"{error.field}: {error.reason}") from None
    _print_verdict(verdict, as_json=as_json)


def _with_evidence(engine: Judge) -> Judge:
    from tuili.explanation.with_evidence import WithEvidence

    return WithEvidence(engine)


def _print_verdict(verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(verdict.to_dict(), ensure_ascii=False))
        return
    typer.echo(f"{verdict.label}  {verdict.confidence:.3f}")
    width = max(len(label) for label in verdict.probabilities)
    for label, probability in verdict.probabilities.items():
        typer.echo(f"  {label:<{width}}  {probability:.3f}  {'█' * round(30 * probability)}")
    if verdict.coverage < 1:
        typer.echo(f"  {verdict.coverage:.1%} of the premise was read")
    if 1 < len(verdict.prediction_set) < len(verdict.probabilities):
        typer.echo(f"  {' or '.join(label for label in verdict.probabilities if label in verdict.prediction_set)}")
    for side in ("premise", "hypothesis"):
        quotes = [f"{found.text} ({found.weight:.2f})" for found in verdict.evidence if found.side == side]
        if quotes:
            typer.echo(f"  evidence in the {side}: {', '.join(quotes)}")
    if not verdict.decided:
        typer.echo("  undecided: the confidence is below the threshold, or not all of the hypothesis was read")


def _judge_file(engine: Judge, file: Path, output: Path, on_error: OnError, *, as_json: bool) -> None:
    from tuili.cli.progress import rows_bar
    from tuili.engine.file_run import judge_file

    try:
        with rows_bar() as show:
            run = judge_file(engine, file, output, on_error=on_error.value, progress=show)
    except KeyboardInterrupt:
        typer.echo("tuili: interrupted; the same command goes on from the rows that are done", err=True)
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(_summary(run)))
    else:
        resumed = f", {run.resumed} of them by an earlier run" if run.resumed else ""
        errors = f", {run.errors} with errors" if run.errors else ""
        typer.echo(f"{run.output}: {run.rows} rows{errors}{resumed}", err=True)


def _summary(run: FileRun) -> dict[str, object]:
    return {"output": str(run.output), "rows": run.rows, "errors": run.errors, "resumed": run.resumed}


def _judge_stream(engine: Judge, on_error: OnError) -> None:
    from tuili.engine.stream import judge_stream

    # A reader of its own: the interpreter waits at its end for whoever is still reading its standard input.
    stream = os.fdopen(sys.stdin.fileno(), "rb", closefd=False)
    for line in judge_stream(engine, stream, on_error=on_error.value):
        # bytes, so that a locale can't refuse what a model may be called
        sys.stdout.buffer.write(line.encode() + b"\n")
        sys.stdout.buffer.flush()
