"""Tab-separated values, as SNLI and MNLI write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tuili.data.example import BadRow, Example
from tuili.data.read import open_examples
from tuili.errors import DataError
from tuili.types import Label

Write = Callable[[str, str | bytes], Path]
HEADER = "premise\thypothesis\tlabel\n"


def test_rows_are_read_with_the_numbers_of_their_lines(write: Write) -> None:
    path = write("pairs.tsv", "\n" + HEADER + "A man sleeps.\tSomeone sleeps.\tEntailment\r\n\r\na\tb\t\n")
    assert list(open_examples(path)) == [
        Example("A man sleeps.", "Someone sleeps.", Label.ENTAILMENT, 3),
        Example("a", "b", None, 5),
    ]


def test_quotation_marks_are_text(write: Write) -> None:
    path = write("pairs.tsv", HEADER + '"Go," he said.\t"unclosed\tneutral\n""\ta"b\tneutral\n')
    assert [(e.premise, e.hypothesis) for e in open_examples(path)] == [('"Go," he said.', '"unclosed'), ('""', 'a"b')]


def test_the_original_files_of_snli_and_mnli_are_understood_though_their_rows_end_early(write: Write) -> None:
    header = "gold_label\tsentence1_binary_parse\tsentence1\tsentence2\tpairID\tlabel1\tlabel2\tlabel3\n"
    rows = "neutral\t( a )\tA.\tB.\t1n\tneutral\t\t\n-\t( a )\tA.\tB.\t2n\tneutral\nneutral\t( a )\tA.\tB.\n"
    examples = open_examples(write("multinli_1.0_train.txt", header + rows), labels="required")
    assert [example.row for example in examples] == [2, 4]
    assert examples.skipped == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a", "has 1 fields where the header has 3"),
        ("a\tb", "has 2 fields where the header has 3"),
        ("a\tb\tneutral\tmore", "has 4 fields where the header has 3; a text may not hold a tab"),
        ("\t\t", "field 'premise': text is empty"),
        ("a\t \tneutral", "field 'hypothesis': text is blank"),
        ("a\x00\tb\tneutral", "field 'premise': text holds the NUL character"),
        ("a\tb\t1", "field 'label': label '1' is a number"),
    ],
)
def test_a_bad_row_is_named_and_the_next_is_read(write: Write, row: str, reason: str) -> None:
    """I2: hostile rows."""
    path = write("pairs.tsv", HEADER + row + "\na\tb\tneutral\n")
    bad, good = open_examples(path).rows()
    assert isinstance(good, Example)
    assert isinstance(bad, BadRow)
    assert bad.row == 2
    with pytest.raises(DataError, match=f"row 2.*{reason}"):
        list(open_examples(path))


def test_a_row_that_is_not_utf8_is_named(write: Write) -> None:
    bad, good = open_examples(write("pairs.tsv", HEADER.encode() + b"caf\xe9\tb\te\na\tb\te\n")).rows()
    assert isinstance(bad, BadRow)
    assert isinstance(good, Example)
    assert "not UTF-8" in bad.error.reason


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "is empty; its first line must name the columns"),
        ("premise,hypothesis\n", "it needs the columns .* found: 'premise,hypothesis'"),
        ('"premise"\t"hypothesis"\n', "it needs the columns"),
        ("premise\thypothesis\tpremise\n", "column 'premise' is there 2 times"),
        ("\t".join(f"c{i}" for i in range(10_000)), "found: 'c0', .* 'c19', …"),
    ],
)
def test_a_header_without_the_columns_is_an_error_at_once(write: Write, header: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason) as caught:
        open_examples(write("pairs.tsv", header))
    assert len(str(caught.value)) < 1000


def test_a_header_that_is_not_utf8_is_an_error(write: Write) -> None:
    with pytest.raises(DataError, match="row 1: is not UTF-8"):
        open_examples(write("pairs.tsv", b"premise\thypothesis\tcaf\xe9\n"))


def test_labels_that_are_required_must_have_a_column(write: Write) -> None:
    with pytest.raises(DataError, match="it needs the column 'label' or 'gold_label'; found: 'premise', 'hypothesis'"):
        open_examples(write("pairs.tsv", "premise\thypothesis\n"), labels="required")
