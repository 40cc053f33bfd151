"""F5, F6: a process that is killed and a machine that loses power lose nothing that was acknowledged."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import second_verifier as second
from logs import Quick, filled, pairs

from tuili.audit import Log, Recorded
from tuili.audit.disk import Disk
from tuili.audit.log import Limits
from tuili.audit.reading import read_entries
from tuili.audit.verify import verify
from tuili.errors import AuditError

WRITER = Path(__file__).with_name("writer.py")
SECTOR = 512


def holds(log: Path, calls: list[int]) -> None:
    """The log is intact once it was opened, and every acknowledged call's pairs are in it, all of them."""
    with Log(log):
        pass
    found = verify(log)
    assert found.ok, found.problems
    assert all(bad is None for bad in second.verify(log).values())
    recorded = {entry.pair for entry in read_entries(log) if entry.kind == "verdict"}
    for call in calls:
        assert set(pairs(1 + call % 4, 10 * call)) <= recorded, call


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("rounds", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path, rounds):
    """F5, A1: at random moments, each run going on with the same log."""
    rng = random.Random(rounds)
    acknowledged: list[int] = []
    for number in range(rounds):
        command = [sys.executable, WRITER, tmp_path / "log", "100000", str(100_000 * number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(rng.randrange(1, 60))]
            process.kill()
            told += process.stdout.readlines()
        acknowledged += [int(line) for line in told if line.endswith("\n")]
        holds(tmp_path / "log", acknowledged)
    assert len(acknowledged) >= rounds


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "fsync", "openat"])
def test_kill_9_at_each_system_call(tmp_path, call):
    """F5: SIGKILL on entering the k-th such call of the files of the log."""
    for number, k in enumerate([*range(1, 25), 40, 80]):
        log = tmp_path / f"log{number}"
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when={k}"]
        if call == "openat":
            command[-1] = f"inject={call}:signal=SIGKILL:when={k + 1500 + 40 * k}"
        done = subprocess.run(
            [*command, sys.executable, WRITER, log, "40"], capture_output=True, text=True, check=False
        )
        if log.exists() and (log / "log.json").exists():
            holds(log, [int(line) for line in done.stdout.splitlines(keepends=True) if line.endswith("\n")])
        assert "Error" not in done.stderr


def test_a_torn_end_is_cut_off_set_aside_and_on_record(tmp_path):
    """F5: at every byte of the last group."""
    filled(tmp_path / "whole", calls=4)
    log = Log(tmp_path / "whole", limits=Limits(checkpoint_records=10**9, checkpoint_seconds=10**6))
    before = (tmp_path / "whole/0001/000001.jsonl").stat().st_size
    checkpoints = (tmp_path / "whole/checkpoints.jsonl").read_bytes()
    Recorded(Quick(), log).judge(pairs(3))
    content = (tmp_path / "whole/0001/000001.jsonl").read_bytes()
    log.close()
    for size in range(before, len(content), 97):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(tmp_path / "whole", copy)
        (copy / "checkpoints.jsonl").write_bytes(checkpoints)
        (copy / "0001/000001.jsonl").write_bytes(content[:size])
        if size > before:
            assert not verify(copy).ok
        with Log(copy):
            pass
        assert verify(copy).ok
        healed = [entry.what for entry in read_entries(copy) if entry.kind == "healed"]
        assert [what["bytes"] for what in healed] == [size - before] * (size > before)
        for what in healed:
            assert (copy / "0001" / what["file"]).read_bytes() == content[before:size]


def test_damage_is_not_taken_for_a_torn_end(tmp_path):
    """F5: a log that was changed is not gone on with, and not cut."""
    filled(tmp_path / "log", calls=6)
    (tmp_path / "log/checkpoints.jsonl").unlink()
    path = tmp_path / "log/0001/000001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    spoiled = b"".join([*lines[:5], lines[5].replace(b"Man", b"Men"), *lines[6:]])
    path.write_bytes(spoiled)
    with pytest.raises(AuditError, match="record 5 is damaged"):
        Log(tmp_path / "log")
    assert path.read_bytes() == spoiled


class Losing(Disk):
    """A disk that remembers what it was asked, so that a power cut can be made up afterwards."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.operations: list[tuple] = []
        self._names: dict[int, str] = {}

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.root))

    def make_directory(self, path):
        if not path.is_dir():
            self.operations.append(("mkdir", self._name(path)))
        super().make_directory(path)

    def open(self, path, *, exclusive=False):
        if not path.exists():
            self.operations.append(("create", self._name(path)))
        descriptor = super().open(path, exclusive=exclusive)
        self._names[descriptor] = self._name(path)
        return descriptor

    def write_some(self, descriptor, data, offset):
        self.operations.append(("write", self._names[descriptor], bytes(data), offset))
        return super().write_some(descriptor, data, offset)

    def truncate(self, descriptor, size):
        self.operations.append(("truncate", self._names[descriptor], size))
        super().truncate(descriptor, size)

    def sync(self, descriptor):
        super().sync(descriptor)
        self.operations.append(("sync", self._names[descriptor]))

    def sync_directory(self, path):
        super().sync_directory(path)
        self.operations.append(("syncdir", self._name(path)))

    def link(self, source, target):
        self.operations.append(("link", self._name(source), self._name(target)))
        super().link(source, target)

    def remove(self, path):
        self.operations.append(("remove", self._name(path)))
        super().remove(path)


def state(operations: list[tuple], rng: random.Random) -> dict[str, bytes]:
    """What a disk may hold when the power goes after these operations: what was synced, and of the rest any part of it,
    in any order, a sector at a time. A file whose directory was not synced may not be there at all."""
    durable: dict[str, bytearray] = {}
    pending: dict[str, list[tuple]] = {}
    listed: set[str] = set()
    content: dict[str, str] = {}  # which file a name stands for: links share one
    for kind, name, *rest in operations:
        if kind == "create":
            content[name] = name
            durable[name], pending[name] = bytearray(), []
        elif kind == "link":
            content[rest[0]] = content[name]
        elif kind == "remove":
            content.pop(name)
        elif kind == "write":
            data, offset = rest
            for start in range(0, len(data), SECTOR):
                pending[content[name]].append((offset + start, data[start : start + SECTOR]))
        elif kind == "truncate":
            pending[content[name]].append((rest[0], None))
        elif kind == "sync":
            for change in pending[content[name]]:
                _apply(durable[content[name]], *change)
            pending[content[name]] = []
        elif kind == "syncdir":
            listed |= {other for other in content if str(Path(other).parent) == name}
    keep = rng.random()
    for name, changes in pending.items():
        survivors = [change for change in changes if rng.random() < keep]
        rng.shuffle(survivors)
        for change in survivors:
            _apply(durable[name], *change)
    return {name: bytes(durable[file]) for name, file in content.items() if name in listed or rng.random() < 0.5}


def _apply(file: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del file[offset:]
        return
    file.extend(bytes(max(0, offset + len(data) - len(file))))
    file[offset : offset + len(data)] = data


@pytest.mark.parametrize("texts", ["plain", "sealed"])
@pytest.mark.parametrize("states", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path, texts, states):
    """F6: what was not synced is dropped and reordered at random; the log recovers to a prefix with every ack in it."""
    if texts == "sealed":
        pytest.importorskip("cryptography")
    disk = Losing(tmp_path)
    acknowledged: list[tuple[int, int]] = []  # after how many operations, which call
    limits = Limits(checkpoint_records=7, segment_records=12, checkpoint_seconds=10**6)
    with Log(tmp_path / "log", texts=texts, disk=disk, limits=limits) as log:
        judge = Recorded(Quick(), log)
        for call in range(14):
            judge.judge(pairs(1 + call % 4, 10 * call))
            acknowledged.append((len(disk.operations), call))
    rng = random.Random(states)
    begun = 0
    for number in range(states):
        cut = rng.randrange(len(disk.operations) + 1)
        files = state(disk.operations[:cut], rng)
        crashed = tmp_path / "crashed" / "log"
        shutil.rmtree(crashed.parent, ignore_errors=True)
        crashed.parent.mkdir()
        for name, content in files.items():
            path = crashed.parent / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        calls = [call for after, call in acknowledged if after <= cut]
        if not (crashed / "log.json").exists():
            assert not calls, number
            continue
        begun += 1
        holds(crashed, calls)
    assert begun > states // 2
