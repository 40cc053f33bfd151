"""`tuili judge --file`: a file of pairs, by this process or by workers on Ray."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tuili.errors import ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuili.engine.runs.file_run import FileRun
    from tuili.types import Judge

WARM = ("A man is sleeping on a bench.", "A person is asleep.")


class OnError(StrEnum):
    """What to do at a row that can't be judged."""

    STOP = "stop"
    RECORD = "record"
    QUARANTINE = "quarantine"


class Runner(StrEnum):
    """What does the work."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True, slots=True, kw_only=True)
class RayOptions:
    """What `--runner ray` may be told; None: what is usual."""

    workers: int | None = None
    shard_rows: int | None = None
    parts: Path | None = None
    address: str | None = None
    threads: int = 1

    def refuse_without_ray(self) -> None:
        """Raises UsageError where there are options for Ray, and no Ray."""
        given: dict[str, object] = {"--workers": self.workers, "--shard-rows": self.shard_rows}
        given |= {"--parts": self.parts, "--ray-address": self.address}
        named = [name for name, value in given.items() if value is not None]
        if named:
            raise UsageError(f"{named[0]} goes with --runner ray")


def judge_a_file(
    engine: Judge, file: Path, output: Path, *, on_error: OnError, ray: RayOptions | None, as_json: bool
) -> None:
    """Judge, show how far it is, say what was done."""
    from tuili.cli.progress import rows_bar

    try:
        with rows_bar() as show:
            run = _run(engine, file, output, on_error, ray, show)
    except KeyboardInterrupt:
        typer.echo("tuili: interrupted; the same command goes on from the rows that are done", err=True)
        raise typer.Exit(130) from None
    said = {**_summary(run), **_costs(engine)}
    if as_json:
        typer.echo(json.dumps(said))
        return
    resumed = f", {run.resumed} of them by an earlier run" if run.resumed else ""
    errors = f", {run.errors} with errors" if run.errors else ""
    typer.echo(f"{run.output}: {run.rows} rows{errors}{resumed}", err=True)
    if run.quarantine is not None:
        typer.echo(f"{run.quarantine}: what could not be judged, and why", err=True)
    for line in costs_in_words(engine):
        typer.echo(line, err=True)


def _run(
    engine: Judge, file: Path, output: Path, on_error: OnError, ray: RayOptions | None, show: Callable[[int], None]
) -> FileRun:
    if ray is None:
        from tuili.engine.runs.file_run import judge_file

        return judge_file(engine, file, output, on_error=on_error.value, progress=show)
    from tuili.engine.load import available_threads
    from tuili.engine.runs.file_run import CHUNK
    from tuili.engine.runs.sharded_run import judge_file_in_shards
    from tuili.serving.ray_cluster import require_ray
    from tuili.serving.ray_workers import ray_workers

    require_ray()  # before a file is made
    workers = ray.workers if ray.workers is not None else max(1, available_threads() // ray.threads)

    @contextmanager
    def begin() -> Iterator[Any]:
        with ray_workers(
            engine,
            source=str(file),
            on_error=on_error.value,
            workers=workers,
            threads=ray.threads,
            address=ray.address,
        ) as crew:
            yield crew

    return judge_file_in_shards(
        engine,
        file,
        output,
        begin,
        on_error=on_error.value,
        progress=show,
        shard_rows=CHUNK if ray.shard_rows is None else ray.shard_rows,
        parts=ray.parts,
    )


def refuse_if_down(engine: Judge) -> None:
    """Ask a language model's server about a pair of ours, so that a run does not begin that would only abstain.

    Raises:
        ModelError: It does not answer.
    """
    if hasattr(engine, "trouble"):
        engine.judge([WARM])
        refuse_unanswered(engine)


def refuse_unanswered(engine: Judge) -> None:
    """Raises ModelError where a language model's server gave no answer, and it was not for what was asked."""
    trouble = getattr(engine, "trouble", None)
    if trouble is not None:
        raise ModelError(f"{getattr(engine, 'model', 'the model')} gives no verdict: {trouble}")


def _summary(run: FileRun) -> dict[str, Any]:
    quarantine = {} if run.quarantine is None else {"quarantine": str(run.quarantine)}
    counts = {"rows": run.rows, "errors": run.errors, "resumed": run.resumed}
    return {"output": str(run.output), **counts, **quarantine}


def _costs(engine: Judge) -> dict[str, Any]:
    """What a cascade saved, and about what a language model had nothing to say."""
    said: dict[str, Any] = {}
    if getattr(engine, "judged", 0):
        said["cascade"] = {name: getattr(engine, name) for name in ("judged", "asked", "share_saved")}
    usage = getattr(engine, "usage", None)
    if usage is not None:
        said["usage"] = usage.to_dict()
    return said


def costs_in_words(engine: Judge) -> list[str]:
    """The same, as lines."""
    said = _costs(engine)
    lines = []
    if "cascade" in said:
        counts = said["cascade"]
        lines.append(
            f"the second judge was asked about {counts['asked']} of {counts['judged']} pairs; "
            f"{counts['share_saved']:.1%} were saved"
        )
    abstained = said.get("usage", {}).get("abstained", {})
    if abstained:
        from tuili.reasoning.llm_reasons import Reason

        lines += [f"{count} times no verdict: {Reason[name.upper()].value}" for name, count in abstained.items()]
    return lines
