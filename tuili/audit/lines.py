"""A line of a segment: a record, its place in the chain, and its hash.

    {"leaf":"<64 hex>","record":{"chain":{"commit":[9,0,1],"log":…,"prev":…,"schema":1,"seq":41,"writer":"0001"},…}}

`leaf` is SHA-256 over 0x00 and the bytes of `record`, which is canonical JSON; `prev` is the leaf of the record before
it; `commit` says which group of records reached the disk together, and which of how many this is.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tuili.audit.canonical import canonical
from tuili.audit.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
_HEAD = 84  # where the record begins: {"leaf":"<64 hex>","record":
_LEAF = slice(9, 73)
_CHAIN = re.compile(
    rb'\{"chain":\{"commit":\[(\d{1,15}),(\d{1,9}),(\d{1,9})\],"log":"([0-9a-f]{32})","prev":"([0-9a-f]{64})",'
    rb'"schema":1,"seq":(\d{1,15}),"writer":"([0-9]{4})"\},"kind":"([a-z]+)",'
)


class Place(NamedTuple):
    """Where a record stands.

    Attributes:
        log, writer: Which log, and whose chain in it.
        seq: Its number in that chain, from 0.
        prev: The leaf hash of the record before it.
        commit: The number of the group it was written with.
        part, parts: Which of how many of that group, from 0.
    """

    log: str
    writer: str
    seq: int
    prev: bytes
    commit: int
    part: int
    parts: int


class Line(NamedTuple):
    """A line that was read: its place, kind and leaf hash are checked against its bytes."""

    place: Place
    kind: str
    leaf: bytes
    record: bytes


def genesis(settings: bytes, writer: str) -> bytes:
    """What the first record of a chain has as `prev`: it binds the chain to its log's settings and to its name."""
    return hashlib.sha256(b"tuili-audit-1\n" + writer.encode() + b"\n" + settings).digest()


def write_line(place: Place, kind: str, time: Mapping[str, Any], what: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The line, with its end, and the leaf hash.

    Raises:
        ValueError, TypeError: The content can't be written as canonical JSON.
    """
    chain = {
        "commit": [place.commit, place.part, place.parts],
        "log": place.log,
        "prev": place.prev.hex(),
        "schema": SCHEMA,
        "seq": place.seq,
        "writer": place.writer,
    }
    record = canonical({"chain": chain, "kind": kind, "time": dict(time), "what": dict(what)})
    leaf = leaf_hash(record)
    return b'{"leaf":"' + leaf.hex().encode() + b'","record":' + record + b"}\n", leaf


def read_line(line: bytes) -> Line:
    """The line that `write_line` wrote.

    Raises:
        ValueError: It is not one, or its bytes don't have the hash that it names. The message says which.
    """
    if not line.endswith(b"}\n"):
        raise ValueError("the line breaks off")
    record = line[_HEAD:-2]
    leaf = hashlib.sha256(b"\x00" + record).digest()
    if line[:_HEAD] != b'{"leaf":"' + leaf.hex().encode() + b'","record":':
        named = line[_LEAF].decode("ascii", "replace")
        raise ValueError(f"the record's hash is {leaf.hex()[:16]}…, and the line names {named[:16]!r}…")
    found = _CHAIN.match(record)
    if found is None:
        raise ValueError("the line is not a record of schema 1")
    commit, index, count, log, prev, seq, writer, kind = found.groups()
    place = Place(
        log.decode(), writer.decode(), int(seq), bytes.fromhex(prev.decode()), int(commit), int(index), int(count)
    )
    return Line(place, kind.decode(), leaf, record)
