"""Memory does not grow with the file, whatever is in it."""

from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tuili.data import lines
from tuili.data.example import BadRow, Example
from tuili.data.read import open_examples, read_stream
from tuili.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.data.formats import Format

ROWS = 12_000
WORDS = "every word of it " * 100


class Endless(io.RawIOBase):
    """A stream that makes what it gives: `head`, then `unit` so many times."""

    def __init__(self, head: bytes, unit: bytes, times: int) -> None:
        self._units = iter([head])
        self._unit, self._times, self._rest = unit * 10, times // 10, head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self._rest) < len(buffer) and self._times:
            self._rest += self._unit
            self._times -= 1
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def stream(head: str, unit: str, times: int) -> io.BufferedReader:
    return io.BufferedReader(Endless(head.encode(), unit.encode(), times))


@pytest.mark.parametrize(
    ("file_format", "head", "row"),
    [
        ("jsonl", "", f'{{"premise": "{WORDS}", "hypothesis": "b", "label": "neutral"}}\n'),
        ("csv", "premise,hypothesis,label\n", f'"{WORDS}",b,neutral\n'),
        ("tsv", "premise\thypothesis\tlabel\n", f"{WORDS}\tb\tneutral\n"),
    ],
)
def test_a_long_file_is_read_in_little_memory(file_format: Format, head: str, row: str) -> None:
    examples = read_stream(stream(head, row, ROWS), file_format)
    tracemalloc.start()
    count = sum(1 for _ in examples)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == ROWS
    assert most < 500_000  # bytes, for a file of 20 million


def test_a_long_row_group_of_parquet_is_read_in_little_memory(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "pairs.parquet"
    table = pyarrow.table({"premise": [f"{n} {WORDS}" for n in range(ROWS)], "hypothesis": ["b"] * ROWS})
    parquet.write_table(table, path, row_group_size=ROWS, compression="none")
    del table
    before, most = pyarrow.total_allocated_bytes(), 0
    for _ in open_examples(path):
        most = max(most, pyarrow.total_allocated_bytes() - before)
    assert most < 8_000_000  # bytes, for a file of 21 million


@pytest.mark.parametrize("file_format", ["jsonl", "tsv"])
def test_a_line_that_is_too_long_is_passed_over_and_the_next_is_read(file_format: Format) -> None:
    """I2: a line of 100 MB is an error, and no more than the limit of it is ever held."""
    head = "" if file_format == "jsonl" else "premise\thypothesis\n"
    row = '{"premise": "a", "hypothesis": "b"}\n' if file_format == "jsonl" else "a\tb\n"
    chain = Chain(stream(head + row, "x" * 1000, 100_000), io.BytesIO(f"\n{row}".encode()))
    tracemalloc.start()
    rows = list(read_stream(io.BufferedReader(chain), file_format).rows())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [type(row) for row in rows] == [Example, BadRow, Example]
    assert rows[1].row == rows[0].row + 1
    assert isinstance(rows[1], BadRow)
    assert f"the line is longer than {lines.MAX_LINE_BYTES:,} bytes" in rows[1].error.reason
    assert most < 2.5 * lines.MAX_LINE_BYTES


class Chain(io.RawIOBase):
    """Streams, one after the other."""

    def __init__(self, *streams: io.BufferedIOBase) -> None:
        self._streams = list(streams)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while self._streams:
            count = self._streams[0].readinto(buffer)
            if count:
                return count
            self._streams.pop(0)
        return 0


def test_a_line_of_csv_that_is_too_long_ends_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    content = b"premise,hypothesis\na,b\n" + b"x" * 200 + b",b\na,b\n"
    first, bad = read_stream(io.BytesIO(content), "csv").rows()
    assert isinstance(first, Example)
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.fatal) == (3, True)


@pytest.mark.parametrize("size", [99, 100, 101, 300])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_limit_of_a_line_counts_every_byte(size: int, end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    monkeypatch.setattr(lines, "_SKIP_BYTES", 7)
    read = list(lines.read_lines(io.BytesIO(b"x" * (size - len(end)) + end + b"next" * len(end)), "name"))
    assert (read[0].text is None) == (size > 100)
    assert [line.text for line in read[1:]] == ["next"] * len(end)


def test_a_header_that_is_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    for file_format in ("csv", "tsv"):
        with pytest.raises(DataError, match="row 1: the line is longer than 100 bytes"):
            read_stream(io.BytesIO(b"premise" * 100), file_format)
