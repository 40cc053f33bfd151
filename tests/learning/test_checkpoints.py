"""What is damaged is found before it is parsed, and the last good one is taken (F3)."""

from __future__ import annotations

import errno
import os
import random
import shutil
from pathlib import Path

import pytest

from tuili.errors import UsageError
from tuili.learning import checkpoints
from tuili.learning.checkpoints import DIGEST, RECORD, CheckpointStore

FILES = {"model.safetensors": b"weights" * 50, "optimiser.safetensors": bytes(range(256))}


@pytest.fixture
def store(tmp_path) -> CheckpointStore:
    """Two checkpoints, 1 and 2."""
    store = CheckpointStore(tmp_path / "checkpoints")
    for number in (1, 2):
        store.save(number, {"number": number}, FILES | {"n": bytes([number])})
    return store


def latest(store: CheckpointStore) -> Path:
    return store.directory / "000000002"


def assert_falls_back(store: CheckpointStore, monkeypatch) -> None:
    """Checkpoint 2 is damaged: 1 is loaded, and no parser sees a byte of 2 that was not vouched for."""
    parsed = []
    loads = checkpoints.json.loads

    def spy(text):
        parsed.append(loads(text))
        return parsed[-1]

    monkeypatch.setattr(checkpoints.json, "loads", spy)
    found = store.load()
    monkeypatch.undo()
    assert found.number == 1
    assert found.files == FILES | {"n": b"\x01"}
    assert len(found.damaged) == 1
    assert found.damaged[0].startswith("000000002: ")
    assert all(described["record"]["number"] in (1, 2) for described in parsed)


def test_the_newest_comes_back_as_it_was(store):
    found = store.load()
    assert (found.number, found.record, found.files) == (2, {"number": 2}, FILES | {"n": b"\x02"})
    assert found.damaged == ()


def test_only_so_many_are_kept_and_nothing_else_is_left(store):
    store.save(3, {}, FILES)
    assert store.numbers() == [2, 3]
    assert sorted(path.name for path in store.directory.iterdir()) == ["000000002", "000000003"]


def test_an_empty_store_holds_none(tmp_path):
    assert CheckpointStore(tmp_path / "none").load() is None


@pytest.mark.parametrize("name", [*FILES, RECORD, DIGEST])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "longer", "other", "directory"])
def test_each_damage_to_each_file_is_found(store, monkeypatch, name, damage):
    path = latest(store) / name
    content = path.read_bytes()
    path.unlink()
    if damage == "directory":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes({"empty": b"", "cut": content[:-1], "longer": content + b"\n", "other": b"{}"}[damage])
    assert_falls_back(store, monkeypatch)


def test_a_file_of_another_checkpoint_is_found(store, monkeypatch):
    shutil.copy(store.directory / "000000001" / "n", latest(store) / "n")
    assert_falls_back(store, monkeypatch)


@pytest.mark.parametrize("flips", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_flipped_bits_are_found(store, monkeypatch, tmp_path, flips):
    rng = random.Random(1)
    kept = tmp_path / "kept"
    shutil.copytree(store.directory, kept)
    for _ in range(flips):
        path = rng.choice(sorted(latest(store).iterdir()))
        content = bytearray(path.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
        assert_falls_back(store, monkeypatch)
        shutil.rmtree(store.directory)
        shutil.copytree(kept, store.directory)


@pytest.mark.parametrize("cuts", [20, pytest.param(500, marks=pytest.mark.slow)])
def test_cut_files_are_found(store, monkeypatch, tmp_path, cuts):
    rng = random.Random(2)
    kept = tmp_path / "kept"
    shutil.copytree(store.directory, kept)
    for _ in range(cuts):
        path = rng.choice(sorted(latest(store).iterdir()))
        content = path.read_bytes()
        path.write_bytes(content[: rng.randrange(len(content))])
        assert_falls_back(store, monkeypatch)
        shutil.rmtree(store.directory)
        shutil.copytree(kept, store.directory)


def test_a_damaged_one_is_put_aside_and_its_number_can_be_written_again(store):
    (latest(store) / "n").write_bytes(b"x")
    assert store.load().number == 1
    assert store.numbers() == [1]
    store.save(2, {"again": True}, FILES)
    assert store.load().record == {"again": True}
    assert (store.directory / "damaged-000000002" / "n").read_bytes() == b"x"


def test_where_none_is_whole_that_is_said(store):
    for number in ("000000001", "000000002"):
        (store.directory / number / RECORD).unlink()
    with pytest.raises(UsageError, match=r"no checkpoint is whole \(000000002: .*000000001: .*remove the directory"):
        store.load()


@pytest.mark.parametrize("call", ["write", "fsync", "mkdir", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_when_the_disk_fails_the_earlier_ones_still_load(store, monkeypatch, call, code):
    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(*((Path, call) if call in ("mkdir", "rename") else (os, call)), fail)
    with pytest.raises(UsageError, match=r"the earlier ones are whole: make room, and go on with --resume"):
        store.save(3, {}, FILES)
    monkeypatch.undo()
    assert store.load().number == 2
    store.save(3, {}, FILES)
    assert store.load().number == 3


def test_a_disk_that_fills_up_half_way_leaves_the_earlier_ones(store, monkeypatch):
    room = 600
    write = os.write

    def scarce(descriptor, content):
        nonlocal room
        if room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(descriptor, content[:room])
        room -= written
        return written

    monkeypatch.setattr(os, "write", scarce)
    with pytest.raises(UsageError, match="No space left on device"):
        store.save(3, {}, FILES)
    monkeypatch.undo()
    assert sorted(path.name for path in store.directory.iterdir()) == ["000000001", "000000002"]
    assert store.load().number == 2


def test_what_a_killed_run_left_is_swept_away(store):
    (store.directory / ".new-000000003").mkdir()
    (store.directory / ".old-000000001").mkdir()
    assert store.load().number == 2
    store.save(3, {}, FILES)
    assert sorted(path.name for path in store.directory.iterdir()) == ["000000002", "000000003"]


def test_clearing_leaves_nothing(store):
    store.clear()
    assert not store.directory.exists()
    assert store.load() is None
