"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_files(directory: str | Path, files: Mapping[str, bytes]) -> None:
    """Write each file to a temporary one beside it, flush it to disk, then give it its name.

    The directory is made where it is missing. No file gets its name before all are on disk; other files that are there
    stay.

    Raises:
        UsageError: The directory can't be made or written to.
    """
    folder = Path(directory)
    waiting: dict[str, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            waiting[name] = folder / f".{name}.{secrets.token_hex(4)}.tmp"
            _write(waiting[name], content)
        for name in files:
            waiting.pop(name).replace(folder / name)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"can't write to {directory}: {reason}; name a directory that can be written") from error
    finally:
        for temporary in waiting.values():
            _remove(temporary)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # the error that led here says more
