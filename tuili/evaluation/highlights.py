"""Files of pairs in which people marked the words that decide, as e-SNLI does (Camburu et al. 2018).

Beside `premise`, `hypothesis` and `label` they have the columns `premise_marked_1` and `hypothesis_marked_1`, and so on
for a second and third annotator: the same text with each marked word written `*word*`.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING, Any

from tuili.data.files import READ_ERRORS, opened, searchable, unreadable
from tuili.data.formats import format_of
from tuili.data.labels import is_without_gold, parse_label
from tuili.data.text import check_text
from tuili.errors import DataError, InputError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuili.types import Label

MOST_ANNOTATORS = 9


@dataclass(frozen=True, slots=True)
class Highlighted:
    """A pair with its highlights.

    Attributes:
        premise, hypothesis, label: As in the file.
        marked: For each annotator, which words of premise and hypothesis were marked, words being what stands between
            white space. Empty where the file has no highlights, or a marked text is not the text it was made from.
        row: Counted from 1, without a header.
    """

    premise: str
    hypothesis: str
    label: Label
    marked: tuple[tuple[tuple[bool, ...], tuple[bool, ...]], ...]
    row: int


def read_highlighted(path: str | Path) -> Iterator[Highlighted]:
    """The rows of a file (JSONL, CSV, TSV, Parquet; also gzipped) that have a gold label.

    Raises:
        DataError: The file or a row can't be read.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    named = format_of(path)
    with opened(path, gzipped=named.gzipped) as stream:
        try:
            for number, row in enumerate(_rows(stream, named.format, path), 1):
                found = _highlighted(row, number, path)
                if found is not None:
                    yield found
        except READ_ERRORS as error:
            raise unreadable(error, path) from error
        except UnicodeDecodeError as error:
            raise DataError(f"is not UTF-8: {error.reason} at byte {error.start}", path=path) from error


def marked_words(text: str, marked: str) -> tuple[bool, ...] | None:
    """Which words of a text are marked; None where the marked text is another one."""
    words, shown = text.split(), marked.split()
    if len(words) != len(shown):
        return None
    flags = []
    for word, other in zip(words, shown, strict=True):
        if other.replace("*", "") != word.replace("*", ""):
            return None
        flags.append(other.count("*") > word.count("*"))
    return tuple(flags)


def _highlighted(row: dict[str, Any], number: int, path: str | Path) -> Highlighted | None:
    for field in ("premise", "hypothesis", "label"):
        if field not in row:
            raise DataError("the column is missing", path=path, row=number, field=field)
    if is_without_gold(row["label"]):
        return None
    try:
        field = "premise"
        premise = check_text(row[field])
        field = "hypothesis"
        hypothesis = check_text(row[field])
        field = "label"
        label = parse_label(row[field])
    except InputError as error:
        raise DataError(str(error), path=path, row=number, field=field) from None
    marked = []
    for annotator in range(1, MOST_ANNOTATORS + 1):
        texts = row.get(f"premise_marked_{annotator}"), row.get(f"hypothesis_marked_{annotator}")
        if not (isinstance(texts[0], str) and isinstance(texts[1], str)):
            break
        sides = marked_words(premise, texts[0]), marked_words(hypothesis, texts[1])
        if sides[0] is None or sides[1] is None:
            return Highlighted(premise, hypothesis, label, (), number)
        marked.append((sides[0], sides[1]))
    return Highlighted(premise, hypothesis, label, tuple(marked), number)


def _rows(stream: IO[bytes], file_format: str, path: str | Path) -> Iterator[dict[str, Any]]:
    if file_format == "parquet":
        yield from _parquet_rows(stream, path)
        return
    text = TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        if file_format == "jsonl":
            yield from _json_rows(text, path)
        else:
            try:
                yield from csv.DictReader(text, delimiter="," if file_format == "csv" else "\t", strict=True)
            except csv.Error as error:
                raise DataError(f"can't be read: {error}", path=path) from error
    finally:
        text.detach()  # whoever opened the stream closes it


def _json_rows(text: IO[str], path: str | Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"is not JSON: {error}", path=path, row=number) from error
        if not isinstance(row, dict):
            raise DataError("is not a JSON object", path=path, row=number)
        yield row


def _parquet_rows(stream: IO[bytes], path: str | Path) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet") from error
    with searchable(stream, path) as file:
        try:
            for batch in parquet.ParquetFile(file).iter_batches(1024):
                yield from batch.to_pylist()
        except ArrowException as error:
            raise DataError(f"is damaged, or not Parquet: {error}", path=path) from error
