"""Comma-separated values."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tuili.data import comma_separated
from tuili.data.example import BadRow, Example
from tuili.data.read import open_examples
from tuili.errors import DataError
from tuili.types import Label

Write = Callable[[str, str | bytes], Path]
HEADER = "premise,hypothesis,label\n"


def test_quoted_fields_hold_commas_quotes_and_line_ends(write: Write) -> None:
    path = write("pairs.csv", HEADER + '"a, b","say ""x""",neutral\r\n\r\n"two\nlines\r\nthree",b,\nlast,row,E')
    assert list(open_examples(path)) == [
        Example("a, b", 'say "x"', Label.NEUTRAL, 2),
        Example("two\nlines\r\nthree", "b", None, 4),
        Example("last", "row", Label.ENTAILMENT, 7),
    ]


def test_a_byte_order_mark_is_not_part_of_the_first_name(write: Write) -> None:
    assert len(list(open_examples(write("pairs.csv", "\ufeff" + HEADER + "a,b,e\n")))) == 1


def test_other_columns_are_left_alone(write: Write) -> None:
    path = write("pairs.csv", ",id,gold_label,sentence2,sentence1,,id\n0,x,contradiction,b,a,,\n")
    assert list(open_examples(path)) == [Example("a", "b", Label.CONTRADICTION, 2)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,b", "has 2 fields where the header has 3"),
        ("a,b,e,", "has 4 fields where the header has 3"),
        ('"",b,e', "field 'premise': text is empty"),
        ("a\x00,b,e", "field 'premise': text holds the NUL character"),
        ("a,b,entails", "field 'label': unknown label 'entails'"),
    ],
)
def test_a_bad_row_is_named_and_the_next_is_read(write: Write, row: str, reason: str) -> None:
    """I2: hostile rows."""
    path = write("pairs.csv", HEADER + row + "\na,b,e\n")
    bad, good = open_examples(path).rows()
    assert isinstance(good, Example)
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.fatal) == (2, False)
    with pytest.raises(DataError, match=f"row 2.*{reason}"):
        list(open_examples(path))


@pytest.mark.parametrize(
    "row", ['"left open,b,e\nx,y,e\n', '"a"b,c,e\nx,y,e\n', '"left open,b\n"x",y,e\n', "a\rb,c,e\n"]
)
def test_after_a_quoting_error_nothing_more_is_read(write: Write, row: str) -> None:
    """I2: nothing says any more where rows begin, so the bad row is the last, and says so."""
    path = write("pairs.csv", HEADER + "a,b,e\n" + row)
    good, bad = open_examples(path).rows()
    assert isinstance(good, Example)
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.fatal) == (3, True)
    assert "is not valid CSV" in str(bad.error)


def test_a_row_that_is_not_utf8_is_named_by_the_line_it_starts_on(write: Write) -> None:
    path = write("pairs.csv", HEADER.encode() + b'"one\ncaf\xe9\n",b,e\na,b,e\n')
    bad, good = open_examples(path).rows()
    assert isinstance(bad, BadRow)
    assert isinstance(good, Example)
    assert (bad.row, good.row) == (2, 5)
    assert "is not UTF-8: byte 0xe9" in bad.error.reason


def test_a_quote_left_open_does_not_take_in_the_whole_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """I2: a row is bounded, however many lines and fields it takes."""
    monkeypatch.setattr(comma_separated, "MAX_LINE_BYTES", 1000)
    path = write("pairs.csv", HEADER + '"' + '\n","' * 10_000)
    with pytest.raises(
        DataError, match="row 2: the row is longer than 1,000 characters; is a quotation mark left open"
    ):
        open_examples(path)


def test_a_field_may_be_longer_than_the_csv_module_allows_by_itself(write: Write) -> None:
    before = csv.field_size_limit(1000)
    try:
        path = write("pairs.csv", HEADER + "a" * 200_000 + ",b,e\n")
        assert len(next(iter(open_examples(path))).premise) == 200_000
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "is empty; its first line must name the columns"),
        ("\n\n", "is empty"),
        ("premise;hypothesis\n", "row 1: it needs the columns .* found: 'premise;hypothesis'"),
        ("premise,hypothesis,premise\n", "column 'premise' is there 2 times; keep one"),
        ("Premise,Hypothesis\n", "it needs the columns"),
    ],
)
def test_a_header_without_the_columns_is_an_error_at_once(write: Write, header: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        open_examples(write("pairs.csv", header))


def test_a_file_of_a_header_alone_has_no_examples(write: Write) -> None:
    assert list(open_examples(write("pairs.csv", HEADER))) == []
