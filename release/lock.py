"""What `requirements.lock` says: every package that a plain `pip install tuili` brings, pinned and hashed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))? \\?")
_HASH = re.compile(r"    --hash=sha256:([0-9a-f]{64})(?: \\)?")
_VIA = re.compile(r"    #(?: via)?(?:   ?| )(?P<name>[a-z0-9][a-z0-9.-]*)(?P<file> \(pyproject\.toml\))?")


@dataclass(frozen=True, slots=True)
class Pin:
    """A package of the lock.

    Attributes:
        name: As package indexes spell it.
        version: Exact.
        marker: Where it is installed, as PEP 508 says it; empty: everywhere.
        hashes: SHA-256 of its files, in hex.
        needed_by: The packages that ask for it.
        is_direct: Whether tuili asks for it itself.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]
    is_direct: bool


def read_lock(path: Path) -> list[Pin]:
    """The packages of a lock that `make lock` wrote.

    Raises:
        ValueError: A line is none of such a lock.
    """
    pins: list[Pin] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        last = pins[-1] if pins else None
        if pin := _PIN.fullmatch(line):
            pins.append(Pin(pin["name"], pin["version"], pin["marker"] or "", (), (), is_direct=False))
        elif last is not None and (digest := _HASH.fullmatch(line)):
            pins[-1] = replace(last, hashes=(*last.hashes, digest[1]))
        elif last is not None and line == "    # via":
            continue
        elif last is not None and (via := _VIA.fullmatch(line)):
            if via["file"]:
                pins[-1] = replace(last, is_direct=True)
            else:
                pins[-1] = replace(last, needed_by=(*last.needed_by, via["name"]))
        else:
            raise ValueError(f"{path}, line {number}: not of a lock with hashes: {line!r}")
    return pins
