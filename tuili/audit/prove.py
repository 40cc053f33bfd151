"""Proofs about single records, for somebody who holds a checkpoint and not the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.audit.lines import read_line
from tuili.audit.merkle import consistency_proof, inclusion_proof, leaf_hash, root_of, verify_inclusion
from tuili.audit.settings import read_settings
from tuili.errors import AuditError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.audit.log import RecordId
    from tuili.audit.settings import Settings


@dataclass(frozen=True, slots=True)
class Proof:
    """That a record is under a root.

    Attributes:
        id: Which record.
        record: Its bytes.
        size: How many records of the chain the root is over.
        root: The root: the one that a checkpoint of this size names.
        path: The inclusion proof (RFC 9162, section 2.1.3).
    """

    id: RecordId
    record: bytes
    size: int
    root: bytes
    path: tuple[bytes, ...]

    @property
    def holds(self) -> bool:
        return verify_inclusion(leaf_hash(self.record), self.id.seq, self.size, self.path, self.root)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "record": self.record.decode(),
            "size": self.size,
            "root": self.root.hex(),
            "path": [step.hex() for step in self.path],
        }


def prove(path: str | Path, record: RecordId, *, size: int | None = None) -> Proof:
    """The proof that a record is among the first `size` of its chain, by default among all that there are.

    Raises:
        AuditError: There is no such record, or the chain can't be read.
        UsageError: The chain has not so many records, or the record is not among them.
    """
    lines = _lines(read_settings(path), record.writer)
    if record.seq >= len(lines):
        raise AuditError(f"{path}: there is no record {record}")
    size = len(lines) if size is None else size
    if not record.seq < size <= len(lines):
        raise UsageError(f"size must be from {record.seq + 1} to {len(lines)}, got {size}")
    leaves = [leaf for leaf, _ in lines[:size]]
    return Proof(record, lines[record.seq][1], size, root_of(leaves), tuple(inclusion_proof(leaves, record.seq)))


def prove_consistency(path: str | Path, writer: str, earlier: int, later: int) -> list[bytes]:
    """The proof that a chain of `later` records begins with the chain of `earlier` (RFC 9162, section 2.1.4).

    Raises:
        AuditError: The chain can't be read.
        UsageError: The chain has not so many records.
    """
    lines = _lines(read_settings(path), writer)
    if not 0 < earlier <= later <= len(lines):
        raise UsageError(f"the chain has {len(lines)} records; sizes must be from 1 to that, and not fall")
    return consistency_proof([leaf for leaf, _ in lines[:later]], earlier)


def _lines(settings: Settings, writer: str) -> list[tuple[bytes, bytes]]:
    """Leaf hash and bytes of every record of a chain."""
    lines = []
    for segment in settings.segments(writer):
        try:
            for line in segment.read_bytes().splitlines(keepends=True):
                found = read_line(line)
                lines.append((found.leaf, found.record))
        except OSError as error:
            raise AuditError(f"{segment}: can't be read: {error.strerror}") from error
        except ValueError as error:
            raise AuditError(f"{segment}, record {len(lines)}: {error}; run tuili audit verify") from error
    return lines
