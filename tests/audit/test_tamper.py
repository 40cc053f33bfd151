"""A3, A4: whatever is done to a log is found, by both verifiers, with the first bad record named."""

from __future__ import annotations

import json
import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest
import second_verifier as second
from logs import Quick, filled, pairs, signed_log

from tuili.audit import Log, Recorded
from tuili.audit.lines import read_line, write_line
from tuili.audit.log import Limits
from tuili.audit.settings import read_settings
from tuili.audit.signing import read_public_key
from tuili.audit.verify import verify
from tuili.errors import AuditError

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("cryptography")
SMALL = Limits(checkpoint_records=5, segment_records=12)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp("tamper")
    filled(signed_log(root), calls=10, each=3, limits=SMALL)
    return root


@pytest.fixture
def copy(original, tmp_path):
    """A copy of the log to spoil; what is elsewhere stays out of reach."""
    shutil.copytree(original / "log", tmp_path / "log")
    return tmp_path / "log"


def both(log: Path, root: Path, *, elsewhere: bool = True) -> tuple[bool, int | None]:
    """Whether the log is intact, and the first bad record; the two verifiers must agree on both."""
    outside = root / "elsewhere" if elsewhere else None
    key = read_public_key(root / "key.pub")
    found = verify(log, checkpoints=outside, public_key=root / "key.pub")
    bad = {problem.where: problem.seq for problem in found.problems if problem.seq is not None}
    other = second.verify(log, outside, key)
    assert found.ok == all(value is None for value in other.values()), (found, other)
    assert bad.get("0001") == other["0001"], (found, other)
    return found.ok, bad.get("0001")


def lines_of(log: Path) -> list[bytes]:
    return [line for path in sorted((log / "0001").glob("*.jsonl")) for line in path.read_bytes().splitlines(True)]


def put(log: Path, lines: list[bytes]) -> None:
    """Write the lines over the segments, each with as many as it had, the last with the rest."""
    segments = sorted((log / "0001").glob("*.jsonl"))
    for segment in segments:
        had = segment.read_bytes().count(b"\n")
        mine, lines = (lines[:had], lines[had:]) if segment != segments[-1] else (lines, [])
        segment.write_bytes(b"".join(mine))


def restamped(log: Path, lines: list[bytes], first: int, change: dict | None = None) -> list[bytes]:
    """The lines from `first` on written anew, as if they had always been so: hashes, numbers and groups fit."""
    prev = read_line(lines[first - 1]).leaf if first else read_settings(log).genesis("0001")
    result = lines[:first]
    commit = read_line(lines[first - 1]).place.commit + 1 if first else 0
    for number, line in enumerate(lines[first:], first):
        found = read_line(line)
        value = json.loads(found.record)
        if number == first and change:
            value["what"].update(change)
        place = found.place._replace(seq=number, prev=prev, commit=commit, part=0, parts=1)
        new, prev = write_line(place, found.kind, value["time"], value["what"])
        result.append(new)
        commit += 1
    return result


def test_an_untouched_log_is_intact(original):
    assert both(original / "log", original) == (True, None)
    found = verify(original / "log", checkpoints=original / "elsewhere", public_key=original / "key.pub")
    assert found.signatures == "checked"
    assert found.unchecked == {"0001": 0}
    assert sum(found.records.values()) >= 30
    assert len(list((original / "log/0001").glob("*.jsonl"))) >= 3


@pytest.mark.parametrize("rounds", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_every_kind_of_change_is_found_and_named(original, copy, rounds):
    """A3: delete, insert, swap, duplicate, reorder, tail cut, cut and reappend, fork, restamp; each at many places."""
    rng = random.Random(0)
    lines = lines_of(copy)
    n = len(lines)
    tried = 0
    for _ in range(rounds):
        k, m = sorted(rng.sample(range(n), 2))
        spoiled = {
            "delete": (lines[:k] + lines[k + 1 :], k),
            "insert": ([*lines[:k], lines[m], *lines[k:]], k),
            "swap": ([*lines[:k], lines[m], *lines[k + 1 : m], lines[k], *lines[m + 1 :]], k),
            "duplicate": (lines[: k + 1] + lines[k:], k + 1),
            "reorder": (lines[:k] + lines[m:] + lines[k:m], k),
            "tail cut": (lines[:m], m),
            "cut and reappend": (restamped(copy, lines[:k] + lines[m:], k), None),
            "fork": (restamped(copy, lines, k, {"forged": True}), None),
            "restamp": (restamped(copy, lines, 0, {"forged": True}), None),
        }
        for what, (changed, first) in spoiled.items():
            put(copy, changed)
            intact, bad = both(copy, original)
            assert not intact, what
            if first is not None:
                assert bad == first, (what, bad, first)
            elif what == "fork":
                assert bad is not None, what
                assert bad <= k < bad + 7, (what, bad, k)  # the last checkpoint that agreed is at most a few before it
            tried += 1
    put(copy, lines)
    assert both(copy, original) == (True, None)
    assert tried == 9 * rounds


@pytest.mark.parametrize("edits", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_changed_bit_is_found(original, copy, edits):
    """A3: in the segments, in the settings, in the log's own checkpoints."""
    rng = random.Random(edits)
    files = [*sorted((copy / "0001").glob("*.jsonl")), copy / "log.json", copy / "checkpoints.jsonl"]
    contents = {path: path.read_bytes() for path in files}
    for number in range(edits):
        path = files[number % len(files)]
        content = bytearray(contents[path])
        place = rng.randrange(len(content))
        content[place] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
        try:
            found = verify(copy, checkpoints=original / "elsewhere", public_key=original / "key.pub")
            assert not found.ok, (path.name, place)
            if path.suffix == ".jsonl" and path.parent.name == "0001":
                before = sum(contents[p].count(b"\n") for p in files[: files.index(path)])
                assert found.problems[0].seq == before + contents[path][:place].count(b"\n")
        except AuditError as error:  # what can't be read any more is found, too
            assert path.name == "log.json", error
        path.write_bytes(contents[path])


@pytest.mark.parametrize("edits", [30])
def test_the_second_verifier_agrees_on_changed_bits(original, copy, edits):
    """A4."""
    rng = random.Random(5)
    for number in range(edits):
        path = rng.choice(sorted((copy / "0001").glob("*.jsonl")))
        content = path.read_bytes()
        place = rng.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << number % 8)]) + content[place + 1 :])
        assert not both(copy, original)[0]
        path.write_bytes(content)


def test_what_only_checkpoints_elsewhere_can_find_is_not_found_without_them(original, copy):
    """A3: the reason why checkpoints are kept elsewhere."""
    put(copy, restamped(copy, lines_of(copy), 0, {"forged": True}))
    (copy / "checkpoints.jsonl").unlink()
    assert verify(copy).ok
    assert not verify(copy, checkpoints=original / "elsewhere").ok
    assert not verify(copy, public_key=original / "key.pub").ok


def test_files_and_chains_that_are_missing_are_found(original, copy):
    """A3: a segment, the whole chain."""
    segments = sorted((copy / "0001").glob("*.jsonl"))
    for segment in segments:
        content = segment.read_bytes()
        segment.unlink()
        assert not both(copy, original)[0]
        segment.write_bytes(content)
    shutil.rmtree(copy / "0001")
    assert both(copy, original) == (False, 0)


def test_a_checkpoint_that_was_made_up_is_found(original, copy, tmp_path):
    """A3: another key, no key, another log's."""
    (tmp_path / "other").mkdir()
    other = filled(signed_log(tmp_path / "other"), calls=2)
    for line in (other / "checkpoints.jsonl").read_bytes().splitlines(True):
        with (copy / "checkpoints.jsonl").open("ab") as file:
            file.write(line)
        assert not verify(copy).ok
    own = (original / "log/checkpoints.jsonl").read_bytes().splitlines(True)[-1]
    value = json.loads(own)
    value["signature"] = None
    for forged in (own.replace(value["checkpoint"]["public_key"].encode(), b"0" * 64), own.replace(b"2", b"3", 1)):
        (copy / "checkpoints.jsonl").write_bytes(forged)
        assert not verify(copy, public_key=original / "key.pub").ok


def test_the_blind_window_is_a_thousand_records_or_a_minute(tmp_path):
    """A3: at most that many records are without a checkpoint; the clock sees to those of an idle process."""
    assert (Limits().checkpoint_records, Limits().checkpoint_seconds) == (1000, 60.0)
    log = Log(signed_log(tmp_path), limits=Limits(checkpoint_records=50))
    judge = Recorded(Quick(), log)
    for call in range(30):
        judge.judge(pairs(7, call))
        assert verify(tmp_path / "log").unchecked["0001"] < 50
    log.close()
    assert verify(tmp_path / "log", checkpoints=tmp_path / "elsewhere").unchecked["0001"] == 0
    with Log(tmp_path / "log", limits=Limits(checkpoint_seconds=0.05)) as idle:
        Recorded(Quick(), idle).judge(pairs(1))
        deadline = time.monotonic() + 10
        while verify(tmp_path / "log").unchecked["0001"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert verify(tmp_path / "log").unchecked["0001"] == 0
