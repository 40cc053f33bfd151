"""F4: when the disk refuses, so does the judge; when it has room again, it goes on; nothing acknowledged is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import second_verifier as second
from logs import Quick, pairs, signed_log

from tuili.audit import Log, Recorded
from tuili.audit.disk import Disk
from tuili.audit.log import Limits
from tuili.audit.reading import read_entries
from tuili.audit.verify import verify
from tuili.errors import AuditError

CALLS = ("open", "write_some", "sync", "sync_directory", "truncate", "close", "make_directory", "link", "remove")
WRITER = Path(__file__).with_name("writer.py")


class Failing(Disk):
    """A disk whose k-th call fails."""

    def __init__(self, k: int, error: int) -> None:
        self.left = k
        self.error = error
        self.failed = ""
        self.synced_after_failing: list[int] = []
        self.bad: int | None = None

    def _count(self, name: str, descriptor: int | None = None) -> None:
        if name == "sync" and self.bad is not None and descriptor == self.bad:
            self.synced_after_failing.append(self.bad)
        if name == "close":
            self.bad = None if descriptor == self.bad else self.bad
            return  # a failing close is the system's business: the descriptor is gone
        self.left -= 1
        if self.left == 0:
            self.failed = name
            if name == "sync":
                self.bad = descriptor
            raise OSError(self.error, os.strerror(self.error))


def _failing(name):
    def method(self, *arguments, **options):
        self._count(name, arguments[0] if name in ("sync", "close") else None)
        return getattr(Disk, name)(self, *arguments, **options)

    return method


for _name in CALLS:
    setattr(Failing, _name, _failing(_name))


class Short(Disk):
    """A disk that takes three bytes at a time."""

    def write_some(self, descriptor, data, offset):
        return super().write_some(descriptor, data[:3], offset)


def run(log_path: Path, disk: Disk) -> tuple[list, int]:
    """Six calls with a log that is opened again when it can't be; what was acknowledged, and how many were refused."""
    acknowledged, refused = [], 0
    limits = Limits(checkpoint_records=6, segment_records=8, checkpoint_seconds=10**6)
    for _ in range(2):
        try:
            with Log(log_path, limits=limits, texts="hashed", disk=disk) as log:
                judge = Recorded(Quick(), log)
                for call in range(len(acknowledged), 6):
                    try:
                        judge.judge(pairs(2, 10 * call))
                    except AuditError:
                        refused += 1
                        judge.judge(pairs(2, 10 * call))  # without a restart, once the disk is well again
                    acknowledged.append(call)
                return acknowledged, refused
        except AuditError:
            refused += 1
    return acknowledged, refused


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_every_call_that_fails_is_told_and_survived(tmp_path, error, step):
    """F4: every k, or every seventh, until the run has no k-th call any more."""
    pytest.importorskip("cryptography")
    failed = set()
    for k in range(error % 3 + 1, 500, step):
        root = tmp_path / str(k)
        root.mkdir()
        signed_log(root) if k % 3 == 0 else None
        disk = Failing(k, error)
        acknowledged, refused = run(root / "log", disk)
        if not disk.failed:
            break
        failed.add(disk.failed)
        assert refused == 1, (k, disk.failed)
        assert acknowledged == list(range(6))
        assert not disk.synced_after_failing, "a descriptor was synced again after it had failed"
        found = verify(root / "log")
        assert found.ok, (k, disk.failed, found.problems)
        assert all(bad is None for bad in second.verify(root / "log").values())
        counts = sum(entry.kind == "verdict" for entry in read_entries(root / "log"))
        assert counts in (12, 14), k  # a call whose checkpoint failed was on record already, and asked again
    assert k > 60
    common = {"open", "write_some", "sync", "sync_directory"}
    assert failed == common | {"link", "remove", "make_directory"} if step == 1 else failed & common


def test_while_the_disk_is_full_there_is_no_verdict(tmp_path):
    """F4: every call is refused with a named error; the first after there is room is answered."""
    disk = Disk()
    with Log(tmp_path / "log", disk=disk) as log:
        judge = Recorded(Quick(), log)
        judge.judge(pairs(1))

        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        disk.write_some = full  # type: ignore[method-assign]
        for _ in range(5):
            with pytest.raises(AuditError, match=r"No space left.*no verdict is given without its record"):
                judge.judge(pairs(1, 1))
        del disk.write_some
        judge.judge(pairs(1, 2))
    assert verify(tmp_path / "log").ok
    texts = [entry.pair for entry in read_entries(tmp_path / "log") if entry.pair]
    assert texts == [*pairs(1), *pairs(1, 2)]


def test_short_writes_are_finished(tmp_path):
    """F4."""
    with Log(tmp_path / "log", disk=Short()) as log:
        Recorded(Quick(), log).judge(pairs(3))
    assert verify(tmp_path / "log").ok


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize(
    ("call", "error"), [("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("pwrite64", "EINTR"), ("fdatasync", "EIO")]
)
def test_system_calls_that_fail(tmp_path, call, error):
    """F4: as the kernel would tell it; what the process had acknowledged is on record, and the error has a name."""
    for k in [1, 2, 3, 5, 8, 13, 21, 34]:
        log = tmp_path / f"{k}"
        inject = f"inject={call}:error={error}:when={k}"
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject, sys.executable, WRITER, log, "30"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        told = [int(line) for line in done.stdout.splitlines()]
        assert told == list(range(30)) if error == "EINTR" else "AuditError" in done.stderr
        with Log(log):
            pass
        assert verify(log).ok
        recorded = {entry.pair for entry in read_entries(log) if entry.pair}
        assert all(set(pairs(1 + call_ % 4, 10 * call_)) <= recorded for call_ in told)
