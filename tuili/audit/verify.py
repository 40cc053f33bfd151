"""Whether a log is as it was written: every record, every chain, every checkpoint, every key.

What only the log says can be made up by whoever may write it: hold it against checkpoints that they can't reach, and
against a public key that you have from elsewhere. Without these, a cut at the end of a chain, between two groups, and a
log that was written anew from its first record can't be found by anybody.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuili.audit.chain import Chain
from tuili.audit.checkpoints import read_checkpoints
from tuili.audit.disk import lock
from tuili.audit.keys import Keys
from tuili.audit.lines import read_line
from tuili.audit.log import RecordId
from tuili.audit.settings import CHECKPOINTS, KEYS, LOCK, read_settings
from tuili.audit.signing import can_check, is_signed, read_public_key
from tuili.audit.texts import NO_KEY, key_mark
from tuili.errors import AuditError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.audit.checkpoints import Checkpoint, Point
    from tuili.audit.lines import Line
    from tuili.audit.settings import Settings


# No text can hold this: a quotation mark in a text is escaped.
_KEY = re.compile(rb'"key":"([0-9a-f]{32})","mode":"')


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written.

    Attributes:
        where: A file, or a writer's chain.
        seq: The first record of that chain that is bad or missing; None where it is not about one.
        reason: What is wrong.
    """

    where: str
    seq: int | None
    reason: str

    def __str__(self) -> str:
        return f"{self.where}{'' if self.seq is None else f', record {self.seq}'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Attributes:
        problems: The first of each chain, and all of the checkpoints. Empty: the log is as it was written.
        records: How many good records each writer's chain has.
        checkpoints: How many checkpoints were held against them.
        unchecked: How many records of each chain came after its last checkpoint: these could have been cut unseen.
        signatures: `checked`, with the key that was given; `own`, with the key that the checkpoints themselves name;
            `unsigned`; `not checked`: the `audit` extra is not installed.
    """

    problems: tuple[Problem, ...]
    records: dict[str, int]
    checkpoints: int
    unchecked: dict[str, int]
    signatures: str

    @property
    def ok(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        problems = [{"where": p.where, "seq": p.seq, "reason": p.reason} for p in self.problems]
        return {
            "ok": self.ok,
            "problems": problems,
            "records": self.records,
            "checkpoints": self.checkpoints,
            "unchecked": self.unchecked,
            "signatures": self.signatures,
        }


def verify(
    path: str | Path, *, checkpoints: str | Path | None = None, public_key: str | Path | None = None
) -> Verification:
    """Read a whole log and find what was changed, left out, added, reordered or cut off.

    Args:
        path: The log.
        checkpoints: A file of checkpoints from elsewhere, which must all agree with the log.
        public_key: A file with the key that every checkpoint must be signed with.

    Raises:
        AuditError: There is no log, or a file can't be read.
        MissingExtra: A public key was given, and the `audit` extra is not installed.
    """
    from pathlib import Path

    settings = read_settings(path)
    found = _Checkpoints(settings.id, None if public_key is None else read_public_key(public_key))
    files = [settings.directory / CHECKPOINTS] if (settings.directory / CHECKPOINTS).exists() else []
    if checkpoints is not None:
        if not Path(checkpoints).is_file():
            raise UsageError(f"{checkpoints}: there is no such file of checkpoints")
        files.append(Path(checkpoints))
    for file in files:
        found.read(file)
    if public_key is not None and not found.number:
        found.problems.append(Problem(str(path), None, "there is no checkpoint that the key could have signed"))
    problems, records, unchecked = list(found.problems), {}, {}
    erased: set[RecordId] = set()
    keyed: dict[RecordId, str] = {}
    for writer in sorted({*settings.writers(), *found.points}):
        walk = _Walk(settings, writer, found.points[writer])
        problem = walk.run()
        if problem is not None:
            problems.append(problem)
        records[writer] = walk.chain.tree.size
        unchecked[writer] = max(0, records[writer] - max(found.points[writer], default=0))
        erased |= walk.erased
        keyed |= walk.keyed
    problems += _key_problems(settings, keyed, erased)
    return Verification(tuple(problems), records, found.number, unchecked, found.signatures())


@dataclass(slots=True)
class _Checkpoints:
    """All checkpoints, by writer and size, and what is wrong with them."""

    log: str
    key: str | None
    number: int = 0
    signed: int = 0
    problems: list[Problem] = field(default_factory=list)
    points: defaultdict[str, dict[int, list[tuple[str, Point]]]] = field(default_factory=lambda: defaultdict(dict))

    def read(self, path: Path) -> None:
        for number, checkpoint in read_checkpoints(path):
            where = f"{path}, line {number}"
            problem = checkpoint if isinstance(checkpoint, str) else self._problem(checkpoint)
            if problem is not None:
                self.problems.append(Problem(where, None, problem))
            if isinstance(checkpoint, str) or problem is not None:
                continue
            self.number += 1
            self.signed += checkpoint.signature is not None
            for writer, point in checkpoint.writers.items():
                same = self.points[writer].setdefault(point.size, [])
                if all(known != point for _, known in same):
                    same.append((where, point))

    def _problem(self, checkpoint: Checkpoint) -> str | None:
        if checkpoint.log != self.log:
            return f"the checkpoint is of log {checkpoint.log}, and this is log {self.log}"
        if self.key is not None and checkpoint.public_key != self.key:
            return "the checkpoint is not signed with the key that was given"
        if (checkpoint.signature is None) != (checkpoint.public_key is None):
            return "the checkpoint names a key and has no signature, or the other way round"
        if checkpoint.signature is None or checkpoint.public_key is None or not (can_check() or self.key):
            return None
        if not is_signed(checkpoint.message, checkpoint.signature, checkpoint.public_key):
            return "the signature is not that of the checkpoint"
        return None

    def signatures(self) -> str:
        if not self.signed:
            return "unsigned"
        if not can_check():
            return "not checked"
        return "own" if self.key is None else "checked"


class _Walk:
    """One writer's chain, from its first record to its last."""

    def __init__(self, settings: Settings, writer: str, points: dict[int, list[tuple[str, Point]]]) -> None:
        self.chain = Chain(settings.id, writer, settings.genesis(writer))
        self.erased: set[RecordId] = set()
        self.keyed: dict[RecordId, str] = {}
        self._settings = settings
        self._writer = writer
        self._points = points

    def run(self) -> Problem | None:
        """The first problem of the chain, if there is one."""
        directory = self._settings.directory / self._writer
        writing = _is_held(directory / LOCK)
        segments = self._settings.segments(self._writer) if directory.is_dir() else []
        for number, path in enumerate(segments, 1):
            if int(path.stem) != number:
                return self._problem(f"segment {number:06d}.jsonl is missing")
            problem = self._segment(path, is_written=writing and number == len(segments))
            if problem is not None:
                return problem
        if self.chain.waiting and not writing:
            return self._problem("the chain ends within a group: it was cut, or its writer was interrupted")
        if missing := [size for size in self._points if size > self.chain.tree.size]:
            # A writer that is at work may have written its checkpoint after its segment was read.
            where = self._points[min(missing)][0][0]
            return self._problem(f"records are missing at the end: {where} speaks of {max(missing)}")
        return None

    def _segment(self, path: Path, *, is_written: bool) -> Problem | None:
        # Only so much as is there now; of what a writer adds meanwhile, whole groups only.
        try:
            with path.open("rb") as file:
                rest = os.fstat(file.fileno()).st_size
                for line in file:
                    rest -= len(line)
                    try:
                        found = read_line(line)
                        self.chain.follow(found)
                        self._note(found)
                    except (ValueError, RecursionError, KeyError, TypeError) as error:
                        if is_written and not line.endswith(b"\n"):
                            return None
                        return self._problem(f"{error} ({path.name})")
                    if self.chain.tree.size in self._points and (problem := self._checked()) is not None:
                        return problem
        except OSError as error:
            raise AuditError(f"{path}: can't be read: {error.strerror}") from error
        return None

    def _checked(self) -> Problem | None:
        """Whether the checkpoints at this size name this root."""
        root = self.chain.tree.root()
        for where, point in self._points[self.chain.tree.size]:
            if point.root != root or point.head != self.chain.head:
                return Problem(
                    self._writer,
                    self._last_agreed(),
                    f"the Merkle root of the first {point.size} records is not that of {where}: records were changed",
                )
        return None

    def _last_agreed(self) -> int:
        """The largest size below this at which a checkpoint agreed: the first record that may be bad."""
        return max((size for size in self._points if size < self.chain.tree.size), default=0)

    def _note(self, line: Line) -> None:
        """What has to be compared with the file of keys."""
        if (key := _KEY.search(line.record)) is not None:
            self.keyed[RecordId(self._writer, line.place.seq)] = key[1].decode()
        if line.kind == "erase":
            self.erased |= {RecordId(*record) for record in json.loads(line.record)["what"]["of"]}

    def _problem(self, reason: str) -> Problem:
        return Problem(self._writer, self.chain.tree.size, reason)


def _key_problems(settings: Settings, keyed: dict[RecordId, str], erased: set[RecordId]) -> list[Problem]:
    """Keys that were changed, or destroyed without a record of it, or not destroyed though there is one."""
    problems: list[Problem] = []
    for writer in sorted({record.writer for record in keyed}):
        keys = Keys(settings.directory / writer / KEYS)
        for record, mark in keyed.items():
            if record.writer != writer:
                continue
            key = keys[record.seq]
            if key == NO_KEY and record not in erased:
                problems.append(Problem(writer, record.seq, "the key of its texts is gone, and no record says so"))
            elif key != NO_KEY and record in erased:
                problems.append(Problem(writer, record.seq, "was to be erased, and its key is still there"))
            elif key != NO_KEY and key_mark(key) != mark:
                problems.append(Problem(writer, record.seq, "the key of its texts was changed"))
    return problems


def _is_held(path: Path) -> bool:
    """Whether a process holds the lock: then a group at the end of the chain may be under way."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not lock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
