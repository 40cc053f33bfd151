"""A1, F14: several processes, one log."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import second_verifier as second
from logs import pairs, signed_log

from tuili.audit.reading import read_entries
from tuili.audit.verify import verify

WRITER = Path(__file__).with_name("writer.py")


@pytest.mark.parametrize("calls", [60, pytest.param(4000, marks=pytest.mark.slow)])
def test_four_processes_append_at_once(tmp_path, calls):
    """F14: 4 × 10,000 records (slow; 4 × 150 else): all are there, chains valid, under one signed checkpoint."""
    pytest.importorskip("cryptography")
    log = signed_log(tmp_path)
    commands = [[sys.executable, WRITER, log, str(calls), str(1_000_000 * number)] for number in range(4)]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    assert [process.wait() for process in running] == [0] * 4
    expected = [pair for n in range(4) for c in range(calls) for pair in pairs(1 + c % 4, 10 * (1_000_000 * n + c))]
    assert sorted(entry.pair for entry in read_entries(log) if entry.pair) == sorted(expected)
    assert len(expected) == 4 * calls * 5 // 2
    found = verify(log, checkpoints=tmp_path / "elsewhere", public_key=tmp_path / "key.pub")
    assert found.ok, found.problems
    assert sum(found.records.values()) > len(expected)
    assert not any(found.unchecked.values())
    last = (tmp_path / "elsewhere").read_bytes().splitlines()[-1]
    assert all(f'"{writer}":'.encode() in last for writer in found.records)
    if calls < 1000:
        assert all(bad is None for bad in second.verify(log, tmp_path / "elsewhere").values())


def test_a_log_can_be_verified_while_it_is_written(tmp_path):
    """What a writer has begun is not taken for damage."""
    with subprocess.Popen([sys.executable, WRITER, tmp_path / "log", "100000"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sizes: list[int] = []
        deadline = time.monotonic() + 20
        while len(set(sizes)) < 5 and time.monotonic() < deadline:
            found = verify(tmp_path / "log")
            assert found.ok, found.problems
            sizes.append(sum(found.records.values()))
        process.kill()
    assert sizes[0] < sizes[-1]
