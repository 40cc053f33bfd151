"""Rows of any columns from a file: all that a task card names, and nothing else. Formats are those of `tuili.data`."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from tuili.data.files import opened, searchable
from tuili.data.formats import format_of
from tuili.data.lines import MAX_LINE_BYTES, read_lines
from tuili.data.shown import shown, shown_names
from tuili.data.text import check_text
from tuili.errors import DataError, InvalidText, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tuili.data.lines import Line
    from tuili.learning.tasks.template import Template


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file.

    Attributes:
        number: Where it stands, as in `tuili.data.example.Example`.
        values: By column; what the file holds.
    """

    path: str | Path
    number: int
    values: dict[str, object]

    def text(self, template: Template) -> str:
        """Raises DataError where a column holds no text, or all of it together can't be read as one."""
        whole = template.filled(self.value)
        try:
            return check_text(whole)
        except InvalidText as error:
            raise self.problem(str(error), template.columns[0]) from None

    def value(self, column: str) -> str:
        """What a column holds, as text. Raises DataError where that is nothing, or neither a text nor a number."""
        found = self.values[column]
        if isinstance(found, str):
            return found
        if isinstance(found, int | float) and not isinstance(found, bool):
            return str(found)
        raise self.problem(f"must be a text or a number, got {shown(found)}", column)

    def problem(self, reason: str, column: str) -> DataError:
        return DataError(reason, path=self.path, row=self.number, field=column)


def read_rows(path: str | Path, columns: Sequence[str]) -> list[Row]:
    """All rows of a file, with these columns.

    Raises:
        DataError: The file or a row can't be read, or lacks a column; or there is no row.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    named = format_of(path)
    with opened(path, gzipped=named.gzipped) as stream:
        if named.format == "parquet":
            with searchable(stream, path) as file:
                rows = list(_parquet(file, path, columns))
        else:
            read = {"jsonl": _json_lines, "csv": _comma_separated, "tsv": _tab_separated}[named.format]
            rows = list(read(stream, path, columns))
    if not rows:
        raise DataError(f"holds no rows; it needs the columns {', '.join(columns)}", path=path)
    return rows


def _row(path: str | Path, number: int, found: dict[str, object], columns: Sequence[str]) -> Row:
    if missing := [column for column in columns if column not in found]:
        raise _lacking(path, missing, list(found), number)
    return Row(path, number, {column: found[column] for column in columns})


def _lacking(path: str | Path, missing: Sequence[str], names: Sequence[str], row: int | None = None) -> DataError:
    said = f"lacks the column {missing[0]!r}, which the task card names; found: {shown_names(names)}"
    return DataError(said, path=path, row=row)


def _sound(line: Line, path: str | Path) -> str:
    if line.fault is not None or line.text is None:
        raise DataError(line.fault or "can't be read", path=path, row=line.number)
    return line.text


def _json_lines(stream: IO[bytes], path: str | Path, columns: Sequence[str]) -> Iterator[Row]:
    for line in read_lines(stream, path):
        text = _sound(line, path)
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(f"is not valid JSON: {str(error)[:100]}", path=path, row=line.number) from None
        if not isinstance(value, dict):
            raise DataError("each line must be a JSON object", path=path, row=line.number)
        yield _row(path, line.number, value, columns)


def _comma_separated(stream: IO[bytes], path: str | Path, columns: Sequence[str]) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))
    reader = csv.reader((_sound(line, path) for line in read_lines(stream, path)), strict=True)
    yield from _table(_numbered(reader, path), path, columns, short=False)


def _numbered(reader: Any, path: str | Path) -> Iterator[tuple[int, list[str]]]:
    start = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise DataError(f"is not valid CSV: {error}", path=path, row=start) from None
        if fields is None:
            return
        if fields:
            yield start, fields
        start = reader.line_num + 1


def _tab_separated(stream: IO[bytes], path: str | Path, columns: Sequence[str]) -> Iterator[Row]:
    lines = ((line.number, _sound(line, path).rstrip("\r\n")) for line in read_lines(stream, path))
    yield from _table(((number, text.split("\t")) for number, text in lines if text), path, columns, short=True)


def _table(
    rows: Iterator[tuple[int, list[str]]], path: str | Path, columns: Sequence[str], *, short: bool
) -> Iterator[Row]:
    """Rows under a header; `short` ones may lack fields at their end."""
    number, names = next(rows, (1, []))
    if missing := [column for column in columns if names.count(column) != 1]:
        raise _lacking(path, missing, names)
    for number, fields in rows:
        if len(fields) > len(names) or (len(fields) < len(names) and not short):
            reason = f"has {len(fields)} fields where the header has {len(names)}"
            raise DataError(reason, path=path, row=number)
        yield _row(path, number, dict(zip(names, fields, strict=False)), columns)


def _parquet(file: IO[bytes], path: str | Path, columns: Sequence[str]) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet") from error
    number = 0
    try:
        table = parquet.ParquetFile(file)
        names = table.schema_arrow.names
        if missing := [column for column in columns if names.count(column) != 1]:
            raise _lacking(path, missing, names)
        for batch in table.iter_batches(1024, columns=list(columns), use_threads=False):
            for values in batch.to_pylist():
                number += 1
                yield _row(path, number, values, columns)
    except (ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"is not a Parquet file, or is damaged: {reason}", path=path, row=number + 1) from error
