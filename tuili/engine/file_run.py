"""A file of pairs to a file of verdicts: streaming, and resumable after any interruption.

Beside `OUTPUT` stand two more files. `OUTPUT.run.json` says which run this is: the digest of the input, the
model, the options. `OUTPUT.partial` grows by one chunk of whole lines at a time, each chunk on disk before the
next is begun; when the input ends it is renamed to `OUTPUT`. A run that finds them goes on after the last whole
line, if and only if it is the same run. Since a verdict does not depend on its company, the bytes are the same
as if nothing had happened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tuili.data.atomic import write_files
from tuili.data.fingerprint import fingerprint
from tuili.data.read import open_examples
from tuili.engine.rows import judged_chunks
from tuili.errors import ResumeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuili.engine.rows import OnError
    from tuili.types import Judge

CHUNK = 2048
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class FileRun:
    """What a run over a file did.

    Attributes:
        output: The finished file, one JSON object a line: `row`, then the verdict or an `error`.
        rows: How many lines it has.
        errors: How many of them are errors.
        resumed: How many had been written by an earlier, interrupted run.
    """

    output: Path
    rows: int
    errors: int
    resumed: int


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

    Args:
        judge: Any judge; its `model`, if it has one, is part of the run's identity.
        path: The pairs.
        output: The verdicts. Rows that were done when an earlier run of the same kind was interrupted are kept.
        on_error: At a row that can't be judged, `stop` with an error that names it, or `record` the error and go on.
        progress: Called with the number of rows done so far, after each chunk.
        chunk: Rows that are read, judged and written together.

    Raises:
        DataError: The input can't be read, or one of its rows can't be judged. Rows before it are kept.
        ResumeError: The output belongs to another input, model or option set, or is being written.
    """
    identity = {
        "input_sha256": fingerprint(path),
        "model": str(getattr(judge, "model", type(judge).__name__)),
        "on_error": on_error,
    }
    run = _Run(Path(output), identity)
    if run.complete:
        return FileRun(run.output, run.rows, run.errors, resumed=run.rows)
    with run.open() as file:
        resumed = run.rows
        rows = islice(open_examples(path, labels="ignored").rows(), resumed, None)
        for lines in judged_chunks(judge, rows, path, on_error=on_error, chunk=chunk):
            run.append(file, lines)
            if progress is not None:
                progress(run.rows)
    run.finish()
    return FileRun(run.output, run.rows, run.errors, resumed)


class _Run:
    """The files of a run."""

    def __init__(self, output: Path, identity: dict[str, str]) -> None:
        self.output = output
        self.identity = identity
        self.partial = output.with_name(output.name + ".partial")
        self.record = output.with_name(output.name + ".run.json")
        self.rows = self.errors = 0
        self.complete = False
        self._check()

    def _check(self) -> None:
        if self.output.is_dir():
            raise UsageError(f"{self.output} is a directory; the output is a file")
        if not self.output.parent.is_dir():
            raise UsageError(f"{self.output.parent} is not a directory; make it first")
        if not self.record.exists():
            if self.output.exists() or self.partial.exists():
                raise ResumeError(f"{self.output} exists, and is not from tuili judge --file; choose another output")
            return
        try:
            recorded = json.loads(self.record.read_text("utf-8"))
            other = [key for key, value in self.identity.items() if recorded["run"][key] != value]
        except (ValueError, KeyError, TypeError) as error:
            raise ResumeError(f"{self.record} is damaged; remove it and {self.output}, or choose another") from error
        if other:
            raise ResumeError(
                f"{self.output} was begun with another {', '.join(key.replace('_', ' ') for key in other)}; "
                "choose another output, or remove it with its .partial and .run.json files"
            )
        if self.output.exists():
            self.complete = True
            self._count(self.output)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The partial file, locked, without the torn line that an interruption may have left at its end."""
        if not self.record.exists():
            record = json.dumps({"run": self.identity}, indent=2) + "\n"
            write_files(self.record.parent, {self.record.name: record.encode()})
        with self.partial.open("ab+") as file:
            _lock(file, self.output)
            if self.output.exists():
                raise ResumeError(f"{self.output} was finished by another process in the meantime")
            file.truncate(self._count(self.partial))
            file.seek(0, os.SEEK_END)
            yield file

    def _count(self, path: Path) -> int:
        """Count whole lines, and the errors among them. Returns where the last whole line ends, in bytes."""
        end = 0
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                self.rows += 1
                self.errors += b'"error":' in line and "error" in json.loads(line)
        return end

    def append(self, file: IO[bytes], lines: Sequence[str]) -> None:
        if not lines:
            return
        file.write(("\n".join(lines) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())
        self.rows += len(lines)
        self.errors += sum('"error":' in line and "error" in json.loads(line) for line in lines)

    def finish(self) -> None:
        self.partial.replace(self.output)
        _sync_directory(self.output.parent)


def _lock(file: IO[bytes], output: Path) -> None:
    """One writer at a time. Where the platform has no such lock, two runs at once are the caller's risk."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ResumeError(f"{output} is being written by another process") from error


def _sync_directory(path: Path) -> None:
    if os.name != "posix":  # pragma: no cover - Windows has no such thing
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
