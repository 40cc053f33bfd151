"""Where a run keeps what it needs to go on: the last few checkpoints, each whole or not there.

    DIRECTORY/000000120/checkpoint.sha256   one line, as `sha256sum` writes it: the digest of checkpoint.json
    DIRECTORY/000000120/checkpoint.json     the record, and the length and SHA-256 of every other file
    DIRECTORY/000000120/*.safetensors

A checkpoint is written into a directory of another name, flushed to the disk, and then renamed; only after that is the
oldest removed. Reading goes down the chain of digests, so nothing that is damaged reaches a parser: it is put
aside, and the one before it is taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuili.disk import sync_directory
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RECORD = "checkpoint.json"
DIGEST = "checkpoint.sha256"
_NAME = re.compile(r"[0-9]{9}")
_UNFINISHED, _OLD, _DAMAGED = ".new-", ".old-", "damaged-"
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What `CheckpointStore.save` was given, every byte of it checked.

    Attributes:
        number: Of the step.
        record: JSON.
        files: Content by name.
        damaged: Later checkpoints that were put aside, with what is wrong with each.
    """

    number: int
    record: Mapping[str, Any]
    files: Mapping[str, bytes] = field(repr=False)
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckpointStore:
    """A directory of checkpoints. One process writes to it at a time.

    Attributes:
        directory: Made when the first one is saved.
        keep: How many stay.
    """

    directory: Path
    keep: int = 2

    def save(self, number: int, record: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
        """Write a checkpoint, in the place of one of that number if there is one.

        Raises:
            UsageError: It can't be written, say since the disk is full. Those that were there still are.
        """
        target = self.directory / f"{number:09d}"
        new = self.directory / f"{_UNFINISHED}{number:09d}"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._sweep()
            _write_directory(new, record, files)
            if target.exists():
                target.rename(self.directory / f"{_OLD}{number:09d}")
            new.rename(target)
            sync_directory(self.directory)
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            raise UsageError(
                f"can't write a checkpoint to {self.directory}: {error.strerror or error}; the earlier ones are "
                "whole: make room, and go on with --resume"
            ) from error
        self._drop_oldest()
        return target

    def load(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; None where there is none.

        Raises:
            UsageError: The directory can't be read, or holds checkpoints, but none is whole.
        """
        try:
            numbers = self.numbers()
        except OSError as error:
            raise UsageError(f"{self.directory}: can't be read ({error.strerror})") from error
        damaged: list[str] = []
        for number in reversed(numbers):
            folder = self.directory / f"{number:09d}"
            try:
                record, files = _read_directory(folder)
            except (_DamagedError, OSError) as error:
                damaged.append(f"{folder.name}: {error}")
                continue
            for name in damaged:
                self._put_aside(name.partition(":")[0])
            return Checkpoint(number, record, files, tuple(damaged))
        if damaged:
            raise UsageError(
                f"{self.directory}: no checkpoint is whole ({'; '.join(damaged)}); remove the directory to begin anew"
            )
        return None

    def numbers(self) -> list[int]:
        """Of the checkpoints that are there, whole or not, oldest first."""
        if not self.directory.exists():
            return []
        return sorted(int(path.name) for path in self.directory.iterdir() if _NAME.fullmatch(path.name))

    def clear(self) -> None:
        """Remove all checkpoints, and the directory."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _drop_oldest(self) -> None:
        for number in self.numbers()[: -self.keep]:
            self._remove(number)

    def _remove(self, number: int) -> None:
        # Renamed first, so that one that is half removed never looks like one that is damaged.
        old = self.directory / f"{_OLD}{number:09d}"
        shutil.rmtree(old, ignore_errors=True)
        try:
            (self.directory / f"{number:09d}").rename(old)
        except OSError:
            return  # one too many does no harm
        shutil.rmtree(old, ignore_errors=True)

    def _put_aside(self, name: str) -> None:
        aside = self.directory / f"{_DAMAGED}{name}"
        shutil.rmtree(aside, ignore_errors=True)
        (self.directory / name).rename(aside)

    def _sweep(self) -> None:
        """Remove what a killed run left unfinished."""
        for path in list(self.directory.iterdir()) if self.directory.exists() else []:
            if path.name.startswith((_UNFINISHED, _OLD)):
                shutil.rmtree(path, ignore_errors=True)


class _DamagedError(Exception):
    """A checkpoint is not what was written."""


def _write_directory(folder: Path, record: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    entries = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)} for name, content in files.items()
    }
    text = json.dumps({"record": record, "files": entries}, indent=2, allow_nan=False).encode() + b"\n"
    folder.mkdir()
    for name, content in {**files, RECORD: text, DIGEST: _digest_line(text)}.items():
        descriptor = os.open(folder / name, _WRITE, 0o644)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_directory(folder)


def _read_directory(folder: Path) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    text = _read(folder / RECORD)
    if _read(folder / DIGEST) != _digest_line(text):
        raise _DamagedError(f"{RECORD} is not what {DIGEST} says")
    described = json.loads(text)
    files = {}
    for name, entry in described["files"].items():
        content = _read(folder / name)
        if len(content) != entry["bytes"] or hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise _DamagedError(f"{name} is not what {RECORD} says")
        files[name] = content
    return described["record"], files


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _DamagedError(f"{path.name} can't be read ({error.strerror})") from error


def _digest_line(text: bytes) -> bytes:
    return f"{hashlib.sha256(text).hexdigest()}  {RECORD}\n".encode()
