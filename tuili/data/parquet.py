"""Parquet, through pyarrow, which is loaded when the first such file is read. `row` counts data rows from 1."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from tuili.data.columns import find_unique_columns
from tuili.data.example import BadRow
from tuili.data.record import Record
from tuili.errors import DataError, InputError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuili.data.columns import Columns
    from tuili.data.example import LabelPolicy

# What is in memory at a time: a batch of rows, and of each column a piece of the file; never a whole row group. Few
# rows, because one long string can be stored once and stand in every row, which no size in the file tells.
_BATCH_BYTES = 2**24
_BATCH_ROWS = 64
_BUFFER_BYTES = 2**20


def read_parquet(file: IO[bytes], path: str | Path, labels: LabelPolicy) -> Iterator[Record | BadRow]:
    """The rows of a Parquet file, from a stream that can be searched.

    Raises:
        DataError: The file is damaged, a column that is needed is missing, or holds something other than strings.
            A text that is not UTF-8 is a `BadRow`.
        MissingExtra: pyarrow is not installed.
    """
    table = _opened(file, path)
    try:
        columns = find_unique_columns(table.schema_arrow.names, labels)
        _check_types(table.schema_arrow, columns)
    except InputError as error:
        raise DataError(str(error), path=path) from None
    row = 0
    for batch in _batches(table, columns, path):
        for place in range(batch.num_rows):
            row += 1
            try:
                yield _record(batch, place, columns, row)
            except InputError as error:
                yield BadRow(row, DataError(str(error), path=path, row=row))


def _record(batch: Any, place: int, columns: Columns, row: int) -> Record:
    from pyarrow import ArrowException

    try:
        premise, hypothesis, *label = [batch.column(name)[place].as_py() for name in columns.names()]
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8: {error.reason}") from None
    except ArrowException as error:  # a string's number in a dictionary that has fewer
        raise InputError(f"is damaged: {_told(error)}") from None
    return Record(row, premise, hypothesis, label[0] if label else None, columns)


def _check_types(schema: Any, columns: Columns) -> None:
    """Raise `InputError` unless texts are strings, and labels strings or integers (or all null)."""
    from pyarrow import types

    for name in columns.names():
        kind = schema.field(name).type
        held = kind.value_type if types.is_dictionary(kind) else kind
        if _is_string(held) or types.is_null(held):
            continue
        if name == columns.label and types.is_integer(held):
            continue
        raise InputError(f"column {name!r} holds {kind}, not strings")


def _is_string(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _opened(file: IO[bytes], path: str | Path) -> Any:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise MissingExtra("pyarrow", "parquet") from None
    try:
        return parquet.ParquetFile(file, buffer_size=_BUFFER_BYTES, page_checksum_verification=True)
    except (ArrowException, OSError, ValueError) as error:
        raise DataError(f"is not a Parquet file, or is damaged: {_told(error)}", path=path) from error


def _batches(table: Any, columns: Columns, path: str | Path) -> Iterator[Any]:
    """Batches of rows, with the columns that are needed."""
    from pyarrow import ArrowException

    row = 0
    try:
        rows = _batch_rows(table.metadata)
        for batch in table.iter_batches(rows, columns=columns.names(), use_threads=False):
            yield batch
            row += batch.num_rows
    except (ArrowException, OSError, ValueError) as error:
        raise DataError(f"is damaged in this row or soon after: {_told(error)}", path=path, row=row + 1) from error


def _batch_rows(metadata: Any) -> int:
    """How many rows make about `_BATCH_BYTES` in the row group whose rows are longest on average."""
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    row_bytes = max((group.total_byte_size // group.num_rows for group in groups if group.num_rows > 0), default=1)
    return min(_BATCH_ROWS, max(1, _BATCH_BYTES // max(1, row_bytes)))


def _told(error: Exception) -> str:
    """The start of what pyarrow says, on one line: it can quote the file at length."""
    return " ".join(str(error).split())[:200]
