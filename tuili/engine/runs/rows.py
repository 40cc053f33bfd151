"""Rows of a file or stream to lines of verdicts, a batch at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from tuili.data.example import BadRow, Example
from tuili.engine.runs.poison import Halving
from tuili.errors import DataError, InvalidPair, ModelError, TuiliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tuili.types import Judge, Verdict

OnError = Literal["stop", "record", "quarantine"]


def check_on_error(on_error: str) -> None:
    if on_error not in get_args(OnError):
        raise UsageError(f"on_error must be 'stop', 'record' or 'quarantine', got {on_error!r}")


def judged_lines(
    judge: Judge, batches: Iterable[Sequence[Example | BadRow]], source: str | Path, *, on_error: OnError
) -> Iterator[list[str]]:
    """For each batch the lines of JSON: the row's number, then its verdict or its `error`.

    With `quarantine`, errors are recorded, and a row at which the judge itself fails is one, see `poison`.

    Raises:
        DataError: At a row that can't be judged, after the lines of the rows before it, unless errors are
            recorded. Damage that ends the file is raised in any case.
        ModelError: The judge gave something other than one verdict for each pair.
    """
    # A judge that keeps a record hears of rows that never reach it, too.
    note_refused = getattr(judge, "note_refused", None)
    witness: Example | None = None
    for batch in batches:
        unread = [row.error for row in batch if isinstance(row, BadRow)]
        if unread and note_refused is not None:
            note_refused(unread)
        try:
            judged = _judge_rows(judge, batch, source)
        except Exception as error:
            if on_error != "quarantine":
                raise
            judged = _without_poison(judge, batch, source, error, witness)
        for row, done in zip(batch, judged, strict=True):
            if isinstance(row, Example) and isinstance(done, _Judged):
                witness = row
                break
        failure = _first_failure(judged, on_error)
        if failure is not None:
            judged = judged[: judged.index(failure)]
        if judged:
            yield [_line(row) for row in judged]
        if failure is not None:
            raise failure.error


@dataclass(frozen=True, slots=True)
class _Judged:
    row: int
    verdict: Verdict


def _judge_rows(judge: Judge, rows: Sequence[Example | BadRow], source: str | Path) -> list[_Judged | BadRow]:
    """A verdict for each row, or why there is none. A row that only the judge can refuse becomes a bad row too."""
    judged: list[Example | BadRow] = list(rows)
    while True:
        places = [place for place, row in enumerate(judged) if not isinstance(row, BadRow)]
        good = [row for row in judged if not isinstance(row, BadRow)]
        try:
            verdicts = judge.judge([(row.premise, row.hypothesis) for row in good]) if good else []
        except InvalidPair as error:
            for refused in (error, *error.also):
                place = places[refused.index]
                number = judged[place].row
                judged[place] = BadRow(number, DataError(refused.reason, path=source, row=number, field=refused.field))
            continue
        if len(verdicts) != len(good):
            raise ModelError(f"the judge gave {len(verdicts)} verdicts on {len(good)} pairs; it must give one for each")
        rest = iter(verdicts)
        return [row if isinstance(row, BadRow) else _Judged(row.row, next(rest)) for row in judged]


def _without_poison(
    judge: Judge, rows: Sequence[Example | BadRow], source: str | Path, error: Exception, witness: Example | None
) -> list[_Judged | BadRow]:
    """A verdict for each row, but for those at which the judge fails."""
    halving: Halving[Example, _Judged | BadRow] = Halving(
        lambda some: _judge_rows(judge, some, source), lambda done: isinstance(done, _Judged)
    )
    good = [row for row in rows if not isinstance(row, BadRow)]
    found = iter(halving.without_poison(good, error, witness))
    return [row if isinstance(row, BadRow) else _blamed(row, next(found), source) for row in rows]


def _blamed(row: Example, found: _Judged | BadRow | Exception, source: str | Path) -> _Judged | BadRow:
    if not isinstance(found, Exception):
        return found
    said = str(found).encode("utf-8", "backslashreplace").decode()  # whose words these are, nobody knows
    reason = said if isinstance(found, TuiliError) else f"{type(found).__name__}: {said}"
    return BadRow(row.row, DataError(f"the judge fails at it: {reason}", path=source, row=row.row))


def _first_failure(rows: Sequence[_Judged | BadRow], on_error: OnError) -> BadRow | None:
    """The first row that has to stop the run: any bad one, or where errors are recorded, one that ends the file."""
    bad = (row for row in rows if isinstance(row, BadRow))
    return next((row for row in bad if on_error == "stop" or row.fatal), None)


def error_line(row: BadRow) -> str:
    """The line of a row that could not be judged."""
    return _line(row)


def _line(row: _Judged | BadRow) -> str:
    if isinstance(row, BadRow):
        line: dict[str, Any] = {"row": row.row, "error": row.error.reason, "field": row.error.field}
    else:
        line = {"row": row.row, **row.verdict.to_dict()}
    return json.dumps(line, ensure_ascii=False, allow_nan=False)
