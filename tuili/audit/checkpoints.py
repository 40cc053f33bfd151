"""Checkpoints: how large each chain was at some time, under which Merkle root; signed, and copied out of reach.

A chain alone can be cut at its end, or written anew from its beginning, and still be a chain. It can't do so and keep
the root that a checkpoint elsewhere names. A line of a file of checkpoints is canonical JSON:

    {"checkpoint":{"log":…,"public_key":…,"schema":1,"time":…,"writers":{"0001":{…},…}},"signature":…}

The signature is Ed25519 over `tuili-audit-checkpoint-1`, a line feed, and the bytes of `checkpoint`. One checkpoint
speaks for all chains: a writer takes over what the last one said of the others and puts its own chain in.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.audit.canonical import canonical
from tuili.audit.disk import wait_for_lock
from tuili.audit.lines import SCHEMA
from tuili.audit.merkle import Tree
from tuili.audit.settings import CHECKPOINTS, CHECKPOINTS_LOCK
from tuili.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuili.audit.disk import Disk
    from tuili.audit.settings import Settings
    from tuili.engine.signing import Signer

_TAIL_BYTES = 2**20  # room for the last line, whatever the number of writers
_BEFORE = b'{"checkpoint":'
_BETWEEN = b',"signature":'


@dataclass(frozen=True, slots=True)
class Point:
    """Where a chain stood.

    Attributes:
        size: How many records it had.
        head: The leaf hash of the last one.
        root: The Merkle root over all.
        frontier: From which the tree can go on, see `merkle.Tree`.
        commit: The number of the next group.
        segment, offset: Where in the segments the next record goes: file, counted from 1, and byte.
    """

    size: int
    head: bytes
    root: bytes
    frontier: tuple[bytes, ...]
    commit: int
    segment: int
    offset: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "commit": self.commit,
            "frontier": [node.hex() for node in self.frontier],
            "head": self.head.hex(),
            "offset": self.offset,
            "root": self.root.hex(),
            "segment": self.segment,
            "size": self.size,
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Point:
        """The point that `to_dict` wrote; ValueError, KeyError or TypeError if it is not one."""
        frontier = tuple(bytes.fromhex(node) for node in value["frontier"])
        root = bytes.fromhex(value["root"])
        if Tree(value["size"], frontier).root() != root:
            raise ValueError("the root is not that of the frontier")
        head, numbers = bytes.fromhex(value["head"]), [value[name] for name in ("commit", "segment", "offset")]
        if any(type(number) is not int or number < 0 for number in numbers):
            raise ValueError("a number is not a number")
        return cls(value["size"], head, root, frontier, *numbers)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A line of a file of checkpoints.

    Attributes:
        log: Of which log.
        time: When, UTC.
        writers: Where each writer's chain stood.
        public_key: Whose signature it bears, as it says itself; None: it is unsigned.
        signature: 128 hex digits, or None.
        message: The bytes that are signed.
    """

    log: str
    time: str
    writers: dict[str, Point]
    public_key: str | None
    signature: str | None
    message: bytes

    @classmethod
    def make(cls, log: str, time: str, writers: dict[str, Point], signer: Signer | None) -> Checkpoint:
        public_key = None if signer is None else signer.public_key
        value = {
            "log": log,
            "public_key": public_key,
            "schema": SCHEMA,
            "time": time,
            "writers": {name: point.to_dict() for name, point in writers.items()},
        }
        message = canonical(value)
        return cls(log, time, writers, public_key, None if signer is None else signer.sign(message), message)

    @classmethod
    def from_line(cls, line: bytes) -> Checkpoint:
        """The checkpoint in a line; ValueError if there is none."""
        try:
            value, signature = json.loads(line), json.loads(line)["signature"]
            inner = value["checkpoint"]
            writers = {str(name): Point.from_dict(point) for name, point in inner["writers"].items()}
            message = line[len(_BEFORE) : line.rindex(_BETWEEN)]
            checkpoint = cls(inner["log"], inner["time"], writers, inner["public_key"], signature, message)
            schema = inner["schema"]
            # hexadecimal has two spellings of a letter, and either would verify
            spelled = signature is None or bytes.fromhex(signature).hex() == signature
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("the line is not a checkpoint") from error
        if schema != SCHEMA or not spelled or checkpoint.line() != line:
            raise ValueError("the line is not a checkpoint as tuili writes them")
        return checkpoint

    def line(self) -> bytes:
        return _BEFORE + self.message + _BETWEEN + canonical(self.signature) + b"}\n"


def read_checkpoints(path: Path) -> Iterator[tuple[int, Checkpoint | str]]:
    """The lines of a file of checkpoints by number, counted from 1; for a line that is none, what is wrong with it.

    Raises:
        AuditError: The file can't be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield number, Checkpoint.from_line(line)
                except ValueError as error:
                    yield number, str(error)
    except OSError as error:
        raise AuditError(f"{path}: the checkpoints can't be read: {error.strerror}") from error


class CheckpointFiles:
    """The files that a log's checkpoints go to. Errors of the system are OSError."""

    def __init__(self, settings: Settings, disk: Disk) -> None:
        self._settings = settings
        self._disk = disk
        self._listed: set[Path] = set()
        self._files = [settings.directory / CHECKPOINTS, *([settings.checkpoints] if settings.checkpoints else [])]

    def last(self) -> Checkpoint | None:
        """The last checkpoint in the log itself.

        Raises:
            AuditError: The end of the file is not as it was written.
        """
        path = self._files[0]
        if not path.exists():
            return None
        with path.open("rb") as file:
            return self._last_in(path, file.fileno())[0]

    def add(self, writer: str, point: Point, time: str, signer: Signer | None) -> None:
        """Write a checkpoint that has `point` for the writer, and for the others what the last one said.

        The file elsewhere comes first: what the log says of itself is never ahead of what can be held against it.

        Raises:
            AuditError: A file of checkpoints is not as it was written.
        """
        guard = self._disk.open(self._settings.directory / CHECKPOINTS_LOCK)
        try:
            wait_for_lock(guard)
            before = self.last()
            writers = {**(before.writers if before else {}), writer: point}
            line = Checkpoint.make(self._settings.id, time, writers, signer).line()
            for path in reversed(self._files):
                self._append(path, line)
        finally:
            self._disk.close(guard)

    def _append(self, path: Path, line: bytes) -> None:
        descriptor = self._disk.open(path)
        try:
            _, end = self._last_in(path, descriptor)
            if end < os.fstat(descriptor).st_size:
                self._disk.truncate(descriptor, end)  # what an interruption left of a line
            self._disk.write(descriptor, line, end)
            self._disk.sync(descriptor)
        finally:
            self._disk.close(descriptor)
        if path not in self._listed:  # it may be new, and its directory not on disk
            self._disk.sync_directory(path.parent)
            self._listed.add(path)

    def _last_in(self, path: Path, descriptor: int) -> tuple[Checkpoint | None, int]:
        """The last checkpoint of a file, and where its line ends. One line after it may be torn, no more."""
        size = os.fstat(descriptor).st_size
        end = size
        lines = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).splitlines(keepends=True)
        for torn, line in enumerate(reversed(lines)):
            try:
                return Checkpoint.from_line(line), end
            except ValueError as error:
                if torn:
                    raise AuditError(
                        f"{path}: its end is not as it was written ({error}); run tuili audit verify, and begin "
                        "another log rather than go on with this one"
                    ) from error
                end -= len(line)
        return None, end
