"""A log's records, one after the other, to read. What was changed in them is `verify`'s business."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuili.audit.keys import Keys
from tuili.audit.lines import read_line
from tuili.audit.log import RecordId
from tuili.audit.settings import KEYS, read_settings
from tuili.audit.texts import recover
from tuili.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuili.audit.settings import Settings
    from tuili.types import Pair


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, with what other records say of it.

    Attributes:
        id: Which record.
        kind: `verdict`, `refused`, `failed`, `engine`, `supersede`, `erase` or `healed`.
        time: UTC.
        what: Its content.
        engine: The content of the engine record that it names; empty if it names none.
        pair: Its texts; None where they are hashed, erased, or not there.
        superseded_by: The later records that correct it.
    """

    id: RecordId
    kind: str
    time: str
    what: dict[str, Any]
    engine: dict[str, Any] = field(default_factory=dict)
    pair: Pair | None = None
    superseded_by: tuple[RecordId, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        value: dict[str, Any] = {"id": str(self.id), "kind": self.kind, "time": self.time, **self.what}
        if self.engine:
            value["engine"] = self.engine
        if self.pair is not None:
            value["premise"], value["hypothesis"] = self.pair
        if self.superseded_by:
            value["superseded_by"] = [str(record) for record in self.superseded_by]
        return value


def read_entries(path: str | Path) -> Iterator[Entry]:
    """All records of a log: chain by chain, in order.

    Raises:
        AuditError: There is no log, or a record can't be read.
        MissingExtra: Texts are sealed, and the `audit` extra is not installed.
    """
    settings = read_settings(path)
    corrections: dict[RecordId, list[RecordId]] = {}
    for record, value in _records(settings):
        if value["kind"] == "supersede":
            corrections.setdefault(RecordId(*value["what"]["of"]), []).append(record)
    keys: dict[str, Keys] = {}
    engines: dict[RecordId, dict[str, Any]] = {}
    for record, value in _records(settings):
        what = value["what"]
        if value["kind"] == "engine":
            engines[record] = what
        if record.writer not in keys:
            keys[record.writer] = _keys(settings, record.writer)
        pair = None
        if "input" in what:
            pair = recover(what["input"], keys[record.writer][record.seq], f"{settings.id}/{record}")
        engine = engines.get(RecordId(record.writer, what["engine"]), {}) if "engine" in what else {}
        superseded = tuple(corrections.get(record, ()))
        yield Entry(record, value["kind"], value["time"]["utc"], what, engine, pair, superseded)


def read_record(settings: Settings, record: RecordId) -> dict[str, Any]:
    """One record as it was written. Raises AuditError if there is none."""
    for found, value in _records(settings, record.writer, record.seq):
        if found == record:
            return value
    raise AuditError(f"{settings.directory}: there is no record {record}")


def _records(
    settings: Settings, only: str | None = None, seq: int | None = None
) -> Iterator[tuple[RecordId, dict[str, Any]]]:
    """Every record of every chain, or of one; with `seq`, only what may be that record is parsed."""
    for writer in settings.writers():
        if only is not None and writer != only:
            continue
        for path in settings.segments(writer):
            try:
                with path.open("rb") as file:
                    for number, line in enumerate(file, 1):
                        if not line.endswith(b"\n"):
                            break  # what a writer has begun, or an interruption left
                        if seq is not None and b'"seq":%d,' % seq not in line[:400]:
                            continue
                        yield _record(path, number, line)
            except OSError as error:
                raise AuditError(f"{path}: can't be read: {error.strerror}") from error


def _record(path: Path, number: int, line: bytes) -> tuple[RecordId, dict[str, Any]]:
    try:
        found = read_line(line)
        return RecordId(found.place.writer, found.place.seq), dict(json.loads(found.record))
    except (ValueError, RecursionError) as error:
        raise AuditError(f"{path}, line {number}: {error}; run tuili audit verify") from error


def _keys(settings: Settings, writer: str) -> Keys:
    try:
        return Keys(settings.directory / writer / KEYS)
    except OSError as error:
        raise AuditError(f"{settings.directory}: the keys can't be read: {error.strerror}") from error
