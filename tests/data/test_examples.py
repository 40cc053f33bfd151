"""How examples are handed out."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tuili.data.example import BadRow
from tuili.data.read import open_examples, read_stream
from tuili.errors import DataError, UsageError

Write = Callable[[str, str | bytes], Path]
CONTENT = "premise\thypothesis\tlabel\na\tb\te\n\tb\te\na\tb\t-\na\tb\tn\na\tb\t-\n"


def test_iterating_stops_at_the_first_bad_row_and_gives_nothing_after_it(write: Write) -> None:
    path = write("pairs.tsv", CONTENT)
    examples = open_examples(path)
    iterator = iter(examples)
    assert next(iterator).row == 2
    with pytest.raises(DataError, match="row 3, field 'premise': text is empty"):
        next(iterator)
    assert list(examples) == []
    path.rename(path.with_name("moved.tsv"))  # works on Windows only if the file is closed


def test_rows_hands_out_bad_rows_among_the_examples(write: Write) -> None:
    examples = open_examples(write("pairs.tsv", CONTENT))
    rows = list(examples.rows())
    assert [(row.row, isinstance(row, BadRow)) for row in rows] == [(2, False), (3, True), (5, False)]
    assert examples.skipped == 2


def test_skipped_rows_are_counted_as_they_are_met(write: Write) -> None:
    examples = open_examples(write("pairs.tsv", CONTENT))
    assert examples.skipped == 0
    rows = examples.rows()
    next(rows), next(rows)
    assert examples.skipped == 0
    next(rows)
    assert examples.skipped == 1


def test_the_texts_of_a_skipped_row_are_not_looked_at() -> None:
    examples = read_stream(io.BytesIO(b"premise,hypothesis,label\n,,-\n"), "csv", labels="required")
    assert list(examples) == []
    assert examples.skipped == 1


def test_an_iteration_goes_on_where_the_last_one_ended(write: Write) -> None:
    examples = open_examples(write("pairs.csv", "premise,hypothesis\n" + "a,b\n" * 3))
    assert next(iter(examples)).row == 2
    assert [example.row for example in examples] == [3, 4]
    assert list(examples) == []


def test_a_closed_file_gives_nothing_more(write: Write) -> None:
    with open_examples(write("pairs.csv", "premise,hypothesis\n" + "a,b\n" * 3)) as examples:
        assert next(iter(examples)).row == 2
    assert list(examples) == []


def test_dropping_it_half_way_leaves_no_file_open(write: Write) -> None:
    path = write("pairs.csv", "premise,hypothesis\n" + "a,b\n" * 3)
    open_examples(path)
    next(iter(open_examples(path)))
    gc.collect()  # a file left open would warn here, and warnings are errors


def test_a_stream_is_read_without_being_closed() -> None:
    stream = io.BytesIO(b'{"premise": "a", "hypothesis": "b"}\n{')
    examples = read_stream(stream, "jsonl")
    assert next(iter(examples)).premise == "a"
    with pytest.raises(DataError, match=r"^standard input, row 2: is not valid JSON"):
        list(examples)
    assert not stream.closed


def test_the_first_row_of_a_stream_is_there_before_the_second_is_written() -> None:
    program = (
        "import sys; from tuili.data.read import read_stream\n"
        "for example in read_stream(sys.stdin.buffer, 'tsv'): print(example.premise, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("premise\thypothesis\n")
        for word in ("one", "two"):
            process.stdin.write(f"{word}\tb\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == word


def test_a_parquet_stream_is_copied_first(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    stream = io.BytesIO()
    parquet.write_table(pyarrow.table({"premise": ["a"], "hypothesis": ["b"]}), stream)
    assert [e.premise for e in read_stream(io.BytesIO(stream.getvalue()), "parquet")] == ["a"]


def test_an_unknown_format_or_label_policy_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown format 'xml'; it must be one of jsonl, csv, tsv, parquet"):
        read_stream(io.BytesIO(), "xml")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="labels='yes'; it must be one of required, optional, ignored"):
        open_examples(tmp_path / "pairs.csv", labels="yes")  # type: ignore[arg-type]


def test_reading_text_formats_loads_no_framework() -> None:
    program = "import sys, tuili.data; print([name for name in ('pyarrow', 'numpy') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
