"""JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tuili.data.example import BadRow, Example
from tuili.data.read import open_examples
from tuili.errors import DataError
from tuili.types import Label

Write = Callable[[str, str | bytes], Path]
GOOD = '{"premise": "A man sleeps.", "hypothesis": "Someone sleeps.", "label": "entailment"}\n'


def test_rows_are_read_in_order_with_the_numbers_of_their_lines(write: Write) -> None:
    path = write("pairs.jsonl", GOOD + "\n  \n" + '{"hypothesis": "b", "premise": "a", "id": [1, {"x": 2}]}')
    assert list(open_examples(path)) == [
        Example("A man sleeps.", "Someone sleeps.", Label.ENTAILMENT, 1),
        Example("a", "b", None, 4),
    ]


def test_the_original_files_of_snli_are_understood(write: Write) -> None:
    row = {
        "annotator_labels": ["neutral", "entailment"],
        "captionID": "1.jpg#4",
        "gold_label": "neutral",
        "pairID": "1.jpg#4n",
        "sentence1": "Two women embrace.",
        "sentence1_binary_parse": "( Two women )",
        "sentence2": "The sisters hug.",
    }
    unlabelled = row | {"gold_label": "-"}
    examples = open_examples(write("snli.jsonl", json.dumps(row) + "\n" + json.dumps(unlabelled) + "\n"))
    assert list(examples) == [Example("Two women embrace.", "The sisters hug.", Label.NEUTRAL, 1)]
    assert examples.skipped == 1


def test_ndjson_is_another_name_and_case_does_not_matter(write: Write) -> None:
    assert len(list(open_examples(write("pairs.NDJSON", GOOD)))) == 1


def test_a_byte_order_mark_and_windows_line_ends_are_not_part_of_the_text(write: Write) -> None:
    path = write("pairs.jsonl", b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode() * 2)
    assert [example.row for example in open_examples(path)] == [1, 2]


def test_only_a_line_feed_ends_a_line(write: Write) -> None:
    path = write("pairs.jsonl", '{"premise": "a\u2028b\x85c", "hypothesis": "d"}\n')
    assert next(iter(open_examples(path))).premise == "a\u2028b\x85c"


def test_an_empty_file_has_no_examples(write: Write) -> None:
    assert list(open_examples(write("pairs.jsonl", ""))) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not valid JSON: .* at column 2"),
        ("nothing", "is not valid JSON"),
        ("[1]", "each line must be a JSON object, got list"),
        ('"text"', "each line must be a JSON object, got str"),
        ("null", "each line must be a JSON object, got NoneType"),
        ("{}", "needs the columns 'premise' and 'hypothesis', or 'sentence1' and 'sentence2'; found: none"),
        ('{"premise": "a", "sentence2": "b"}', "needs the columns .* found: 'premise', 'sentence2'"),
        ('{"premise": "a", "premise": "b", "hypothesis": "c"}', "the key 'premise' is there more than once"),
        ('{"premise": "a", "hypothesis": "c", "label": "e", "label": "n"}', "the key 'label' is there more than once"),
        ('{"premise": 5, "hypothesis": "b"}', "field 'premise': text must be a string, got int"),
        ('{"premise": "a", "hypothesis": null}', r"field 'hypothesis': text is missing \(null\)"),
        ('{"premise": "a", "hypothesis": true}', "field 'hypothesis': text must be a string, got bool"),
        ('{"premise": ["a"], "hypothesis": "b"}', "field 'premise': text must be a string, got list"),
        ('{"premise": {"premise": "a"}, "hypothesis": "b"}', "field 'premise': text must be a string, got dict"),
        ('{"premise": "a", "hypothesis": ""}', "field 'hypothesis': text is empty"),
        ('{"premise": " \\u200b", "hypothesis": "b"}', "field 'premise': text is blank"),
        ('{"premise": "\\ud800", "hypothesis": "b"}', r"field 'premise': text is not valid Unicode: .* U\+D800"),
        ('{"premise": "a\\u0000", "hypothesis": "b"}', "field 'premise': text holds the NUL character"),
        ('{"premise": "a", "hypothesis": "b", "label": "maybe"}', "field 'label': unknown label 'maybe'"),
        ('{"premise": "a", "hypothesis": "b", "label": 0}', "field 'label': label 0 is a number"),
        ('{"sentence1": "a", "sentence2": "b", "gold_label": [1]}', "field 'gold_label': unknown label list"),
        ("[" * 100_000, "is nested too deeply|is not valid JSON"),
        ('{"premise":' * 100_000, "is nested too deeply|is not valid JSON"),
        ('{"premise": "a", "hypothesis": "b", "n": ' + "9" * 5000 + "}", "holds a number that is too long"),
    ],
)
def test_a_bad_line_is_named_and_the_next_is_read(write: Write, line: str, reason: str) -> None:
    """I2: hostile lines; one clear error each, and no other row is lost."""
    path = write("pairs.jsonl", GOOD + line + "\n" + GOOD)
    first, bad, last = open_examples(path).rows()
    assert isinstance(first, Example)
    assert isinstance(last, Example)
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.fatal, bad.error.row, bad.error.path) == (2, False, 2, path)
    with pytest.raises(DataError, match=reason) as caught:
        list(open_examples(path))
    assert str(caught.value) == str(bad.error)
    assert len(str(caught.value)) < 500 + len(str(path))


def test_a_key_that_is_not_needed_may_stand_twice(write: Write) -> None:
    path = write("pairs.jsonl", '{"premise": "a", "hypothesis": "b", "x": 1, "x": 2, "sentence1": 1, "sentence1": 2}')
    assert len(list(open_examples(path))) == 1


def test_a_line_that_is_not_utf8_is_named(write: Write) -> None:
    path = write("pairs.jsonl", GOOD.encode() + b'{"premise": "caf\xe9", "hypothesis": "b"}\n' + GOOD.encode())
    _, bad, _ = open_examples(path).rows()
    assert isinstance(bad, BadRow)
    assert "row 2: is not UTF-8: byte 0xe9 at position 16 of the line; save it as UTF-8" in str(bad.error)


def test_surrogates_in_disguise_are_not_utf8(write: Write) -> None:
    path = write("pairs.jsonl", b'{"premise": "\xed\xa0\x80", "hypothesis": "b"}\n')
    with pytest.raises(DataError, match="is not UTF-8"):
        list(open_examples(path))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_told_by_its_name(write: Write, encoding: str) -> None:
    with pytest.raises(DataError, match="is UTF-16; save it as UTF-8"):
        open_examples(write("pairs.jsonl", ("\ufeff" + GOOD).encode(encoding)))


def test_where_labels_are_required_a_row_without_one_is_an_error(write: Write) -> None:
    path = write("pairs.jsonl", GOOD + '{"premise": "a", "hypothesis": "b"}\n' + GOOD.replace('"entailment"', "null"))
    _, absent, null = open_examples(path, labels="required").rows()
    assert isinstance(absent, BadRow)
    assert isinstance(null, BadRow)
    assert "row 2: it needs the column 'label' or 'gold_label'; found: 'premise', 'hypothesis'" in str(absent.error)
    assert "row 3, field 'label': the label is missing" in str(null.error)


def test_where_labels_are_ignored_none_is_looked_at(write: Write) -> None:
    path = write("pairs.jsonl", GOOD.replace("entailment", "-") + GOOD.replace('"entailment"', "7"))
    examples = open_examples(path, labels="ignored")
    assert [example.label for example in examples] == [None, None]
    assert examples.skipped == 0
