"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.disk import sync_directory
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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
        sync_directory(folder)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"can't write to {directory}: {reason}; name a directory that can be written") from error
    finally:
        for temporary in waiting.values():
            _remove(temporary)


def write_file(path: str | Path, content: bytes, *, inputs: Iterable[str | Path] = ()) -> None:
    """Write one file, whole or not at all.

    Args:
        path: The file.
        content: Its bytes.
        inputs: Files that what is written was made from: a slip of the hand must not put it in their place.

    Raises:
        UsageError: It can't be written, or is one of the inputs.
    """
    target = Path(path)
    refuse_as_output(target, inputs)
    write_files(target.parent, {target.name: content})


def refuse_as_output(path: str | Path, inputs: Iterable[str | Path] = ()) -> None:
    """Nothing where a file may be written; to be asked before the work as well as after it.

    A file's directory is not made: where it is missing, the name is more likely mistyped than meant. Directories that
    are outputs themselves (a bundle, a report, a graph, a log) are made.

    Raises:
        UsageError: The path is a directory or no name, its directory is not there, or it is one of the inputs.
    """
    target = Path(path)
    try:
        if not target.name or target.is_dir():
            raise UsageError(f"{str(path)!r} can't be the output: it must be the name of a file")
        if not target.parent.exists():
            raise UsageError(f"can't write to {path}: there is no directory {target.parent}; make it first")
        if target.exists() and any(Path(other).exists() and target.samefile(other) for other in inputs):
            raise UsageError(f"{path} is an input itself; choose another output")
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"can't write to {path}: {reason}; name another output") from error


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except (OSError, ValueError):
        return  # the error that led here says more
