"""`tuili judge`: one pair, a stream of pairs, or a file of pairs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.file_judging import (
    OnError,
    RayOptions,
    Runner,
    costs_in_words,
    judge_a_file,
    refuse_if_down,
    refuse_unanswered,
)
from tuili.cli.options import (
    Audit,
    AuditTexts,
    Json,
    LabelOrder,
    MaxRisk,
    Model,
    RequireSigned,
    StrictUnicode,
    TextForm,
    Threads,
    audited,
    open_engine,
)
from tuili.cli.terminal import one_line
from tuili.errors import InputError, InvalidPair, UsageError

if TYPE_CHECKING:
    from tuili.types import Judge, Verdict


def judge(
    premise: Annotated[str | None, typer.Argument(metavar="PREMISE", help="The text that is given.")] = None,
    hypothesis: Annotated[str | None, typer.Argument(metavar="HYPOTHESIS", help="The sentence put to it.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Pairs: .jsonl, .csv, .tsv or .parquet, also with .gz.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Where the verdicts on --file go, as JSONL.")] = None,
    on_error: Annotated[
        OnError,
        typer.Option(
            "--on-error",
            help="At a row that can't be judged: stop; record the error in its place; or set it aside, in quarantine.",
        ),
    ] = OnError.STOP,
    runner: Annotated[
        Runner, typer.Option("--runner", help="What does the work on --file: this process, or workers on Ray.")
    ] = Runner.LOCAL,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Ray: processes with a model each; as many as there are processors.")
    ] = None,
    shard_rows: Annotated[
        int | None, typer.Option("--shard-rows", help="Ray: rows that are judged, and kept, together; 2048.")
    ] = None,
    parts: Annotated[
        Path | None, typer.Option("--parts", help="Ray: directory for shards that are done; OUTPUT.parts.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option("--ray-address", help="Ray: host:port of a cluster; else this machine alone.")
    ] = None,
    model: Model = None,
    cascade: Annotated[
        str | None,
        typer.Option("--cascade", metavar="MODEL", help="Ask this model about what --model leaves undecided."),
    ] = None,
    labels: LabelOrder = None,
    max_risk: MaxRisk = None,
    require_signed: RequireSigned = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Give each verdict its evidence: the words on both sides that decide it.")
    ] = False,
    strict_unicode: StrictUnicode = False,
    threads: Threads = None,
    audit: Audit = None,
    audit_texts: AuditTexts = TextForm.PLAIN,
    as_json: Json = False,
) -> None:
    """Judge whether HYPOTHESIS follows from PREMISE.

    Without arguments, pairs are read from standard input as JSON lines and the verdicts written to standard output.
    """

    on_ray = RayOptions(
        workers=workers,
        shard_rows=shard_rows,
        parts=parts,
        address=ray_address,
        threads=1 if threads is None else threads,
    )
    if runner is Runner.RAY:
        _refuse_on_ray(file, audit)
    else:
        on_ray.refuse_without_ray()

    def opened() -> Judge:
        own = on_ray.threads if runner is Runner.RAY else threads
        engine: Judge = open_engine(model, own, labels, max_risk=max_risk, require_signed=require_signed)
        if cascade is not None:
            engine = _with_second(engine, cascade, own)
        if explain:
            engine = _with_evidence(engine)
        return _strict(engine) if strict_unicode else engine

    if file is not None:
        if premise is not None:
            raise UsageError("give either PREMISE and HYPOTHESIS, or --file, not both")
        if output is None:
            raise UsageError("--file needs --output: where the verdicts go")
        judge_itself = opened()
        if not output.exists():
            refuse_if_down(judge_itself)
        with audited(judge_itself, audit, audit_texts) as engine:
            ray = on_ray if runner is Runner.RAY else None
            judge_a_file(engine, file, output, on_error=on_error, ray=ray, as_json=as_json)
        return
    if output is not None:
        raise UsageError("--output goes with --file")
    if premise is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("give PREMISE and HYPOTHESIS, or --file, or JSON lines on standard input")
        with audited(opened(), audit, audit_texts) as engine:
            _judge_stream(engine, on_error)
            for line in costs_in_words(engine):
                typer.echo(line, err=True)
        return
    if hypothesis is None:
        raise UsageError("HYPOTHESIS is missing: tuili judge PREMISE HYPOTHESIS")
    try:
        with audited(opened(), audit, audit_texts) as engine:
            verdict = engine.judge([(premise, hypothesis)])[0]
            refuse_unanswered(engine)
            _tell_unusual(premise, hypothesis)
    except InvalidPair as error:
        raise InputError(f"{error.field}: {error.reason}") from None
    _print_verdict(verdict, as_json=as_json)


def _refuse_on_ray(file: Path | None, audit: Path | None) -> None:
    if file is None:
        raise UsageError("--runner ray is for --file")
    if audit is not None:
        raise UsageError("--audit keeps its record where the verdicts are given, and needs --runner local")


def _with_second(engine: Judge, model: str, threads: int | None) -> Judge:
    from tuili.engine.cascade import Cascade

    if not getattr(engine, "threshold", 0) and not hasattr(engine, "trouble"):
        raise UsageError("--cascade is asked about what --model leaves undecided; say with --max-risk what that is")
    return Cascade(engine, open_engine(model, threads, None))


def _with_evidence(engine: Judge) -> Judge:
    from tuili.explanation.with_evidence import WithEvidence

    return WithEvidence(engine)


def _strict(engine: Judge) -> Judge:
    from tuili.engine.strict_unicode import StrictUnicode

    return StrictUnicode(engine)


def _tell_unusual(premise: str, hypothesis: str) -> None:
    """On standard error: what a reader of the two texts would not see."""
    from tuili.data.unusual import in_words, unusual

    for side, text in (("premise", premise), ("hypothesis", hypothesis)):
        if found := unusual(text):
            typer.echo(f"tuili: the {side} has: {in_words(found)}; judged as it is", err=True)


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
        quotes = [f"{one_line(found.text)} ({found.weight:.2f})" for found in verdict.evidence if found.side == side]
        if quotes:
            typer.echo(f"  evidence in the {side}: {', '.join(quotes)}")
    if not verdict.decided:
        typer.echo("  undecided: the confidence is below the threshold, or not all of the hypothesis was read")


def _judge_stream(engine: Judge, on_error: OnError) -> None:
    from tuili.engine.runs.stream import judge_stream

    # A reader of its own: the interpreter waits at its end for whoever is still reading its standard input.
    stream = os.fdopen(sys.stdin.fileno(), "rb", closefd=False)
    for line in judge_stream(engine, stream, on_error=on_error.value):
        # bytes, so that a locale can't refuse what a model may be called
        sys.stdout.buffer.write(line.encode() + b"\n")
        sys.stdout.buffer.flush()
