"""A chain of records as a state that goes on, whoever walks it: the writer as it appends, the verifier as it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuili.audit.merkle import Tree

if TYPE_CHECKING:
    from tuili.audit.lines import Line


@dataclass(slots=True)
class Chain:
    """How far a chain has come.

    Attributes:
        log, writer: Which log, and whose chain in it.
        head: The leaf hash of the last record; of an empty chain, the genesis hash.
        tree: The Merkle tree over all records; its size is the next record's `seq`.
        commit: The number of the next group.
        waiting: How many records of the group begun last are still to come; 0 where it is whole.
    """

    log: str
    writer: str
    head: bytes
    tree: Tree = field(default_factory=Tree)
    commit: int = 0
    waiting: int = 0

    def copy(self) -> Chain:
        tree = Tree(self.tree.size, self.tree.frontier)
        return Chain(self.log, self.writer, self.head, tree, self.commit, self.waiting)

    def follow(self, line: Line) -> None:
        """Go one record further.

        Raises:
            ValueError: The record does not follow; the message says why.
        """
        place = line.place
        if (place.log, place.writer) != (self.log, self.writer):
            raise ValueError(f"the record was put here from writer {place.writer} of log {place.log}")
        if place.seq != self.tree.size:
            raise ValueError(f"the record is number {place.seq}: records are missing, repeated or out of order")
        if place.prev != self.head:
            raise ValueError("the record does not name the hash of the record before it: one of the two was changed")
        self._follow_group(line)
        self.head = line.leaf
        self.tree.append(line.leaf)

    def _follow_group(self, line: Line) -> None:
        place = line.place
        begins = self.waiting == 0
        expected = (self.commit, 0) if begins else (self.commit - 1, place.parts - self.waiting)
        if (place.commit, place.part) != expected or not place.part < place.parts:
            raise ValueError(f"the record says that it is {place.part + 1} of {place.parts} of group {place.commit}")
        self.waiting = place.parts - place.part - 1
        self.commit = place.commit + 1
