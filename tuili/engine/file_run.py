"""A file of pairs to a file of verdicts: streaming, and resumable after any interruption.

Beside `OUTPUT` stand two more files. `OUTPUT.run.json` says which run this is: the digest of the input, the
model, the options. `OUTPUT.partial` grows by one batch of whole lines at a time, each batch on disk before the
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
from typing import IO, TYPE_CHECKING, Any

from tuili.data.atomic import write_files
from tuili.data.chunks import chunks
from tuili.data.fingerprint import fingerprint
from tuili.data.read import open_examples
from tuili.engine.rows import check_on_error, judged_lines
from tuili.errors import DataError, ResumeError, UsageError
from tuili.version import __version__

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

    Labels are not looked at: rows without a gold label are judged like any other.

    Args:
        judge: Any judge. Its `model`, `labels` and `threshold`, if it has them, are part of the run's identity.
        path: The pairs.
        output: The verdicts. Rows that were done when an earlier run of the same kind was interrupted are kept.
        on_error: At a row that can't be judged, `stop` with an error that names it, or `record` the error and go on.
        progress: Called with the number of rows done so far, after each batch.
        chunk: Rows that are read, judged and written together; fewer where they are long.

    Raises:
        DataError: The input can't be read, one of its rows can't be judged, or the output can't be written. Rows
            that are done are kept.
        ResumeError: The output belongs to another input, model or option set, was changed, or is being written.
        UsageError: An option that can't be.
    """
    check_on_error(on_error)
    if chunk < 1:
        raise UsageError(f"chunk must be 1 or more, got {chunk}")
    before = _state(path)
    if before is not None and before == _state(output):
        raise UsageError(f"{output} is the input itself; choose another output")
    run = _Run(output, {"input_sha256": fingerprint(path), **_identity(judge), "on_error": on_error})
    if run.is_complete():
        return FileRun(run.output, run.rows, run.errors, resumed=run.rows)
    with run.open() as file:
        resumed = run.rows
        rows = islice(open_examples(path, labels="ignored").rows(), resumed, None)
        for lines in judged_lines(judge, chunks(rows, chunk), path, on_error=on_error):
            run.append(file, lines)
            if progress is not None:
                progress(run.rows)
        if _state(path) != before:
            raise DataError("changed while it was read; run again with another output", path=path)
        run.finish()
    return FileRun(run.output, run.rows, run.errors, resumed)


def _identity(judge: Judge) -> dict[str, Any]:
    """What, beside the pairs, decides the bytes of a verdict."""
    return {
        "model": str(getattr(judge, "model", type(judge).__name__)),
        "labels": [str(label) for label in getattr(judge, "labels", ())],
        "threshold": getattr(judge, "threshold", None),
        "evidence": bool(getattr(judge, "evidence", False)),
        "tuili": __version__,
    }


def _state(path: str | Path) -> tuple[int, int, int] | None:
    """What changes when a file is written or replaced; None where it can't be seen, which reading it will explain."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class _Run:
    """The files of a run."""

    def __init__(self, output: str | Path, identity: dict[str, Any]) -> None:
        self.output = Path(output)
        if not self.output.name or "\0" in str(output) or self.output.is_dir():
            raise UsageError(f"{str(output)!r} can't be the output: it must be the name of a file")
        if not self.output.parent.is_dir():
            raise UsageError(f"{self.output.parent} is not a directory; make it first")
        self.identity = identity
        self.partial = self.output.with_name(self.output.name + ".partial")
        self.record = self.output.with_name(self.output.name + ".run.json")
        self.rows = self.errors = 0

    def is_complete(self) -> bool:
        """Whether this very run was finished before, with the output as it left it."""
        with _writable(self.output):
            recorded = self._recorded()
            if recorded is None and (self.output.exists() or self.partial.exists()):
                raise ResumeError(f"{self.output} exists, and is not the output of such a run; choose another output")
            if recorded is None or not self.output.exists():
                return False
            if recorded.get("output_sha256") != fingerprint(self.output):
                raise ResumeError(f"{self.output} was changed after it was finished; remove it, or choose another")
            self._count(self.output)
            return True

    def _recorded(self) -> dict[str, Any] | None:
        """The record of the run that the output belongs to, None if there is none; ResumeError if it is another's."""
        if not self.record.exists():
            return None
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
        return dict(recorded)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The partial file, locked, without the torn line that an interruption may have left at its end."""
        with _writable(self.output), self.partial.open("ab+") as file:
            _lock(file, self.output)
            if self.output.exists():
                raise ResumeError(f"{self.output} was finished by another process in the meantime")
            if self._recorded() is None:
                self._write_record()
            file.truncate(self._count(self.partial))
            file.seek(0, os.SEEK_END)
            yield file

    def _write_record(self, **more: str) -> None:
        record = json.dumps({"run": self.identity, **more}, indent=2) + "\n"
        write_files(self.record.parent, {self.record.name: record.encode()})

    def _count(self, path: Path) -> int:
        """Count whole lines, and the errors among them. Returns where the last whole line ends, in bytes."""
        end = 0
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                self.rows += 1
                self.errors += _is_error(line)
        return end

    def append(self, file: IO[bytes], lines: Sequence[str]) -> None:
        file.write(("\n".join(lines) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())
        self.rows += len(lines)
        self.errors += sum(_is_error(line.encode()) for line in lines)

    def finish(self) -> None:
        self._write_record(output_sha256=fingerprint(self.partial))
        self.partial.replace(self.output)
        _sync_directory(self.output.parent)


def _is_error(line: bytes) -> bool:
    try:
        return b'"error":' in line and "error" in json.loads(line)
    except ValueError as error:
        raise ResumeError("the output of the interrupted run was changed: a line of it is not JSON") from error


@contextmanager
def _writable(output: Path) -> Iterator[None]:
    """What the system refuses, such as a full disk, as one error of ours."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise DataError(
            f"can't be written: {reason}; rows that are done are kept, so run it again", path=output
        ) from error


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
