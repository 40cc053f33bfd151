"""Which records of a log one wants to see, and how they leave it: JSON lines, or a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tuili.audit.reading import read_entries
from tuili.data.shown import shown
from tuili.errors import UsageError
from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tuili.audit.reading import Entry

ABOUT_PAIRS = ("verdict", "refused", "failed")
COLUMNS = (
    "id", "kind", "time", "premise", "hypothesis", "label", "confidence", "decided", "coverage", "model", "error",
    "superseded_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What records must be like; None: any will do.

    Attributes:
        label: The verdict's label.
        since, until: Times in ISO 8601, UTC where they don't say; `until` is not included.
        model: What the verdict's model must begin with.
        undecided: Only verdicts that were not decided.
        contains: What the premise or the hypothesis must hold, in any case; texts that can't be read don't.
        kinds: Kinds of records.
    """

    label: str | None = None
    since: str | None = None
    until: str | None = None
    model: str | None = None
    undecided: bool = False
    contains: str | None = None
    kinds: tuple[str, ...] = ABOUT_PAIRS


def select(path: str | Path, wanted: Filter | None = None) -> Iterator[Entry]:
    """The records of a log that are as wanted, chain by chain, in order.

    Raises:
        AuditError: There is no log, or a record can't be read.
        UsageError: A time or a label that is none.
    """
    wanted = wanted or Filter()
    if wanted.label is not None and wanted.label not in set(Label):
        raise UsageError(f"{shown(wanted.label)} is not a label; allowed are {', '.join(Label)}")
    since, until = _time(wanted.since), _time(wanted.until)
    for entry in read_entries(path):
        if entry.kind not in wanted.kinds or (since and entry.time < since) or (until and entry.time >= until):
            continue
        verdict: dict[str, Any] = entry.what.get("verdict") or {}
        if wanted.label is not None and verdict.get("label") != wanted.label:
            continue
        if wanted.model is not None and not str(verdict.get("model", "")).startswith(wanted.model):
            continue
        if wanted.undecided and verdict.get("decided", True):
            continue
        if wanted.contains is not None and not _holds(entry, wanted.contains):
            continue
        yield entry


def json_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """A line of JSON for each record."""
    return (json.dumps(entry.to_dict(), ensure_ascii=False) for entry in entries)


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """A header, then a line for each record, with `COLUMNS`. A cell that a spreadsheet would take for a formula gets an
    apostrophe in front."""
    yield _row(COLUMNS)
    for entry in entries:
        verdict: dict[str, Any] = entry.what.get("verdict") or {}
        error: dict[str, Any] = entry.what.get("error") or {}
        premise, hypothesis = entry.pair or ("", "")
        shown = [verdict.get(name, "") for name in ("label", "confidence", "decided", "coverage", "model")]
        superseded = " ".join(map(str, entry.superseded_by))
        cells = [entry.id, entry.kind, entry.time, premise, hypothesis, *shown, error.get("class", ""), superseded]
        yield _row([_harmless(str(cell)) for cell in cells])


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _holds(entry: Entry, text: str) -> bool:
    return entry.pair is not None and any(text.casefold() in side.casefold() for side in entry.pair)


def _time(text: str | None) -> str | None:
    """The time as records write it, so that times compare as strings do."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time; write 2027-01-31 or 2027-01-31T09:30:00") from None
    utc = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
