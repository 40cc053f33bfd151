"""Whether what came from the Hugging Face hub is what the hub has.

In the hub's cache a file is a link to a blob whose name is its digest: SHA-256 where the hub keeps large files, git's
SHA-1 for the others. The hub's own client compares sizes alone.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from tuili.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT = re.compile(r"[0-9a-f]{40}")
_PIECE = 2**20


def check_fetched(directory: Path) -> None:
    """Compare each file with its digest, before anything reads it.

    Raises:
        ModelError: One differs. It is taken out of the cache, so that the next attempt fetches it anew.
    """
    for file in sorted(directory.iterdir()):
        blob = file.resolve()
        if file.is_symlink() and blob.is_file() and not _is_whole(blob):
            file.unlink(missing_ok=True)
            blob.unlink(missing_ok=True)
            raise ModelError(f"{file.name} was damaged on its way from the Hugging Face hub, or since; run it again")


def _is_whole(blob: Path) -> bool:
    """True too where the name is no digest: then nothing is known."""
    if _SHA256.fullmatch(blob.name):
        digest = hashlib.sha256()
    elif _GIT.fullmatch(blob.name):
        digest = hashlib.sha1(f"blob {blob.stat().st_size}\0".encode(), usedforsecurity=False)
    else:
        return True
    with blob.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest() == blob.name
