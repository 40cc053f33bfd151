from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from made_up import C, E, N, verdict

from tuili.data.atomic import write_files
from tuili.errors import MissingExtra, UsageError
from tuili.evaluation.scoring import score

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"report.json", "report.md", "confusion.png", "reliability.png", "risk.png"}
VERDICTS = [
    verdict(0.7, 0.2, 0.1),
    verdict(0.1, 0.8, 0.1),
    verdict(0.3, 0.1, 0.6, decided=False),
    verdict(0.5, 0.3, 0.2),
]
GOLD = [E, N, C, C]


@pytest.fixture
def no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules, "matplotlib"]:
        if name.split(".")[0] == "matplotlib":
            monkeypatch.setitem(sys.modules, name, None)


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_the_remedy_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match=r'matplotlib: pip install "tuili\[plots\]"'):
        score(VERDICTS, GOLD).write(tmp_path / "out")
    assert names(tmp_path) == set()


def test_a_report_is_written_as_five_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    report = score(VERDICTS, GOLD)
    report.write(tmp_path / "deep" / "out")
    assert names(tmp_path / "deep" / "out") == FILES
    assert json.loads((tmp_path / "deep/out/report.json").read_text("utf-8")) == report.to_dict()
    page = (tmp_path / "deep/out/report.md").read_text("utf-8")
    assert page.startswith(report.markdown())
    assert all(f"({name})" in page for name in FILES if name.endswith(".png"))


def test_writing_again_replaces_the_files_and_leaves_others_alone(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "notes.txt").write_text("mine")
    score(VERDICTS, GOLD).write(tmp_path)
    score(VERDICTS[:3], GOLD[:3]).write(str(tmp_path))
    assert names(tmp_path) == FILES | {"notes.txt"}
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["n"] == 3


def test_a_file_in_place_of_the_directory_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match=r"can't write to .*out: .*; name a directory"):
        write_files(tmp_path / "out", {"a": b""})


def test_a_name_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="name a directory"):
        write_files("nul\0", {"a": b""})


def test_a_write_that_fails_leaves_the_old_files_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"a": b"old", "b": b"old"})
    synced = []

    def full(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write_files(tmp_path, {"a": b"new", "b": b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old", "b": b"old"}
