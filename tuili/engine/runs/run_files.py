"""The files of a run over a file of pairs, and whose they are.

Beside `OUTPUT` stand two more. `OUTPUT.run.json` says which run this is: the digest of the input, the model, the
options. `OUTPUT.partial` holds what is done, by whole lines, each batch on disk before the next is begun; at the end it
is renamed to `OUTPUT`. Where rows that can't be judged are set aside, they go to `OUTPUT.quarantine.jsonl` then.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tuili.data.atomic import write_files
from tuili.data.fingerprint import fingerprint
from tuili.disk import sync_directory
from tuili.errors import DataError, ResumeError, UsageError
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuili.types import Judge


def identity_of(judge: Judge) -> dict[str, Any]:
    """What, beside the pairs, decides the bytes of a verdict."""
    return {
        "model": str(getattr(judge, "model", type(judge).__name__)),
        "labels": [str(label) for label in getattr(judge, "labels", ())],
        "threshold": getattr(judge, "threshold", None),
        "evidence": bool(getattr(judge, "evidence", False)),
        "strict_unicode": bool(getattr(judge, "strict_unicode", False)),
        "tuili": __version__,
    }


def state_of(path: str | Path) -> tuple[int, int, int] | None:
    """What changes when a file is written or replaced; None where it can't be seen, which reading it will explain."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class RunFiles:
    """The files of a run.

    Attributes:
        rows: Lines that are done, `errors` among them.
        shards: How the run is cut, as the record says it; None: not at all.
    """

    def __init__(self, output: str | Path, identity: dict[str, Any], *, shards: dict[str, Any] | None = None) -> None:
        self.output = Path(output)
        if not self.output.name or "\0" in str(output) or self.output.is_dir():
            raise UsageError(f"{str(output)!r} can't be the output: it must be the name of a file")
        if not self.output.parent.is_dir():
            raise UsageError(f"{self.output.parent} is not a directory; make it first")
        self.identity = identity
        self.shards = shards
        self.partial = self._beside(".partial")
        self.record = self._beside(".run.json")
        self.aside = self._beside(".quarantine.jsonl")
        self.rows = self.errors = 0

    def _beside(self, suffix: str) -> Path:
        return self.output.with_name(self.output.name + suffix)

    @property
    def quarantine(self) -> Path | None:
        """Where rows were set aside; None where none were."""
        return self.aside if self._sets_aside and self.errors else None

    @property
    def _sets_aside(self) -> bool:
        return self.identity.get("on_error") == "quarantine"

    def is_complete(self) -> bool:
        """Whether this very run was finished before, with the output as it left it."""
        with writable(self.output):
            recorded = self._recorded()
            others = [self.output, self.partial, *([self.aside] if self._sets_aside else [])]
            there = next((path for path in others if path.exists()), None)
            if recorded is None and there is not None:
                raise ResumeError(f"{there} exists, and is not the output of such a run; choose another output")
            if recorded is None or not self.output.exists():
                return False
            for path, key in ((self.output, "output_sha256"), (self.aside, "quarantine_sha256")):
                digest = recorded.get(key)
                if key == "output_sha256" or digest is not None:
                    if not path.exists() or digest != fingerprint(path):
                        raise ResumeError(f"{path} was changed after it was finished; remove it, or choose another")
                    self.count(path)
            self.partial.unlink(missing_ok=True)  # what an end that was cut short may have left
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
        """The partial file, locked, without the torn line that an interruption may have left at its end.

        Raises:
            ResumeError: Another process writes it, has finished it, or the run was cut in another way.
        """
        with writable(self.output), self.partial.open("ab+") as file:
            _lock(file, self.output)
            if self.output.exists():
                raise ResumeError(f"{self.output} was finished by another process in the meantime")
            recorded = self._recorded()
            if recorded is None:
                self._write_record()
            elif recorded.get("shards") != self.shards:
                raise ResumeError(
                    f"{self.output} was begun {_cut(recorded.get('shards'))}, and can't be gone on with "
                    f"{_cut(self.shards)}; choose another output, or remove it with its .partial and .run.json files"
                )
            # Of a run in shards nothing is here before all of it is: what there is was being merged.
            file.truncate(0 if self.shards is not None else self.count(self.partial))
            file.seek(0, os.SEEK_END)
            try:
                yield file
            except BaseException:
                if self.rows == 0 and self.shards is None:  # nothing is done that anybody could go on with
                    self.partial.unlink(missing_ok=True)
                    self.record.unlink(missing_ok=True)
                raise

    def _write_record(self, **more: str | None) -> None:
        shards = {} if self.shards is None else {"shards": self.shards}
        record = json.dumps({"run": self.identity, **shards, **more}, indent=2) + "\n"
        write_files(self.record.parent, {self.record.name: record.encode()})

    def count(self, path: Path) -> int:
        """Count whole lines, and the errors among them. Returns where the last whole line ends, in bytes."""
        end = 0
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                self.rows += 1
                self.errors += is_error(line)
        return end

    def append(self, file: IO[bytes], lines: Sequence[str]) -> None:
        """Add whole lines, and see them on disk."""
        file.write(("\n".join(lines) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())
        self.rows += len(lines)
        self.errors += sum(is_error(line.encode()) for line in lines)

    def finish(self) -> None:
        """Give the output its name. Interrupted at any point, it can be done again."""
        done, aside = self.partial, None
        if self._sets_aside and self.errors:
            done, aside = self._split()
        digest = None if aside is None else fingerprint(aside)
        self._write_record(output_sha256=fingerprint(done), **({} if digest is None else {"quarantine_sha256": digest}))
        if aside is not None:
            aside.replace(self.aside)
        done.replace(self.output)
        self.partial.unlink(missing_ok=True)
        sync_directory(self.output.parent)

    def _split(self) -> tuple[Path, Path]:
        """The lines of verdicts, and those of errors, each in a file of its own."""
        verdicts, errors = self._beside(".partial.verdicts"), self._beside(".partial.quarantine")
        with self.partial.open("rb") as lines, verdicts.open("wb") as good, errors.open("wb") as bad:
            for line in lines:
                (bad if is_error(line) else good).write(line)
            for file in (good, bad):
                file.flush()
                os.fsync(file.fileno())
        return verdicts, errors


def is_error(line: bytes) -> bool:
    """Whether a line of output is that of a row that could not be judged.

    Raises:
        ResumeError: It is no line of output.
    """
    try:
        return b'"error":' in line and "error" in json.loads(line)
    except ValueError as error:
        raise ResumeError("the output of the interrupted run was changed: a line of it is not JSON") from error


@contextmanager
def writable(output: Path) -> Iterator[None]:
    """What the system refuses, such as a full disk, as one error of ours.

    Raises:
        DataError: It refuses.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise DataError(
            f"can't be written: {reason}; rows that are done are kept, so run it again", path=output
        ) from error


def _cut(shards: dict[str, Any] | None) -> str:
    if not isinstance(shards, dict):
        return "in one piece (--runner local)"
    return f"in shards of {shards.get('rows')} rows in {shards.get('directory')}"


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
