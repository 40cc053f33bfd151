"""kill -9 at any moment, then resume: the final weights have the bits of a run that nobody killed (F1, F2)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lives are forks")


def crash(directory: Path, mode: str, argument: int) -> dict[str, int]:
    script = Path(__file__).with_name("crash.py")
    command = [sys.executable, str(script), str(directory), mode, str(argument)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_killed_before_file_operations_and_in_the_middle_of_writes(tmp_path):
    """A share of them; every one with --slow."""
    found = crash(tmp_path, "boundaries", 17)
    assert found["operations"] > 60
    assert found["deaths"] >= found["operations"] // 17
    assert found["different"] == 0


@pytest.mark.slow
def test_killed_before_every_file_operation_and_in_the_middle_of_every_write(tmp_path):
    found = crash(tmp_path, "boundaries", 1)
    assert found["deaths"] == found["operations"]
    assert found["different"] == 0


def test_killed_at_random_times(tmp_path):
    assert crash(tmp_path, "random", 6) == {"deaths": 6, "runs": pytest.approx(1, abs=6), "different": 0}


@pytest.mark.slow
def test_killed_at_random_times_two_hundred_times(tmp_path):
    found = crash(tmp_path, "random", 200)
    assert found["deaths"] == 200
    assert found["different"] == 0
