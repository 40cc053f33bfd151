"""Merkle trees over records: one hash that stands for all of them, and short proofs about it.

As in Certificate Transparency (RFC 6962, section 2.1; RFC 9162, section 2.1): SHA-256, leaves prefixed with 0x00, inner
nodes with 0x01, and the left subtree as large a power of two as fits. An *inclusion proof* shows that a record is under
a root; a *consistency proof* shows that a larger tree only added to a smaller one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that only grows, kept as the roots of its full subtrees: a few hashes, however many leaves.

    Attributes:
        size: How many leaves.
        frontier: The roots of the full subtrees, the largest first: one for each bit that is set in `size`.
    """

    def __init__(self, size: int = 0, frontier: Iterable[bytes] = ()) -> None:
        """Go on from a size and frontier.

        Raises:
            ValueError: They don't belong together.
        """
        self.size = size
        self.frontier = list(frontier)
        if size < 0 or len(self.frontier) != size.bit_count() or any(len(node) != 32 for node in self.frontier):
            raise ValueError(f"{len(self.frontier)} hashes are not the frontier of {size} leaves")

    def append(self, leaf: bytes) -> None:
        """Add a leaf, by its `leaf_hash`."""
        size = self.size
        while size & 1:
            leaf = hashlib.sha256(b"\x01" + self.frontier.pop() + leaf).digest()
            size >>= 1
        self.frontier.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.frontier:
            return EMPTY
        *rest, root = self.frontier
        for node in reversed(rest):
            root = node_hash(node, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root over all `leaves`, the nearest first.

    Raises:
        ValueError: There is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ValueError(f"there is no leaf {index} among {len(leaves)}")
    path: list[bytes] = []
    while len(leaves) > 1:
        split = _split(len(leaves))
        left, right = leaves[:split], leaves[split:]
        path.append(root_of(right if index < split else left))
        leaves, index = (left, index) if index < split else (right, index - split)
    return path[::-1]


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """The hashes that show that the tree over the first `earlier` leaves is the beginning of the tree over all.

    Raises:
        ValueError: `earlier` is not from 1 to the number of leaves.
    """
    if not 0 < earlier <= len(leaves):
        raise ValueError(f"an earlier tree of {len(leaves)} leaves has 1 to {len(leaves)}, not {earlier}")
    path: list[bytes] = []
    whole = True  # whether the part looked at is a subtree of the earlier tree as it stands
    while earlier < len(leaves):
        split = _split(len(leaves))
        if earlier <= split:
            path.append(root_of(leaves[split:]))
            leaves = leaves[:split]
        else:
            path.append(root_of(leaves[:split]))
            leaves, earlier, whole = leaves[split:], earlier - split, False
    if not whole:
        path.append(root_of(leaves))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf hash is number `index` of the `size` leaves under `root` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(step, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(earlier: int, later: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes) -> bool:
    """Whether the tree of `later` leaves begins with the tree of `earlier` leaves (RFC 9162, section 2.1.4.2)."""
    if not 0 < earlier <= later:
        return False
    if earlier == later:
        return not proof and earlier_root == root
    path = [earlier_root, *proof] if earlier.bit_count() == 1 else list(proof)
    if not path:
        return False
    place, last = earlier - 1, later - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == earlier_root and new == root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
