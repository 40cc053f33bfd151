"""The file of keys beside a chain: 32 bytes a record, at 32 times the record's number."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tuili.audit.texts import KEY_BYTES, NO_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tuili.audit.disk import Disk


def write_keys(path: Path, first: int, keys: Sequence[bytes], disk: Disk) -> None:
    """Have the disk hold the keys of the records from number `first` on. Raises OSError."""
    if all(key == NO_KEY for key in keys):
        return
    descriptor = disk.open(path)
    try:
        disk.write(descriptor, b"".join(keys), first * KEY_BYTES)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def make_keys(path: Path, disk: Disk) -> None:
    """Make the file, unless it is there, and have the disk hold that it is. Raises OSError."""
    disk.close(disk.open(path))
    disk.sync_directory(path.parent)


def destroy_keys(path: Path, numbers: Iterable[int], disk: Disk) -> None:
    """Overwrite the keys of these records with zeros, and have the disk hold that. Raises OSError."""
    if not path.exists():
        return
    descriptor = disk.open(path)
    try:
        size = os.fstat(descriptor).st_size
        for number in numbers:
            if number * KEY_BYTES < size:
                disk.write(descriptor, NO_KEY, number * KEY_BYTES)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


class Keys:
    """The keys beside a chain, to read. Raises OSError when they are there and can't be read."""

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes() if path.exists() else b""

    def __getitem__(self, number: int) -> bytes:
        """The key of a record; `NO_KEY` if there is none."""
        return self._content[number * KEY_BYTES : (number + 1) * KEY_BYTES].ljust(KEY_BYTES, b"\0")
