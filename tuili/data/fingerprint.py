"""Whether a file is still the one that it was."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tuili.data.files import open_regular, unreadable

if TYPE_CHECKING:
    from pathlib import Path


def fingerprint(path: str | Path) -> str:
    """SHA-256 of the file's bytes as they lie on the disk, in hexadecimal. Memory is constant.

    Raises:
        DataError: The file can't be opened or read.
    """
    with open_regular(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise unreadable(error, path) from error
