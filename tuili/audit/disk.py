"""What the record of verdicts asks of the operating system: few calls, in one place, so that tests can make each fail.

Nothing is on disk before it was synced, and a file that was made is there for good only once its directory was synced.
Files are for their owner alone (0600, directories 0700), and a link in the place of one is not followed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tuili.disk import sync_directory

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class Disk:
    """The file system. All methods raise OSError."""

    def make_directory(self, path: Path) -> None:
        """Make a directory, with its parents, unless it is there, and have its parent's disk hold it."""
        if path.is_dir():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        self.sync_directory(path.parent)

    def open(self, path: Path, *, exclusive: bool = False) -> int:
        """A descriptor to read and write a file, which is made where it is missing."""
        flags = os.O_RDWR | os.O_CREAT | (os.O_EXCL if exclusive else 0)
        return os.open(path, flags | _FLAGS, 0o600)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        """Write all of the data at a place of the file."""
        rest = memoryview(data)
        while rest:
            written = self.write_some(descriptor, rest, offset)
            rest, offset = rest[written:], offset + written

    def write_some(self, descriptor: int, data: memoryview, offset: int) -> int:
        """Write as much as the system takes in one go, and say how many bytes that was."""
        return os.pwrite(descriptor, data, offset)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Return once the disk holds what was written. After an error, what it holds is unknown: close the file."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def sync_directory(self, path: Path) -> None:
        sync_directory(path)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name; an error if the name is taken."""
        os.link(source, target)

    def remove(self, path: Path) -> None:
        path.unlink()


def lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file, if nobody else holds it. It is let go when the process ends.

    Raises:
        OSError: The platform or file system has no such locks.
    """
    try:
        import fcntl
    except ImportError as error:  # pragma: no cover - Windows
        raise OSError("this platform has no file locks that tuili knows of") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(descriptor: int) -> None:
    """Take the exclusive lock of an open file, however long that takes: for work that is done in milliseconds."""
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX)
