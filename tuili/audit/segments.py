"""One writer's files: who holds the lock appends whole groups of records, and nobody else does.

A group is on disk before `append` returns. Of a group that an interruption left unfinished nobody was told, so it is
cut off when the chain is next opened, set aside in a `torn-…` file, and the cut is a record of its own. Anything else
that does not fit is damage: the chain is not opened, and nothing is cut.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Any

from tuili.audit.chain import Chain
from tuili.audit.checkpoints import Point
from tuili.audit.disk import lock
from tuili.audit.lines import Place, read_line, write_line
from tuili.audit.merkle import Tree
from tuili.audit.settings import LOCK
from tuili.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tuili.audit.disk import Disk
    from tuili.audit.settings import Settings


class Segments:
    """A writer's chain, open for appending.

    Attributes:
        chain: How far it has come.
        segment: The number of the file that is written, from 1.
        offset: How long that file is: all of it is on disk.
        records: How many records that file holds, as far as is known.
        healed: What was cut off when the chain was opened; None if nothing was.
    """

    def __init__(self, settings: Settings, writer: str, descriptor: int, point: Point | None, disk: Disk) -> None:
        """Open the chain of a writer whose lock is held.

        Args:
            settings: The log's.
            writer: Whose chain.
            descriptor: The open lock file.
            point: Where the chain stood when it was last closed; reading goes on from there. None: from the beginning.
            disk: The file system.

        Raises:
            AuditError: The chain is damaged.
            OSError: It can't be read or written.
        """
        self.directory = settings.directory / writer
        self.healed: dict[str, Any] | None = None
        self._disk = disk
        self._lock = descriptor
        self._descriptor: int | None = None
        self.chain = Chain(settings.id, writer, settings.genesis(writer))
        self.segment, self.offset, self.records = 1, 0, 0
        if point is not None and point.size:
            tree = Tree(point.size, point.frontier)
            self.chain = Chain(settings.id, writer, point.head, tree, point.commit)
            self.segment, self.offset = point.segment, point.offset
        self._read_on(settings.segments(writer))
        self._reopen()

    # --- opening -------------------------------------------------------------------------------------------------

    def _read_on(self, segments: list[Path]) -> None:
        """Read from where the chain stood to its end; cut off a group that was not finished."""
        for number in range(self.segment, len(segments) + 1):
            path = self._path(number)
            if path != segments[number - 1]:
                raise AuditError(f"{path} is missing; run tuili audit verify")
            if number > self.segment:
                self.segment, self.offset, self.records = number, 0, 0
            is_last = number == len(segments)
            rest = self._follow(path)
            if rest and not is_last:
                raise self._damaged(path, rest, "a later segment follows it")
            if rest:
                self._heal(path, rest)
        if len(segments) < self.segment and self.offset:
            raise AuditError(f"{self._path(self.segment)} is missing; run tuili audit verify")

    def _follow(self, path: Path) -> bytes:
        """Follow the whole groups from `offset` on. Returns what comes after them."""
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self.offset:
                raise AuditError(f"{path}: is shorter than the last checkpoint says; run tuili audit verify")
            file.seek(self.offset)
            content = file.read()
        ahead = self.chain.copy()
        kept = end = records = 0
        for line in content.splitlines(keepends=True):
            try:
                ahead.follow(read_line(line))
            except ValueError:
                break
            end, records = end + len(line), records + 1
            if ahead.waiting == 0:
                self.chain, kept = ahead.copy(), end
                self.records, records = self.records + records, 0
        self.offset += kept
        return content[kept:]

    def _heal(self, path: Path, rest: bytes) -> None:
        """Cut off what an interruption left of a group; AuditError if that can't be what it is."""
        for line in rest.splitlines(keepends=True):
            try:
                found = read_line(line)
            except ValueError:
                continue
            # A later group is begun only when this one is on disk: if it is there, this one was whole once.
            ahead = found.place.seq - self.chain.tree.size
            if found.place.commit != self.chain.commit or not 0 <= ahead < found.place.parts:
                raise self._damaged(path, rest, f"record {found.place.seq} follows it")
        aside = self.directory / f"torn-{self.chain.tree.size}-{secrets.token_hex(4)}"
        descriptor = self._disk.open(aside, exclusive=True)
        try:
            self._disk.write(descriptor, rest, 0)
            self._disk.sync(descriptor)
        finally:
            self._disk.close(descriptor)
        self._disk.sync_directory(self.directory)
        self.healed = {"bytes": len(rest), "file": aside.name, "sha256": hashlib.sha256(rest).hexdigest()}

    def _damaged(self, path: Path, rest: bytes, why: str) -> AuditError:
        ahead = self.chain.copy()
        reason = "its group is not whole"
        try:
            for line in rest.splitlines(keepends=True):
                ahead.follow(read_line(line))
        except ValueError as error:
            reason = str(error)
        return AuditError(
            f"{path}: record {ahead.tree.size} is damaged ({reason}), and that is no torn end, as {why}; "
            "nothing is appended to a damaged log: run tuili audit verify, keep it, and begin another"
        )

    # --- writing -------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]) -> list[int]:
        """Write a group of records (kind, time, content) and have the disk hold it. Returns their numbers.

        Raises:
            OSError: The system refused. Nothing of the group counts as written.
            ValueError, TypeError: Something can't be written as canonical JSON. Nothing was written.
        """
        chain = self.chain
        numbers, leaves, lines, prev = [], [], [], chain.head
        for index, (kind, time, what) in enumerate(entries):
            number = chain.tree.size + index
            place = Place(chain.log, chain.writer, number, prev, chain.commit, index, len(entries))
            line, prev = write_line(place, kind, time, what)
            numbers.append(number)
            leaves.append(prev)
            lines.append(line)
        data = b"".join(lines)
        self._write(data)
        for leaf in leaves:
            chain.tree.append(leaf)
        chain.head, chain.commit = prev, chain.commit + 1
        self.offset += len(data)
        self.records += len(entries)
        return numbers

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            self._reopen()
        descriptor = self._descriptor
        if descriptor is None:  # pragma: no cover - _reopen sets it or raises
            raise OSError("the segment is not open")
        try:
            self._disk.write(descriptor, data, self.offset)
            self._disk.sync(descriptor)
        except OSError:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """After an error, what the disk holds of the last group is unknown, and a later sync of the same descriptor
        could report a success that is none. So the descriptor is closed for good, and the group is cut off."""
        descriptor, self._descriptor = self._descriptor, None
        try:
            if descriptor is not None:
                self._disk.close(descriptor)
            self._reopen()
        except OSError:
            return  # the next append tries again, and is refused where it fails again

    def _reopen(self) -> None:
        """Open the segment anew, cut to what is known to be on disk."""
        path = self._path(self.segment)
        descriptor = self._disk.open(path)
        try:
            if os.fstat(descriptor).st_size != self.offset:
                self._disk.truncate(descriptor, self.offset)
                self._disk.sync(descriptor)
            self._disk.sync_directory(self.directory)
        except OSError:
            self._disk.close(descriptor)
            raise
        self._descriptor = descriptor

    def rotate(self) -> None:
        """Go on in a new file. Raises OSError; the old one is gone on with then."""
        before = self.segment, self.offset, self.records, self._descriptor
        self.segment, self.offset, self.records, self._descriptor = self.segment + 1, 0, 0, None
        try:
            self._reopen()
        except OSError:
            self.segment, self.offset, self.records, self._descriptor = before
            raise
        if before[3] is not None:
            self._disk.close(before[3])

    def point(self) -> Point:
        """Where the chain stands."""
        tree = self.chain.tree
        return Point(
            tree.size, self.chain.head, tree.root(), tuple(tree.frontier), self.chain.commit, self.segment, self.offset
        )

    def close(self) -> None:
        """Let go of the segment and of the lock."""
        for descriptor in (self._descriptor, self._lock):
            if descriptor is not None:
                self._disk.close(descriptor)
        self._descriptor = None

    def _path(self, number: int) -> Path:
        return self.directory / f"{number:06d}.jsonl"


def take_writer(settings: Settings, writer: str | None, disk: Disk) -> tuple[str, int]:
    """The name of a writer and its lock: the one that is asked for, or else the first that nobody holds.

    Raises:
        AuditError: Another process holds it.
        OSError: The system refused.
    """
    names = [writer] if writer is not None else [f"{number:04d}" for number in range(1, 10000)]
    for name in names:
        disk.make_directory(settings.directory / name)
        descriptor = disk.open(settings.directory / name / LOCK)
        try:
            taken = lock(descriptor)
        except OSError:
            disk.close(descriptor)
            raise
        if taken:
            return name, descriptor
        disk.close(descriptor)
    raise AuditError(
        f"{settings.directory}: writer {writer or 'of any name'} is held by another process; "
        "leave the writer out, and the log gives this process a chain of its own"
    )
