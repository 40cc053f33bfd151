"""Tab-separated values with a header: fields are what stands between tabs, and nothing is quoted.

That is how SNLI and MNLI write their files: a quotation mark is a character like any other, even at the start of a
field, so a field can hold neither a tab nor the end of a line. `row` is the line's number; the header is line 1.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from tuili.data.columns import find_unique_columns
from tuili.data.example import BadRow
from tuili.data.lines import read_lines
from tuili.data.record import Record
from tuili.errors import DataError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuili.data.columns import Columns
    from tuili.data.example import LabelPolicy
    from tuili.data.lines import Line


def read_tab_separated(stream: IO[bytes], path: str | Path, labels: LabelPolicy) -> Iterator[Record | BadRow]:
    """The rows of a tab-separated stream; blank lines are passed over.

    A row may be shorter than the header as long as it has the columns that are read: SNLI and MNLI leave out the last
    annotators' labels where there are none. A longer row is an error, since nothing says which field is which.

    Raises:
        DataError: The stream breaks off, or the header lacks a column. What is wrong with one line is a `BadRow`.
    """
    lines = (line for line in read_lines(stream, path) if line.text is None or line.text.strip("\r\n"))
    header = next(lines, None)
    if header is None:
        raise DataError("is empty; its first line must name the columns", path=path)
    try:
        names = _fields(header)
        columns = find_unique_columns(names, labels)
    except InputError as error:
        raise DataError(str(error), path=path, row=header.number) from None
    for line in lines:
        try:
            yield _record(line, names, columns)
        except InputError as error:
            yield BadRow(line.number, DataError(str(error), path=path, row=line.number))


def _fields(line: Line) -> list[str]:
    if line.fault is not None or line.text is None:
        raise InputError(line.fault)
    return line.text.removesuffix("\n").removesuffix("\r").split("\t")


def _record(line: Line, names: list[str], columns: Columns) -> Record:
    fields = _fields(line)
    needed = 1 + max(names.index(name) for name in columns.names())
    if not needed <= len(fields) <= len(names):
        raise InputError(f"has {len(fields)} fields where the header has {len(names)}; a text may not hold a tab")
    label = None if columns.label is None else fields[names.index(columns.label)]
    premise, hypothesis = (fields[names.index(name)] for name in (columns.premise, columns.hypothesis))
    return Record(line.number, premise, hypothesis, label, columns)
