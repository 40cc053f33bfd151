"""Having the disk hold a directory's entries: a file that was made or renamed is there for good only then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Return once the disk holds which files are in a directory. Raises OSError."""
    if os.name != "posix":  # pragma: no cover - Windows keeps its directories itself
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
