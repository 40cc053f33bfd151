"""What a task card may declare, what is said of one that can't be, and the rows that it reads."""

from __future__ import annotations

import gzip
import json

import pytest

from tuili.errors import DataError, UsageError
from tuili.learning.tasks.card import KINDS, card_of, read_card
from tuili.learning.tasks.rows import read_rows
from tuili.learning.tasks.template import Template


def test_a_card_declares_texts_target_and_labels(tmp_path):
    (tmp_path / "card.toml").write_text(
        'kind = "pair"\npremise = "context"\nhypothesis = "The answer to {question} is {answer}."\nlabel = "verdict"\n'
        '[labels]\nyes = "entailment"\nno = "not_entailment"\n'
    )
    card = read_card(tmp_path / "card.toml")
    assert card.columns == ["context", "question", "answer", "verdict"]
    row = {"question": "who", "answer": "{context}"}
    assert card.texts["hypothesis"].filled(row.__getitem__) == "The answer to who is {context}."
    assert card.labels == {"yes": "entailment", "no": "not_entailment"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_card_leaves_out_has_the_name_of_its_column(kind):
    card = card_of({"kind": kind})
    assert card.columns == [*KINDS[kind].texts[0], KINDS[kind].target]


@pytest.mark.parametrize(
    "values",
    [
        {
            "kind": "pair",
            "premise": "a",
            "hypothesis": "{{x}} {b} and {c}",
            "labels": {"y": "entailment", "n": "neutral"},
        },
        {"kind": "regression", "text": "{a}", "range": [1, 5]},
        {"kind": "generate", "source": "a", "longest": 7},
        {"kind": "token", "tags": "ner", "document": "doc", "names": {"PER": "person"}},
    ],
)
def test_a_card_survives_being_written_down(values):
    card = card_of(values)
    again = card_of(json.loads(json.dumps(card.to_dict())))
    assert again == card
    row = {"a": "A", "b": "B", "c": "C"}
    if "hypothesis" in card.texts:
        assert again.texts["hypothesis"].filled(row.__getitem__) == "{x} B and C"


def test_scores_are_of_pairs_or_of_texts():
    assert list(card_of({"kind": "regression", "text": "review"}).texts) == ["text"]
    assert list(card_of({"kind": "regression", "premise": "a"}).texts) == ["premise", "hypothesis"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "kind must be one of pair, text, regression, generate, token, got None"),
        ({"kind": "image"}, "kind must be one of"),
        ({"kind": "text", "premise": "a"}, r"unknown key 'premise'; a card of kind text may have kind, text, label"),
        ({"kind": "text", "text": 3}, "text must be a column's name"),
        ({"kind": "text", "text": " "}, "text must be a column's name"),
        ({"kind": "text", "text": "{a"}, r"text: '\{a' is no template"),
        ({"kind": "text", "text": "{}"}, "no empty braces"),
        ({"kind": "text", "text": "{{a}}"}, "at least one column in braces"),
        ({"kind": "text", "text": "{a!r}"}, "without : or !"),
        ({"kind": "text", "text": "{a:>9}"}, "without : or !"),
        ({"kind": "text", "label": "{a} {b}"}, "label must be the name of one column"),
        ({"kind": "text", "label": "the {a}"}, "label must be the name of one column"),
        ({"kind": "text", "labels": ["one"]}, "labels must hold at least two"),
        ({"kind": "text", "labels": {"a": 1}}, "labels must be a list of names, or a table"),
        ({"kind": "regression", "text": "a", "premise": "b"}, "premise and hypothesis or text"),
        ({"kind": "regression", "range": [5, 1]}, "range must be two numbers, the smaller first"),
        ({"kind": "generate", "longest": 0}, "longest must be a whole number from 1"),
        ({"kind": "token", "tokens": "{a} {b}"}, "tokens must be the name of one column"),
        ({"kind": "token", "tags": "the {a}"}, "tags must be the name of one column"),
        ({"kind": "token", "document": 3}, "document must be the name of one column"),
        ({"kind": "token", "names": ["PER"]}, "names must be a table"),
        ({"kind": "text", "names": {}}, "unknown key 'names'"),
    ],
)
def test_a_card_that_can_not_be_is_told_with_its_key(values, said):
    with pytest.raises(UsageError, match=said):
        card_of(values)


def test_a_file_that_is_no_card_is_told_with_its_name(tmp_path):
    with pytest.raises(UsageError, match=r"gone\.toml: can't be read as a task card"):
        read_card(tmp_path / "gone.toml")
    (tmp_path / "bad.toml").write_text("kind = ")
    with pytest.raises(UsageError, match=r"bad\.toml.*must be TOML"):
        read_card(tmp_path / "bad.toml")
    (tmp_path / "odd.toml").write_text('kind = "odd"')
    with pytest.raises(UsageError, match=r"odd\.toml: kind must be one of"):
        read_card(tmp_path / "odd.toml")


def test_a_template_never_looks_into_a_value():
    template = Template.of("{a.__class__} {b[0]}")
    assert template.columns == ["a.__class__", "b[0]"]


# --- rows

ROWS = [{"text": 'One "quoted", with comma', "stars": "5", "more": "x"}, {"text": "雨", "stars": "1", "more": "y"}]


def write(path, kind):
    if kind == "parquet":
        pa = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pa.Table.from_pylist(ROWS), path)
        return path
    if kind == "jsonl":
        text = "".join(json.dumps(row) + "\n\n" for row in ROWS)
    elif kind == "csv":
        text = 'text,stars,more\n"One ""quoted"", with comma",5,x\n\n雨,1,y\n'
    else:
        text = 'text\tstars\tmore\nOne "quoted", with comma\t5\tx\n雨\t1\n'
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "parquet"])
def test_every_format_gives_the_same_rows(tmp_path, kind):
    path = write(tmp_path / f"rows.{kind}", kind)
    rows = read_rows(path, ["text", "stars"])
    assert [row.values for row in rows] == [{k: row[k] for k in ("text", "stars")} for row in ROWS]
    with pytest.raises(DataError, match=r"lacks the column 'size', which the task card names; found: .*'text'"):
        read_rows(path, ["text", "size"])
    packed = tmp_path / f"rows.{kind}.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert [row.values for row in read_rows(packed, ["text"])] == [{"text": row["text"]} for row in ROWS]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", "{", "row 1: is not valid JSON"),
        ("a.jsonl", "[1]", "must be a JSON object"),
        ("a.jsonl", "", "holds no rows; it needs the columns text"),
        ("a.csv", 'text\n"open', "not valid CSV"),
        ("a.csv", "text,more\na\n", "row 2: has 1 fields where the header has 2"),
        ("a.tsv", "text\na\tb\n", "row 2: has 2 fields"),
        ("a.jsonl", b'{"text": "\xff"}', "is not UTF-8"),
        ("a.parquet", "PAR1", "not a Parquet file, or is damaged"),
        ("a.csv", "text,text\na,b\n", "lacks the column 'text'"),
    ],
)
def test_a_file_that_can_not_be_read_is_told_with_its_row(tmp_path, name, content, said):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=said):
        read_rows(tmp_path / name, ["text"])


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "must be a text or a number, got None"), (True, "got True"), ([1], "got list"), (" ", "blank")],
)
def test_a_value_that_is_no_text_is_told_with_its_field(tmp_path, value, said):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": value}))
    [row] = read_rows(tmp_path / "a.jsonl", ["text"])
    with pytest.raises(DataError, match=f"row 1, field 'text': .*{said}"):
        row.text(Template.of("text"))
