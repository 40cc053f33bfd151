"""Parquet."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tuili.data.example import BadRow, Example
from tuili.data.read import open_examples
from tuili.errors import DataError, MissingExtra
from tuili.types import Label

if TYPE_CHECKING:
    from pathlib import Path

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

COLUMNS: dict[str, Any] = {
    "premise": ["A man sleeps.", "a", "x"],
    "hypothesis": ["Someone sleeps.", "b", "y"],
    "label": ["entailment", None, "-"],
}


def write_table(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    parquet.write_table(pyarrow.table(columns), path, **options)
    return path


def changed(**columns: Any) -> dict[str, Any]:
    return COLUMNS | columns


def test_rows_are_counted_from_one_across_row_groups(tmp_path: Path) -> None:
    examples = open_examples(write_table(tmp_path / "pairs.parquet", COLUMNS, row_group_size=1))
    assert list(examples) == [
        Example("A man sleeps.", "Someone sleeps.", Label.ENTAILMENT, 1),
        Example("a", "b", None, 2),
    ]
    assert examples.skipped == 1


@pytest.mark.parametrize("kind", ["large_string", "string_view", "dictionary"])
def test_every_way_of_holding_strings_is_read(tmp_path: Path, kind: str) -> None:
    if kind == "dictionary":
        columns = {name: pyarrow.array(values).dictionary_encode() for name, values in COLUMNS.items()}
    else:
        columns = {name: pyarrow.array(values, getattr(pyarrow, kind)()) for name, values in COLUMNS.items()}
    examples = list(open_examples(write_table(tmp_path / "pairs.parquet", columns)))
    assert [(e.premise, e.hypothesis, e.label) for e in examples] == [
        ("A man sleeps.", "Someone sleeps.", Label.ENTAILMENT),
        ("a", "b", None),
    ]


def test_other_columns_are_left_alone(tmp_path: Path) -> None:
    columns = changed(id=[1, 2, 3], tags=[["a"], [], None], sentence1=["", "", ""])
    assert len(list(open_examples(write_table(tmp_path / "pairs.parquet", columns)))) == 2


def test_a_column_of_nulls_is_a_column_without_labels(tmp_path: Path) -> None:
    path = write_table(tmp_path / "pairs.parquet", changed(label=pyarrow.nulls(3)))
    assert [example.label for example in open_examples(path)] == [None] * 3


def test_numbered_labels_are_refused_and_minus_one_is_skipped(tmp_path: Path) -> None:
    examples = open_examples(write_table(tmp_path / "pairs.parquet", changed(label=[-1, 0, -1])))
    bad = list(examples.rows())
    assert isinstance(bad[0], BadRow)
    assert "row 2, field 'label': label 0 is a number, and data sets disagree" in str(bad[0].error)
    assert (len(bad), examples.skipped) == (1, 2)


def test_a_null_text_is_named_and_the_next_row_is_read(tmp_path: Path) -> None:
    path = write_table(tmp_path / "pairs.parquet", changed(premise=["a", None, "c"], label=["e", "n", "c"]))
    _, bad, last = open_examples(path).rows()
    assert isinstance(bad, BadRow)
    assert isinstance(last, Example)
    assert "row 2, field 'premise': text is missing (null)" in str(bad.error)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"premise": [1, 2]}, "needs the columns .* found: 'premise'"),
        ({"premise": [1], "hypothesis": ["a"]}, "column 'premise' holds int64, not strings"),
        ({"premise": ["a"], "hypothesis": [b"a"]}, "column 'hypothesis' holds binary, not strings"),
        ({"premise": ["a"], "hypothesis": [["a"]]}, "column 'hypothesis' holds list"),
        ({"premise": ["a"], "hypothesis": [{"x": "a"}]}, "column 'hypothesis' holds struct"),
        ({"premise": ["a"], "hypothesis": ["a"], "label": [1.0]}, "column 'label' holds double, not strings"),
        ({"premise": ["a"], "hypothesis": ["a"], "label": [True]}, "column 'label' holds bool, not strings"),
    ],
)
def test_a_column_that_cannot_be_texts_is_an_error_at_once(
    tmp_path: Path, columns: dict[str, Any], reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        open_examples(write_table(tmp_path / "pairs.parquet", columns))


def test_a_column_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    table = pyarrow.Table.from_arrays([pyarrow.array(["a"])] * 3, names=["premise", "hypothesis", "premise"])
    parquet.write_table(table, tmp_path / "pairs.parquet")
    with pytest.raises(DataError, match="column 'premise' is there 2 times"):
        open_examples(tmp_path / "pairs.parquet")


def test_a_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """I2: bytes that pyarrow passes on as a string."""
    texts = pyarrow.array([b"a", b"caf\xe9", b"c"]).view(pyarrow.string())
    path = write_table(tmp_path / "pairs.parquet", changed(premise=texts, label=["e", "n", "c"]))
    first, bad, last = open_examples(path).rows()
    assert isinstance(first, Example)
    assert isinstance(last, Example)
    assert isinstance(bad, BadRow)
    assert "row 2: is not UTF-8" in str(bad.error)


def test_a_file_without_rows_has_no_examples(tmp_path: Path) -> None:
    columns = {name: pyarrow.array([], pyarrow.string()) for name in COLUMNS}
    assert list(open_examples(write_table(tmp_path / "pairs.parquet", columns))) == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"PAR1" * 100, b"premise,hypothesis\n", b"\x00" * 1000])
def test_what_is_not_parquet_is_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pairs.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match="is not a Parquet file, or is damaged"):
        open_examples(path)


def test_damage_in_any_one_byte_is_a_data_error_or_harmless(tmp_path: Path) -> None:
    """I2: every byte of a small file changed in turn, and the file cut before it."""
    whole = io.BytesIO()
    parquet.write_table(pyarrow.table(COLUMNS), whole, store_schema=False, write_statistics=False)
    content = whole.getvalue()
    path = tmp_path / "pairs.parquet"
    for place in range(len(content)):
        for damaged in (content[:place], content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]):
            path.write_bytes(damaged)
            try:
                rows = list(open_examples(path).rows())
            except DataError as error:
                assert error.path == path  # either outcome is right
            else:
                assert len(rows) <= 3


def test_damage_behind_good_rows_leaves_them_readable(tmp_path: Path) -> None:
    count = 2 * 64 * 80
    columns = {"premise": [f"premise {n}" for n in range(count)], "hypothesis": ["b"] * count}
    path = write_table(tmp_path / "pairs.parquet", columns, row_group_size=count // 2, compression="gzip")
    content = bytearray(path.read_bytes())
    middle = parquet.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content[middle : middle + 2000] = b"\xff" * 2000
    path.write_bytes(content)
    *rows, last = open_examples(path).rows()
    assert len(rows) == count // 2
    assert isinstance(last, BadRow)
    assert (last.row, last.fatal) == (count // 2 + 1, True)
    assert "is damaged" in last.error.reason


def test_one_long_string_that_stands_in_every_row_is_not_unfolded(tmp_path: Path) -> None:
    """I2: a file of a few kilobytes that stands for a gigabyte."""
    count = 1000
    shared = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * count), pyarrow.array(["x" * 1_000_000]))
    table = pyarrow.table({"premise": shared, "hypothesis": ["b"] * count})
    parquet.write_table(table, tmp_path / "pairs.parquet", store_schema=False, dictionary_pagesize_limit=10**8)
    before, most = pyarrow.total_allocated_bytes(), 0
    for _ in open_examples(tmp_path / "pairs.parquet"):
        most = max(most, pyarrow.total_allocated_bytes() - before)
    assert most < 2e8


def test_without_pyarrow_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_table(tmp_path / "pairs.parquet", COLUMNS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r'this needs pyarrow: pip install "tuili\[parquet\]"'):
        open_examples(path)
