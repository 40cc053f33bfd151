"""JSON Lines: one object a line. Blank lines are passed over; `row` is the line's number."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from tuili.data.columns import KNOWN_NAMES, find_columns
from tuili.data.example import BadRow
from tuili.data.lines import read_lines
from tuili.data.record import Record
from tuili.errors import DataError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuili.data.example import LabelPolicy
    from tuili.data.lines import Line

_REPEATED = object()  # the value of a key that an object has twice; JSON can't hold it


def read_json_lines(stream: IO[bytes], path: str | Path, labels: LabelPolicy) -> Iterator[Record | BadRow]:
    """The rows of a JSON Lines stream. Each object is read by its own keys; those not needed are left alone.

    Raises:
        DataError: The stream breaks off. What is wrong with one line is a `BadRow`.
    """
    for line in read_lines(stream, path):
        if line.text is not None and not line.text.strip():
            continue
        try:
            yield _record(line, labels)
        except InputError as error:
            yield BadRow(line.number, DataError(str(error), path=path, row=line.number))


def _record(line: Line, labels: LabelPolicy) -> Record:
    if line.fault is not None or line.text is None:
        raise InputError(line.fault)
    value = _parsed(line.text)
    columns = find_columns(value, labels)
    for name in columns.names():
        if value[name] is _REPEATED:
            raise InputError(f"the key {name!r} is there more than once; keep one")
    label = None if columns.label is None else value[columns.label]
    return Record(line.number, value[columns.premise], value[columns.hypothesis], label, columns)


def _parsed(text: str) -> dict[str, object]:
    try:
        value = json.loads(text.rstrip("\r\n"), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise InputError(f"is not valid JSON: {error.msg} at column {error.colno}") from None
    except ValueError:  # more digits than Python converts
        raise InputError("holds a number that is too long to be read") from None
    except RecursionError:
        raise InputError("is nested too deeply to be read") from None
    if not isinstance(value, dict):
        raise InputError(f"each line must be a JSON object, got {type(value).__name__}")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        value.update({name: _REPEATED for name in KNOWN_NAMES if names.count(name) > 1})
    return value
