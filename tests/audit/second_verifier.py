"""A second verifier, written from docs/audit.md alone: nothing of tuili is imported here.

python second_verifier.py LOG [CHECKPOINTS [PUBLIC_KEY_HEX]]
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# --- RFC 6962, section 2.1, as it defines them: by recursion ---------------------------------------------------------


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def consistency(m: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = split(n)
    if m <= k:
        return [*consistency(m, leaves[:k], whole=whole), root(leaves[k:])]
    return [*consistency(m - k, leaves[k:], whole=False), root(leaves[:k])]


# --- the log ---------------------------------------------------------------------------------------------------------


def chain(log: Path, writer: str) -> tuple[list[bytes], int | None, dict[int, str], set[tuple[str, int]]]:
    """Leaf hashes of the good records, the first bad one, the marks of keys, what is said to be erased."""
    settings = (log / "log.json").read_bytes()
    name = json.loads(settings)["id"]
    before = sha(b"tuili-audit-1\n" + writer.encode() + b"\n" + settings)
    leaves: list[bytes] = []
    marks: dict[int, str] = {}
    erased: set[tuple[str, int]] = set()
    group, to_come = 0, 0
    segments = sorted((log / writer).glob("??????.jsonl")) if (log / writer).is_dir() else []
    for number, segment in enumerate(segments, 1):
        if segment.name != f"{number:06d}.jsonl":
            return leaves, len(leaves), marks, erased
        for line in segment.read_bytes().splitlines(keepends=True):
            try:
                record = line[84:-2]
                leaf = sha(b"\x00" + record)
                good = line == b'{"leaf":"' + leaf.hex().encode() + b'","record":' + record + b"}\n"
                value = json.loads(record)
                place = value["chain"]
                commit, part, parts = place["commit"]
                good = good and (place["log"], place["writer"], place["schema"]) == (name, writer, 1)
                good = good and place["seq"] == len(leaves) and place["prev"] == before.hex()
                good = good and (commit, part) == ((group, 0) if not to_come else (group - 1, parts - to_come))
                good = good and part < parts
            except (ValueError, KeyError, TypeError):
                good = False
            if not good:
                return leaves, len(leaves), marks, erased
            if "key" in value["what"].get("input", {}):
                marks[len(leaves)] = value["what"]["input"]["key"]
            if value["kind"] == "erase":
                erased |= {(record[0], record[1]) for record in value["what"]["of"]}
            group, to_come = commit + 1, parts - part - 1
            before = leaf
            leaves.append(leaf)
    return leaves, len(leaves) if to_come else None, marks, erased


def checkpoints(file: Path, name: str, key: str | None) -> tuple[list[dict], int]:
    """The good checkpoints of a file, and the number of bad lines."""
    good, bad = [], 0
    for line in file.read_bytes().splitlines(keepends=True):
        try:
            value = json.loads(line)
            inner, signature = value["checkpoint"], value["signature"]
            message = line[len(b'{"checkpoint":') : line.rindex(b',"signature":')]
            right = [
                inner["log"] == name and inner["schema"] == 1,
                json.loads(message) == inner and (signature is None) == (inner["public_key"] is None),
                line == b'{"checkpoint":' + message + b',"signature":' + json.dumps(signature).encode() + b"}\n",
                key is None or inner["public_key"] == key,
            ]
            if signature is not None:
                from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

                public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(inner["public_key"]))
                public.verify(bytes.fromhex(signature), b"tuili-audit-checkpoint-1\n" + message)
            good += [inner] * all(right)
            bad += not all(right)
        except Exception:  # noqa: BLE001 - whatever is wrong with it
            bad += 1
    return good, bad


def verify(log: Path, file: Path | None = None, key: str | None = None) -> dict[str, int | None]:
    """For each writer its first bad record, or None; under "checkpoints" how many of those are bad, or None."""
    name = json.loads((log / "log.json").read_bytes())["id"]
    files = [f for f in (log / "checkpoints.jsonl", file) if f is not None and f.exists()]
    read = [checkpoints(f, name, key) for f in files]
    spoken = [point for good, _ in read for point in good]
    writers = {p.name for p in log.iterdir() if len(p.name) == 4 and p.name.isdigit()}
    writers |= {writer for point in spoken for writer in point["writers"]}
    bad_lines = sum(bad for _, bad in read)
    found: dict[str, int | None] = {"checkpoints": bad_lines or None}
    chains = {writer: chain(log, writer) for writer in sorted(writers)}
    erased = {record for _, _, _, some in chains.values() for record in some}
    for writer, (leaves, bad, marks, _) in chains.items():
        points = {
            (p["writers"][writer]["size"], p["writers"][writer]["root"]) for p in spoken if writer in p["writers"]
        }
        agreed = 0
        for size, named in sorted(points):
            if size > len(leaves):
                bad = len(leaves) if bad is None else bad
                break
            if root(leaves[:size]).hex() != named:
                bad = agreed
                break
            agreed = size
        keys = (log / writer / "keys").read_bytes() if (log / writer / "keys").exists() else b""
        for number, mark in marks.items():
            slot = keys[32 * number : 32 * number + 32].ljust(32, b"\0")
            gone = slot == bytes(32)
            wrong = not gone and sha(b"tuili-audit-key-1\n" + slot).hex()[:32] != mark
            if wrong or gone != ((writer, number) in erased):
                bad = number if bad is None else min(bad, number)
        found[writer] = bad
    return found


if __name__ == "__main__":
    arguments = sys.argv[1:]
    result = verify(Path(arguments[0]), Path(arguments[1]) if arguments[1:] else None, (arguments[2:] or [None])[0])
    print(json.dumps(result))
    sys.exit(any(bad is not None for bad in result.values()))
