"""`tuili robustness`, `tuili bias`, and what `tuili evaluate` says beyond its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    ("the man is sleeping in the park", "a man is asleep", "entailment"),
    ("a dog was running outside", "the dog is inside", "contradiction"),
    ("the woman is outside", "a person is not sleeping", "neutral"),
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tuili", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    rows = [dict(zip(("premise", "hypothesis", "label"), row, strict=True)) for row in ROWS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_changes_that_should_not_matter_are_tried(tiny_directory: Path, data: Path):
    """P3."""
    done = run("robustness", str(data), "--model", str(tiny_directory), "--limit", "2", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["n"] == 2
    assert {"unrelated_20", "typo", "invisible_5"} <= {change["name"] for change in said["changes"]}
    shown = run("robustness", str(data), "--model", str(tiny_directory))
    assert "unrelated_5" in shown.stdout


def test_groups_are_swapped():
    """P5."""
    done = run("bias", "--occupations", "1", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {family["family"] for family in said["families"]} == {"gender", "age", "religion", "origin"}
    assert said["swaps"] == 2 * 10 * 34


def test_evaluate_gives_intervals_where_they_are_wanted(tiny_directory: Path, data: Path):
    said = json.loads(run("evaluate", str(data), "--model", str(tiny_directory), "--intervals", "--json").stdout)
    found = said["intervals"]["accuracy"]
    assert found["low"] <= said["accuracy"] <= found["high"]
    assert said["shift"] is None
    assert json.loads(run("evaluate", str(data), "--model", str(tiny_directory), "--json").stdout)["intervals"] == {}


def test_an_empty_file_is_told(tiny_directory: Path, tmp_path: Path):
    (tmp_path / "none.csv").write_text("premise,hypothesis\n")
    done = run("robustness", str(tmp_path / "none.csv"), "--model", str(tiny_directory))
    assert done.returncode == 1
    assert "holds no pairs" in done.stderr
    assert "Traceback" not in done.stderr
