"""A shard: rows of a file that are judged by one worker, and what the worker sends back.

What comes back is bytes: the lines of the output, or one line that says why there are none. It is read as data and
checked, row by row, before anything is done with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tuili import errors
from tuili.engine.runs.rows import judged_lines
from tuili.errors import DataError, ModelError, TuiliError
from tuili.types import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.data.example import BadRow, Example
    from tuili.engine.runs.rows import OnError
    from tuili.types import Judge

_FIELDS = ("row", "field")


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that a worker judges in one go: a shard, or a part of one that workers died of.

    Attributes:
        shard: Which shard, counted from 0.
        start: Which of the shard's rows is the first, counted from 0.
        rows: The rows.
        deaths: How many workers have died of these very rows, or of more with these among them.
    """

    shard: int
    start: int
    rows: tuple[Example | BadRow, ...]
    deaths: int = 0

    def after_a_death(self) -> tuple[Piece, ...]:
        """What to try next: the same again; after a second death, each half."""
        if self.deaths == 0 or len(self.rows) == 1:
            return (replace(self, deaths=self.deaths + 1),)
        middle = len(self.rows) // 2
        first = Piece(self.shard, self.start, self.rows[:middle], deaths=1)
        second = Piece(self.shard, self.start + middle, self.rows[middle:], deaths=1)
        return first, second

    @property
    def is_poison(self) -> bool:
        """Whether this is one row, and three workers died of it alone: bad luck does not strike one row so often."""
        return len(self.rows) == 1 and self.deaths > 3


def judge_piece(judge: Judge, rows: Sequence[Example | BadRow], source: str, on_error: OnError) -> bytes:
    """What a worker does with a piece. Never raises what the driver can be told."""
    try:
        lines = [line for batch in judged_lines(judge, [rows], source, on_error=on_error) for line in batch]
    except TuiliError as error:
        said: dict[str, Any] = {"failed": type(error).__name__, "reason": getattr(error, "reason", str(error))}
        said |= {name: getattr(error, name, None) for name in _FIELDS}
        return json.dumps(said).encode()
    return "".join(f"{line}\n" for line in lines).encode()


def lines_of(reply: bytes, rows: Sequence[Example | BadRow], source: str) -> list[str]:
    """The lines of a reply, one for each row, checked.

    Raises:
        TuiliError: The worker's error.
        ModelError: The reply is not one to these rows.
    """
    try:
        text = reply.decode()
        lines = text.split("\n")
        if not text.endswith("\n"):
            raise _failure(json.loads(text), source)
        lines.pop()
        for line, row in zip(lines, rows, strict=True):
            _check_line(json.loads(line, parse_constant=_no_number), row.row)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"a worker sent something other than a line for each of its {len(rows)} rows") from error
    return lines


def _check_line(line: dict[str, Any], row: int) -> None:
    if line["row"] != row:
        raise ValueError(row)
    if "error" in line:
        if not isinstance(line["error"], str):
            raise TypeError(row)
    else:
        Verdict.from_dict(line)


def _no_number(name: str) -> None:
    raise ValueError(name)


def _failure(said: dict[str, Any], source: str) -> TuiliError:
    kind, reason = said["failed"], str(said["reason"])
    row, field = said.get("row"), said.get("field")
    if kind == "DataError":
        return DataError(reason, path=source, row=row, field=field)
    known = getattr(errors, kind, None) if isinstance(kind, str) else None
    plain = (errors.ModelError, errors.UsageError, errors.BundleError, errors.NumericalError)
    return known(reason) if known in plain else ModelError(reason)
