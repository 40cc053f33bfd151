"""Which files are opened, and how their names say what is in them."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tuili.data import files
from tuili.data.example import BadRow, Example
from tuili.data.read import open_examples
from tuili.errors import DataError, TuiliError

Write = Callable[[str, str | bytes], Path]
HEADER = "premise,hypothesis\n"
ROWS = "".join(f"premise {n},hypothesis {n * n}\n" for n in range(5000))
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


@pytest.mark.parametrize("name", ["pairs.xlsx", "pairs", "pairs.gz", "pairs.json", "csv", ".csv", "pairs.csv.zip", ""])
def test_an_unknown_name_is_an_error_with_the_known_ones(name: str) -> None:
    with pytest.raises(DataError, match=r"must end in .jsonl, .ndjson, .csv, .tsv, .txt, .parquet, or one with .gz"):
        open_examples(name)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing.csv: can't be opened: No such file or directory") as caught:
        open_examples(tmp_path / "missing.csv")
    assert caught.value.path == tmp_path / "missing.csv"


def test_a_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").mkdir()
    with pytest.raises(DataError, match=r"is a directory|can't be opened"):
        open_examples(tmp_path / "pairs.csv")


@posix
def test_a_file_that_may_not_be_read_is_an_error(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = write("pairs.csv", HEADER)
    monkeypatch.setattr(os, "open", refuse)  # the superuser may read everything
    with pytest.raises(DataError, match="can't be opened: Permission denied"):
        open_examples(path)


@posix
@pytest.mark.parametrize("suffix", [".csv", ".jsonl.gz", ".parquet"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, suffix: str) -> None:
    """S4"""
    path = tmp_path / f"pairs{suffix}"
    os.mkfifo(path)
    with pytest.raises(DataError, match="is a pipe, socket or device; only regular files are read"):
        open_examples(path)


@posix
def test_a_file_that_became_a_pipe_after_the_first_look_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4"""
    path = tmp_path / "pairs.csv"
    os.mkfifo(path)
    looked = Path(__file__).stat()
    monkeypatch.setattr(files.os, "stat", lambda _: looked)
    with pytest.raises(DataError, match="is a pipe, socket or device"):
        open_examples(path)


@posix
def test_a_link_to_a_device_is_refused(tmp_path: Path) -> None:
    """S4"""
    path = tmp_path / "pairs.csv"
    path.symlink_to("/dev/zero")
    with pytest.raises(DataError, match="is a pipe, socket or device"):
        open_examples(path)


@posix
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4"""
    monkeypatch.chdir(tmp_path)  # a socket's address must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("pairs.csv")
        with pytest.raises(DataError, match="is a pipe, socket or device"):
            open_examples("pairs.csv")


@posix
def test_a_link_to_a_file_is_followed_and_a_circle_is_not(write: Write, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(write("pairs.csv", HEADER + "a,b\n"))
    (tmp_path / "circle.csv").symlink_to("circle.csv")
    assert len(list(open_examples(tmp_path / "link.csv"))) == 1
    with pytest.raises(DataError, match="can't be opened: "):
        open_examples(tmp_path / "circle.csv")


@pytest.mark.parametrize("name", ["a\x00b.csv", "\ud800.csv", "x" * 5000 + ".csv", "../" * 2000 + "x.csv"])
def test_a_name_that_cannot_be_is_an_error(name: str) -> None:
    """S4: names that the operating system refuses."""
    with pytest.raises(DataError, match=r"is not a file name|can't be opened"):
        open_examples(name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.csv.gz", HEADER + "a,b\n"),
        ("p.tsv.gz", "premise\thypothesis\na\tb\n"),
        ("p.JSONL.GZ", '{"premise": "a", "hypothesis": "b"}'),
    ],
)
def test_gzipped_text_is_unpacked_on_the_way(write: Write, name: str, content: str) -> None:
    two_members = gzip.compress(content[:15].encode()) + gzip.compress(content[15:].encode())
    example = next(iter(open_examples(write(name, two_members))))
    assert (example.premise, example.hypothesis) == ("a", "b")


def test_gzipped_parquet_is_unpacked_first(write: Write, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"premise": ["a"], "hypothesis": ["b"]}), tmp_path / "pairs.parquet")
    content = gzip.compress((tmp_path / "pairs.parquet").read_bytes())
    assert len(list(open_examples(write("pairs.parquet.gz", content)))) == 1
    with pytest.raises(DataError, match="is cut short"):
        open_examples(write("cut.parquet.gz", content[:-10]))


def test_gzipped_parquet_may_not_fill_the_disk(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """I2: a small file that unpacks to a large one."""
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(DataError, match=r"holds more than 0.000976562 GiB when unpacked; unpack it"):
        open_examples(write("pairs.parquet.gz", gzip.compress(bytes(2**22))))


@pytest.mark.parametrize("content", [b"", b"\x1f", HEADER.encode()])
def test_what_is_not_gzip_under_such_a_name_is_an_error(write: Write, content: bytes) -> None:
    with pytest.raises(DataError, match=r"is not gzip data, though its name ends in .gz"):
        open_examples(write("pairs.csv.gz", content))


def test_gzip_data_that_end_early_are_an_error_with_the_row_reached(write: Write) -> None:
    """I2: the rows before the end are kept, and the last one says that the file ends there."""
    content = gzip.compress((HEADER + ROWS).encode())
    path = write("pairs.csv.gz", content[: len(content) // 2])
    *rows, last = open_examples(path).rows()
    assert len(rows) > 1000
    assert all(isinstance(row, Example) for row in rows)
    assert isinstance(last, BadRow)
    assert (last.fatal, last.row, last.error.row) == (True, rows[-1].row + 1, rows[-1].row + 1)
    with pytest.raises(DataError, match="is cut short: the gzip data ends before its end mark"):
        list(open_examples(path))


def test_damaged_gzip_data_are_an_error_wherever_the_damage_is(write: Write) -> None:
    """I2: one byte at a time."""
    content = gzip.compress((HEADER + ROWS[:2000]).encode())
    for place in range(2, len(content)):
        damaged = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        path = write("pairs.csv.gz", damaged)
        try:
            list(open_examples(path))
        except TuiliError as error:
            assert isinstance(error, DataError)  # some bytes, such as the time stamp, do no harm


def test_garbage_behind_gzip_data_is_an_error(write: Write) -> None:
    with pytest.raises(DataError, match="is damaged gzip data"):
        list(open_examples(write("pairs.csv.gz", gzip.compress((HEADER + "a,b\n").encode()) + b"garbage")))
