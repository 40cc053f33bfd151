"""A file of pairs to a file of verdicts: streaming, and resumable after any interruption.

A run that finds the files of an earlier one (`run_files`) goes on after the last whole line, if and only if it is the
same run. Since a verdict does not depend on its company, the bytes are the same as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tuili.data.chunks import chunks
from tuili.data.fingerprint import fingerprint
from tuili.data.read import open_examples
from tuili.engine.runs.rows import check_on_error, judged_lines
from tuili.engine.runs.run_files import RunFiles, identity_of, state_of
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tuili.engine.runs.rows import OnError
    from tuili.types import Judge

CHUNK = 2048
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class FileRun:
    """What a run over a file did.

    Attributes:
        output: The finished file, one JSON object a line: `row`, then the verdict or an `error`.
        rows: How many rows the input has.
        errors: How many of them could not be judged.
        resumed: How many had been done by an earlier, interrupted run.
        quarantine: Where the rows that could not be judged were set aside; None where none were.
    """

    output: Path
    rows: int
    errors: int
    resumed: int
    quarantine: Path | None = None


def judge_file(
    judge: Judge,
    path: str | Path,
    output: str | Path,
    *,
    on_error: OnError = "stop",
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> FileRun:
    """Judge every pair of a file (JSONL, CSV, TSV, Parquet; also gzipped) into a JSONL file of verdicts.

    Labels are not looked at: rows without a gold label are judged like any other.

    Args:
        judge: Any judge. Its `model`, `labels` and `threshold`, if it has them, are part of the run's identity.
        path: The pairs.
        output: The verdicts. Rows that were done when an earlier run of the same kind was interrupted are kept.
        on_error: At a row that can't be judged, `stop` with an error that names it; `record` the error in its place and
            go on; or `quarantine`: set it aside in `OUTPUT.quarantine.jsonl`, with the reason, and go on. In
            quarantine goes also a row at which the judge itself fails, while it answers about others.
        progress: Called with the number of rows done so far, after each batch.
        chunk: Rows that are read, judged and written together; fewer where they are long.

    Raises:
        DataError: The input can't be read, one of its rows can't be judged, or the output can't be written. Rows
            that are done are kept.
        ResumeError: The output belongs to another input, model or option set, was changed, or is being written.
        UsageError: An option that can't be.
    """
    if chunk < 1:
        raise UsageError(f"chunk must be 1 or more, got {chunk}")
    before = check_files(path, output, on_error)
    run = RunFiles(output, run_identity(judge, path, on_error))
    if run.is_complete():
        return FileRun(run.output, run.rows, run.errors, run.rows, run.quarantine)
    with run.open() as file:
        resumed = run.rows
        rows = islice(open_examples(path, labels="ignored").rows(), resumed, None)
        for lines in judged_lines(judge, chunks(rows, chunk), path, on_error=on_error):
            run.append(file, lines)
            if progress is not None:
                progress(run.rows)
        check_unchanged(path, before)
        run.finish()
    return FileRun(run.output, run.rows, run.errors, resumed, run.quarantine)


def check_files(path: str | Path, output: str | Path, on_error: str) -> tuple[int, int, int] | None:
    """The state of the input before it is read.

    Raises:
        UsageError: The output is the input, or `on_error` can't be.
    """
    check_on_error(on_error)
    before = state_of(path)
    if before is not None and before == state_of(output):
        raise UsageError(f"{output} is the input itself; choose another output")
    return before


def check_unchanged(path: str | Path, before: tuple[int, int, int] | None) -> None:
    """Raises DataError where the input is not as it was."""
    if state_of(path) != before:
        raise DataError("changed while it was read; run again with another output", path=path)


def run_identity(judge: Judge, path: str | Path, on_error: str) -> dict[str, Any]:
    """What a run is recognised by: its input, its judge, its options. Who does the work is no part of it.

    Raises:
        DataError: The input can't be read.
    """
    return {"input_sha256": fingerprint(path), **identity_of(judge), "on_error": on_error}
