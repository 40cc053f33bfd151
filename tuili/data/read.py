"""Reading pairs from files: one row at a time, whatever the format, with everything checked."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, get_args

from tuili.data.comma_separated import read_comma_separated
from tuili.data.example import BadRow, Example, LabelPolicy
from tuili.data.examples import Examples, Skipped
from tuili.data.files import opened, searchable
from tuili.data.formats import Format, format_of
from tuili.data.json_lines import read_json_lines
from tuili.data.parquet import read_parquet
from tuili.data.record import examine
from tuili.data.tab_separated import read_tab_separated
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from tuili.data.record import Record

__all__ = ["BadRow", "Example", "Examples", "Format", "LabelPolicy", "open_examples", "read_stream"]

_READERS = {
    "jsonl": read_json_lines,
    "csv": read_comma_separated,
    "tsv": read_tab_separated,
    "parquet": read_parquet,
}


def open_examples(path: str | Path, *, labels: LabelPolicy = "optional") -> Examples:
    """The examples of a file, read as they are asked for; memory does not grow with the file.

    The end of the name says the format: .jsonl or .ndjson, .csv, .tsv or .txt, .parquet, each also with .gz. Columns
    are `premise`, `hypothesis` and `label`, or SNLI's and MNLI's `sentence1`, `sentence2` and `gold_label`.

    Args:
        path: A regular file.
        labels: Whether every row must have a label, may have one, or none is looked at.

    Raises:
        DataError: The file can't be opened, is not what its name says, or lacks a column.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    named = format_of(path)
    return Examples(_read_path(path, named.format, _policy(labels), gzipped=named.gzipped))


def read_stream(
    stream: IO[bytes], file_format: Format, *, labels: LabelPolicy = "optional", name: str = "standard input"
) -> Examples:
    """Like `open_examples`, from a binary stream, which is not closed; `name` stands for the path in errors.

    Waits for the first row. Parquet is copied to a temporary file first, since it is read from its end.
    """
    if file_format not in _READERS:
        raise UsageError(f"unknown format {file_format!r}; it must be one of {', '.join(_READERS)}")
    return Examples(_read_stream(stream, file_format, _policy(labels), name))


def _policy(labels: LabelPolicy) -> LabelPolicy:
    if labels not in get_args(LabelPolicy):
        raise UsageError(f"labels={labels!r}; it must be one of {', '.join(get_args(LabelPolicy))}")
    return labels


def _read_path(
    path: str | Path, file_format: Format, labels: LabelPolicy, *, gzipped: bool
) -> Generator[Example | BadRow | Skipped]:
    with opened(path, gzipped=gzipped) as stream:
        if file_format == "parquet" and not gzipped:
            yield from _examined(read_parquet(stream, path, labels), labels, path)
        else:
            yield from _read_stream(stream, file_format, labels, path)


def _read_stream(
    stream: IO[bytes], file_format: Format, labels: LabelPolicy, path: str | Path
) -> Generator[Example | BadRow | Skipped]:
    if file_format == "parquet":
        with searchable(stream, path) as file:
            yield from _examined(read_parquet(file, path, labels), labels, path)
    else:
        yield from _examined(_READERS[file_format](stream, path, labels), labels, path)


def _examined(
    records: Iterator[Record | BadRow], labels: LabelPolicy, path: str | Path
) -> Iterator[Example | BadRow | Skipped]:
    for record in records:
        if isinstance(record, BadRow):
            yield record
            continue
        try:
            example = examine(record, labels, path)
        except DataError as error:
            yield BadRow(record.row, error)
        else:
            yield Skipped() if example is None else example
