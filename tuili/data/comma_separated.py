"""Comma-separated values with a header, quoted as in RFC 4180: `"` doubled inside quotes, which may span lines.

`row` is the number of the line on which a row starts; the header is line 1.
"""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

from tuili.data.columns import find_unique_columns
from tuili.data.example import BadRow
from tuili.data.lines import MAX_LINE_BYTES, read_lines
from tuili.data.record import Record
from tuili.errors import DataError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuili.data.columns import Columns
    from tuili.data.example import LabelPolicy


def read_comma_separated(stream: IO[bytes], path: str | Path, labels: LabelPolicy) -> Iterator[Record | BadRow]:
    """The rows of a comma-separated stream; blank lines are passed over. Every row must be as long as the header.

    Raises:
        DataError: The stream breaks off, the header lacks a column, or quotes are not closed. The last ends the
            reading, since nothing says any more where rows begin. What else is wrong with a row is a `BadRow`.
    """
    rows = _Rows(stream, path)
    names = next(rows, None)
    if names is None:
        raise DataError("is empty; its first line must name the columns", path=path)
    try:
        rows.check()
        columns = find_unique_columns(names, labels)
    except InputError as error:
        raise DataError(str(error), path=path, row=rows.start) from None
    for fields in rows:
        try:
            rows.check()
            yield _record(fields, names, columns, rows.start)
        except InputError as error:
            yield BadRow(rows.start, DataError(str(error), path=path, row=rows.start))


def _record(fields: list[str], names: list[str], columns: Columns, row: int) -> Record:
    if len(fields) != len(names):
        raise InputError(f"has {len(fields)} fields where the header has {len(names)}")
    premise, hypothesis = (fields[names.index(name)] for name in (columns.premise, columns.hypothesis))
    label = None if columns.label is None else fields[names.index(columns.label)]
    return Record(row, premise, hypothesis, label, columns)


class _Rows:
    """An iterator of rows of fields, which knows where the last one started and what was wrong with its lines."""

    def __init__(self, stream: IO[bytes], path: str | Path) -> None:
        self.start = 1
        self._path = path
        self._fault: str | None = None
        self._size = 0  # of the row so far, in characters
        self._lines = read_lines(stream, path)
        self._next_line = 1
        # The limit is one for the whole process. It is only ever raised, so that no other user of the module, and no
        # other thread in here, loses by it; what bounds the memory is `_feed`.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))
        self._reader = csv.reader(self._feed(), strict=True)

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> list[str]:
        while True:
            self.start, self._fault, self._size = self._next_line, None, 0
            try:
                fields = next(self._reader)
            except csv.Error as error:
                raise DataError(f"is not valid CSV: {error}", path=self._path, row=self.start) from None
            if fields:
                return fields

    def check(self) -> None:
        """Raise `InputError` where the last row's lines can be told apart but not read."""
        if self._fault is not None:
            raise InputError(self._fault)

    def _feed(self) -> Iterator[str]:
        """Lines for the reader, which takes as many as a row needs: one that never ends must not fill the memory."""
        for line in self._lines:
            self._next_line = line.number + 1
            self._size += len(line.text or "")
            if line.text is None:
                raise DataError(line.fault or "", path=self._path, row=self.start)
            if self._size > MAX_LINE_BYTES:
                reason = f"the row is longer than {MAX_LINE_BYTES:,} characters; is a quotation mark left open?"
                raise DataError(reason, path=self._path, row=self.start)
            self._fault = self._fault or line.fault
            yield line.text
