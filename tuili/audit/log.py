"""A log of verdicts, open for appending: what is appended is on disk, chained and numbered, before the call returns."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tuili.audit.canonical import canonical
from tuili.audit.checkpoints import CheckpointFiles
from tuili.audit.disk import Disk
from tuili.audit.keys import destroy_keys, make_keys, write_keys
from tuili.audit.segments import Segments, take_writer
from tuili.audit.settings import KEYS, SETTINGS, make_log, read_settings
from tuili.audit.signing import signer
from tuili.audit.texts import NO_KEY, Texts, describe
from tuili.errors import AuditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    from tuili.types import Verdict

CHECKPOINT_RECORDS = 1000
CHECKPOINT_SECONDS = 60.0
SEGMENT_BYTES = 64 * 2**20
SEGMENT_RECORDS = 100_000
NOTHING = object()
"""In the place of a pair: the record is not about one."""


class RecordId(NamedTuple):
    """Which record: the writer whose chain it is in, and its number there. Written `0001:42`."""

    writer: str
    seq: int

    def __str__(self) -> str:
        return f"{self.writer}:{self.seq}"

    @classmethod
    def parse(cls, text: str) -> RecordId:
        """The id that `str` wrote; UsageError if it is not one."""
        writer, _, seq = text.partition(":")
        if not (len(writer) == 4 and writer.isdecimal() and writer.isascii() and seq.isdecimal() and seq.isascii()):
            raise UsageError(f"{text!r} is not the id of a record; ids look like 0001:42")
        return cls(writer, int(seq))


@dataclass(frozen=True, slots=True)
class Draft:
    """A record to be: its kind and content, and the pair that it is about, as it was handed in."""

    kind: str
    what: Mapping[str, Any]
    pair: object = field(default=NOTHING)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a checkpoint is due, and when a segment is full."""

    checkpoint_records: int = CHECKPOINT_RECORDS
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    segment_bytes: int = SEGMENT_BYTES
    segment_records: int = SEGMENT_RECORDS


class Log:
    """A log, open for appending by this process. Thread-safe; close it, or use it in a `with` block.

        with Log("verdicts.log") as log:
            judge = Recorded(tuili.load(), log)

    Every process that opens a log gets a chain of its own in it: the first whose lock is free. Nothing is ever edited:
    `supersede` appends a correction, `erase` destroys the keys of texts, and there is no way to delete.

    Attributes:
        settings: What was fixed when the log was made.
        texts: What new records hold of the texts.
        writer: Whose chain is appended to.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        texts: Texts | str = Texts.PLAIN,
        writer: str | None = None,
        must_exist: bool = False,
        limits: Limits | None = None,
        disk: Disk | None = None,
    ) -> None:
        """Open the log at `path`; one with default settings is made where there is none.

        Args:
            path: A directory.
            texts: What new records hold of the texts: `plain`, `hashed` (salted) or `sealed` (encrypted).
            writer: Whose chain to go on with; refused at once if another process does. None: the first that is free.
            must_exist: Whether a log that is not there is an error.
            limits: When checkpoints are due and segments full.
            disk: The file system, for tests.

        Raises:
            AuditError: The log is damaged, held by another process, or can't be written.
            UsageError: The directory holds something else, or an option can't be.
            MissingExtra: The log is to be signed or sealed, and the `audit` extra is not installed.
        """
        try:
            self.texts = Texts(texts)
        except ValueError:
            raise UsageError(f"texts must be plain, hashed or sealed, got {texts!r}") from None
        if writer is not None:
            RecordId.parse(f"{writer}:0")
        self._disk = disk or Disk()
        self._limits = limits or Limits()
        self._guard = threading.RLock()
        self._process = os.getpid()
        self._engines: dict[bytes, int] = {}
        self._timer: threading.Timer | None = None
        self._closed = False
        directory = Path(path)
        self.settings = (
            read_settings(path) if must_exist or (directory / SETTINGS).exists() else make_log(path, self._disk)
        )
        self._signer = signer(self.settings.key) if self.settings.key is not None else None
        if self.texts is Texts.SEALED:
            describe(("", ""), self.texts, "")  # the extra is missing now, or not at all
        self._files = CheckpointFiles(self.settings, self._disk)
        with self._told("opened"):
            self.writer, descriptor = take_writer(self.settings, writer, self._disk)
            try:
                self._open(descriptor)
            except BaseException:
                self._disk.close(descriptor)
                raise
        if self._segments.healed is not None:
            self.append([Draft("healed", self._segments.healed)])

    def _open(self, descriptor: int) -> None:
        if self.texts is not Texts.PLAIN:
            make_keys(self._keys(self.writer), self._disk)
        last = self._files.last()
        point = last.writers.get(self.writer) if last is not None else None
        self._segments = Segments(self.settings, self.writer, descriptor, point, self._disk)
        self._checked = point.size if point is not None else 0

    @property
    def size(self) -> int:
        """How many records this writer's chain has."""
        return self._segments.chain.tree.size

    def append(self, drafts: Sequence[Draft], *, engine: Mapping[str, Any] | None = None) -> list[RecordId]:
        """Append records as one group. When this returns, the disk holds all of them.

        Args:
            drafts: The records.
            engine: What gave the verdicts. It becomes a record of its own, once a segment, and the records name that
                record's number as `engine`.

        Raises:
            AuditError: They can't be written; none of them counts. Where the disk was full, try again later.
        """
        with self._guard:
            self._check_open()
            with self._told("written"):
                self._rotate_when_full()
                return self._append(drafts, engine) if drafts else []

    def _append(self, drafts: Sequence[Draft], engine: Mapping[str, Any] | None) -> list[RecordId]:
        stamp = now()
        entries: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = []
        keys: list[bytes] = []
        try:
            identity, reference = self._engine(engine)
            if engine is not None and reference == self.size:
                entries.append(("engine", stamp, engine))
                keys.append(NO_KEY)
            first = len(entries)
            for draft in drafts:
                number = self.size + len(entries)
                what = dict(draft.what) if reference is None else {**draft.what, "engine": reference}
                key = NO_KEY
                if draft.pair is not NOTHING:
                    what["input"], key = describe(draft.pair, self.texts, f"{self.settings.id}/{self.writer}:{number}")
                entries.append((draft.kind, stamp, what))
                keys.append(key)
            write_keys(self._keys(self.writer), self.size, keys, self._disk)
            numbers = self._segments.append(entries)
        except (ValueError, TypeError) as error:
            raise AuditError(f"a record can't be written as JSON: {error}") from error
        if reference is not None:
            self._engines[identity] = reference
        self._checkpoint_when_due()
        return [RecordId(self.writer, number) for number in numbers[first:]]

    def _engine(self, engine: Mapping[str, Any] | None) -> tuple[bytes, int | None]:
        """The engine's identity, and the number of its record: the next one, if this segment has none."""
        if engine is None:
            return b"", None
        identity = canonical(dict(engine))
        return identity, self._engines.get(identity, self.size)

    def supersede(
        self, record: RecordId, *, reason: str, by: str, verdict: Verdict | Mapping[str, Any] | None = None
    ) -> RecordId:
        """Correct a record by a later one. The old one stays as it is.

        Args:
            record: Which one.
            reason: Why.
            by: Who says so: a reviewer's name, or a program's.
            verdict: What holds instead; None: nothing does.

        Raises:
            AuditError: There is no such record, or it can't be written.
        """
        self._check_exists(record)
        value = verdict if verdict is None or not hasattr(verdict, "to_dict") else verdict.to_dict()
        what = {"by": by, "of": [record.writer, record.seq], "reason": reason, "verdict": value and dict(value)}
        return self.append([Draft("supersede", what)])[0]

    def erase(self, records: Sequence[RecordId], *, reason: str, by: str) -> RecordId:
        """Destroy the keys of these records: their texts can't be read, nor their hashes be tried, by anybody again.

        The records stay, and so do chain and proofs. Copies of the file of keys, such as backups, must go too.

        Raises:
            AuditError: There is no such record, it holds its texts in plain, or the keys can't be destroyed.
        """
        from tuili.audit.reading import read_record

        for record in records:
            mode = read_record(self.settings, record)["what"].get("input", {}).get("mode", Texts.PLAIN.value)
            if mode == Texts.PLAIN.value:
                raise AuditError(f"record {record} holds no hashed or sealed texts; only these can be erased")
        what = {"by": by, "of": [[record.writer, record.seq] for record in records], "reason": reason}
        erased = self.append([Draft("erase", what)])[0]
        with self._told("erased"):
            for writer in {record.writer for record in records}:
                numbers = [record.seq for record in records if record.writer == writer]
                destroy_keys(self._keys(writer), numbers, self._disk)
        return erased

    def checkpoint(self) -> None:
        """Write a checkpoint now, unless the last one says all.

        Raises:
            AuditError: It can't be written. The records are.
        """
        with self._guard, self._told("written"):
            self._check_open()
            self._checkpoint()

    def _checkpoint(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.size > self._checked:
            self._files.add(self.writer, self._segments.point(), str(now()["utc"]), self._signer)
            self._checked = self.size

    def _checkpoint_when_due(self) -> None:
        if self.size - self._checked >= self._limits.checkpoint_records:
            self._checkpoint()
        elif self._timer is None and self.size > self._checked:
            self._timer = threading.Timer(self._limits.checkpoint_seconds, self._checkpoint_in_time)
            self._timer.daemon = True
            self._timer.start()

    def _checkpoint_in_time(self) -> None:
        with self._guard:
            if self._closed or os.getpid() != self._process:
                return
            try:
                self._checkpoint()
            except (OSError, AuditError):
                return  # it is still due: the next append tries again, and tells

    def _rotate_when_full(self) -> None:
        segments, limits = self._segments, self._limits
        if segments.offset >= limits.segment_bytes or segments.records >= limits.segment_records:
            self._checkpoint()
            segments.rotate()
            self._engines.clear()

    def close(self) -> None:
        """Write the last checkpoint and let go of the chain. A second call does nothing.

        Raises:
            AuditError: The checkpoint can't be written.
        """
        with self._guard:
            if self._closed or os.getpid() != self._process:
                return
            try:
                with self._told("closed"):
                    self._checkpoint()
            finally:
                self._closed = True
                if self._timer is not None:
                    self._timer.cancel()
                self._segments.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except AuditError:
            if error is None:
                raise  # otherwise the error that led here says more

    def _keys(self, writer: str) -> Path:
        return self.settings.directory / writer / KEYS

    def _check_exists(self, record: RecordId) -> None:
        from tuili.audit.reading import read_record

        read_record(self.settings, record)

    def _check_open(self) -> None:
        if self._closed:
            raise AuditError(f"{self.settings.directory}: the log is closed; open it again")
        if os.getpid() != self._process:
            raise AuditError(f"{self.settings.directory}: another process opened the log; open it in this one too")

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """What the system refuses, as an error of ours."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or error
            raise AuditError(
                f"{self.settings.directory}: the log can't be {what}: {reason}; no verdict is given without its record"
            ) from error


def now() -> dict[str, Any]:
    """The time of a record: UTC, which may be set back, and a clock that never is."""
    utc = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"monotonic_us": time.monotonic_ns() // 1000, "utc": utc}
