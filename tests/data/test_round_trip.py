"""What was written is what is read, for any texts; and any bytes at all are rows or a documented error."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuili.data.example import BadRow, Example
from tuili.data.read import read_stream
from tuili.data.text import check_text
from tuili.errors import InvalidText, TuiliError
from tuili.types import Label

if TYPE_CHECKING:
    from tuili.data.formats import Format


NAMES = ("premise", "hypothesis", "label")


def judgeable(text: str) -> bool:
    try:
        check_text(text)
    except InvalidText:
        return False
    return True


# Sampled until something shows, rather than built from what shows: any character may stand anywhere.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(judgeable)
labels = st.sampled_from([None, *Label])
pairs = st.lists(st.tuples(texts, texts, labels), max_size=5)
Rows = list[tuple[str, str, Label | None]]
TRICKY: Rows = [('"', '\r\n",\u2028', Label.NEUTRAL), ("\ufeffa", "\\n'", None), ("a\rb", "\x1a\x85.", None)]


def read_back(content: bytes, file_format: Format) -> Rows:
    return [(e.premise, e.hypothesis, e.label) for e in read_stream(io.BytesIO(content), file_format)]


@given(pairs, st.booleans())
@example(TRICKY, False)
def test_json_lines_read_back_the_same(rows: Rows, ascii_only: bool) -> None:
    values = [dict(zip(NAMES, row, strict=True)) for row in rows]
    content = "".join(json.dumps(value, ensure_ascii=ascii_only) + "\n" for value in values)
    assert read_back(content.encode(), "jsonl") == rows


@given(pairs, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@example(TRICKY, "\r\n", csv.QUOTE_MINIMAL)
def test_comma_separated_values_read_back_the_same(rows: Rows, end: str, quoting: Any) -> None:
    file = io.StringIO(newline="")
    # Python before 3.13 quotes \r only if it is part of the line end; RFC 4180 asks for it always.
    bare_return = end == "\n" and any("\r" in text for row in rows for text in row if text)
    writer = csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL if bare_return else quoting)
    writer.writerows([NAMES, *rows])
    assert read_back(file.getvalue().encode(), "csv") == rows


@given(pairs, st.sampled_from(["\n", "\r\n"]))
def test_tab_separated_values_read_back_the_same_where_they_can_be_written(rows: Rows, end: str) -> None:
    legal = [row for row in rows if not set("\t\r\n") & set(row[0] + row[1])]
    content = "".join(f"{p}\t{h}\t{label or ''}{end}" for p, h, label in [NAMES, *legal])
    assert read_back(content.encode(), "tsv") == legal


@settings(max_examples=30)
@given(pairs)
@example(TRICKY)
def test_parquet_reads_back_the_same(rows: Rows) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {name: pyarrow.array([row[i] for row in rows], pyarrow.string()) for i, name in enumerate(NAMES)}
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), file)
    assert read_back(file.getvalue(), "parquet") == rows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, json_values)) | json_values, max_size=5))
def test_any_json_is_examples_and_bad_rows_with_one_for_each_line(values: list[Any]) -> None:
    """I2: lone surrogates, NUL, wrong types, at any depth; nothing but documented errors."""
    content = "".join(json.dumps(value) + "\n" for value in values).encode()
    examples = read_stream(io.BytesIO(content), "jsonl", labels="required")
    rows = list(examples.rows())
    assert len(rows) + examples.skipped == len(values)
    check_rows(rows)


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b'"', b",", b"\n", b"\r", b"\t", b"a", b"{", b"\xff"])))
def test_any_bytes_are_examples_bad_rows_or_a_data_error(parts: list[bytes]) -> None:
    """I2: every format that is read by lines, plain and as gzip data, with a header and without."""
    content = b"".join(parts)
    for file_format, head in (("jsonl", b""), ("csv", b"premise,hypothesis\n"), ("tsv", b"premise\thypothesis\n")):
        check_stream(io.BytesIO(content), file_format)
        check_stream(io.BytesIO(head + content), file_format)
        packed = gzip.compress(head) + content
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as unpacked:
            check_stream(unpacked, file_format)


def check_stream(stream: Any, file_format: Format) -> None:
    try:
        check_rows(list(read_stream(stream, file_format).rows()))
    except TuiliError as error:
        assert str(error).startswith("standard input")  # either outcome is right


def check_rows(rows: list[Example | BadRow]) -> None:
    numbers = [row.row for row in rows]
    assert numbers == sorted(set(numbers))
    for row in rows:
        if isinstance(row, BadRow):
            assert str(row.error).startswith("standard input, row ")
            assert len(str(row.error)) < 2000
            str(row.error).encode()  # can be printed
        else:
            assert judgeable(row.premise)
            assert judgeable(row.hypothesis)
