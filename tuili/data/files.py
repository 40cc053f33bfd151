"""Opening a user's file: regular files only, unpacked where the name ends in .gz."""

from __future__ import annotations

import gzip
import os
import stat
import tempfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from tuili.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

READ_ERRORS = (OSError, EOFError, zlib.error)
"""What reading a plain or a gzip stream raises when there is something wrong with it."""

MAX_UNPACKED_BYTES = 16 * 2**30
"""The most that is written to the temporary file which stands for a stream that can't be searched."""

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 2**20
# Without O_NONBLOCK, opening a FIFO would wait for its writer. Neither flag exists on Windows.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str | Path) -> BufferedReader:
    """The bytes of a regular file; a link to one is followed.

    Raises:
        DataError: There is no such file, it may not be read, or it is a directory, FIFO, socket or device.
    """
    try:
        # Opening a device can act on it, so look first; look again at what was opened, in case the name has moved.
        _check_regular(os.stat(path).st_mode, path)  # noqa: PTH116 - Path("") is ".", and os.stat says that "" isn't
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise DataError(f"can't be opened: {error.strerror}", path=path) from error
    except ValueError as error:  # NUL or a lone surrogate in the name
        raise DataError(f"is not a file name: {error}", path=path) from error
    file = os.fdopen(descriptor, "rb")
    try:
        _check_regular(os.fstat(descriptor).st_mode, path)
    except BaseException:
        file.close()
        raise
    return file


def _check_regular(mode: int, path: str | Path) -> None:
    if stat.S_ISDIR(mode):
        raise DataError("is a directory; name a file in it", path=path)
    if not stat.S_ISREG(mode):
        raise DataError("is a pipe, socket or device; only regular files are read", path=path)


@contextmanager
def opened(path: str | Path, *, gzipped: bool) -> Iterator[IO[bytes]]:
    """The bytes of a regular file, unpacked on the way where it is gzipped.

    Raises:
        DataError: It can't be opened, or is not gzip and should be.
    """
    with open_regular(path) as file:
        if not gzipped:
            yield file
            return
        if file.read(len(_GZIP_MAGIC)) != _GZIP_MAGIC:
            raise DataError("is not gzip data, though its name ends in .gz", path=path)
        file.seek(0)
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            yield cast("IO[bytes]", unpacked)


@contextmanager
def searchable(stream: IO[bytes], path: str | Path) -> Iterator[IO[bytes]]:
    """A temporary file with all that `stream` holds, for formats that are read from their end.

    Raises:
        DataError: The stream breaks off, the disk is full, or there is more than `MAX_UNPACKED_BYTES`.
    """
    with tempfile.TemporaryFile() as copy:
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                copy.write(chunk)
                if copy.tell() > MAX_UNPACKED_BYTES:
                    limit = f"{MAX_UNPACKED_BYTES / 2**30:g} GiB"
                    raise DataError(f"holds more than {limit} when unpacked; unpack it and name that file", path=path)
            copy.seek(0)
        except READ_ERRORS as error:
            raise unreadable(error, path) from error
        yield copy


def unreadable(error: Exception, path: str | Path, row: int | None = None) -> DataError:
    """What one of `READ_ERRORS` means to the reader of the file; `row` is how far they got."""
    if isinstance(error, EOFError):
        reason = "is cut short: the gzip data ends before its end mark; copy the file again"
    elif isinstance(error, zlib.error | gzip.BadGzipFile):
        reason = f"is damaged gzip data ({error}); copy the file again"
    else:
        reason = f"can't be read: {getattr(error, 'strerror', None) or error}"
    return DataError(reason, path=path, row=row)
