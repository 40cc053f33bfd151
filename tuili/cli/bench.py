"""`tuili bench`: how fast a model is on this machine."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from tuili.cli.options import Json, LabelOrder, Model, Threads, open_engine


def bench(
    calls: Annotated[int, typer.Option("--calls", help="Calls with a single pair.")] = 100,
    pairs: Annotated[int, typer.Option("--pairs", help="Pairs of a call with many.")] = 512,
    rounds: Annotated[int, typer.Option("--rounds", help="Calls with many pairs.")] = 5,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Measure how fast a model is on this machine: one pair, many pairs, and 64 hypotheses on one premise.

    The texts are made up and every premise is new. Beside other programs: benchmarks/ in the repository.
    """
    from tuili.evaluation.speed import HYPOTHESES, measure_speed

    started = time.perf_counter()
    engine = open_engine(model, threads, labels)
    loading = time.perf_counter() - started
    speed = measure_speed(engine, calls=calls, pairs=pairs, rounds=rounds)
    told = {**speed.to_dict(), "loading_ms": 1000 * loading}
    if as_json:
        typer.echo(json.dumps(told))
        return
    single, shared = told["single_pair"], told[f"one_premise_{HYPOTHESES}_hypotheses"]
    many = f"{HYPOTHESES} hypotheses on 350 words"
    typer.echo(f"{speed.model}, loaded in {told['loading_ms']:.0f} ms")
    typer.echo(f"  {'one pair':<30} {single['p50_ms']:>8.1f} ms   95 %: {single['p95_ms']:.1f} ms")
    typer.echo(f"  {many:<30} {shared['p50_ms']:>8.1f} ms   95 %: {shared['p95_ms']:.1f} ms")
    typer.echo(f"  {f'{pairs} pairs, premises differ':<30} {speed.pairs_per_second:>8.0f} pairs a second")
