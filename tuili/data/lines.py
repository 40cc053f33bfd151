"""The lines of a stream of UTF-8, one at a time, none longer than a limit."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from tuili.data.files import READ_ERRORS, unreadable
from tuili.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE_BYTES = 50_000_000
_SKIP_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with its end (`\\n` alone ends a line, so that U+2028 and a lone `\\r` stay inside the text).

    Attributes:
        number: Counted from 1.
        text: None where the line is too long to be read. Bytes that are not UTF-8 stand in it as lone surrogates.
        fault: Why the line holds no row; None where nothing is wrong with it.
    """

    number: int
    text: str | None
    fault: str | None = None


def read_lines(stream: IO[bytes], path: str | Path) -> Iterator[Line]:
    """The lines of `stream`, without the byte order mark that may come first.

    Memory is bounded: of a line longer than `MAX_LINE_BYTES` no more than that is held, and the rest is passed over.

    Raises:
        DataError: The stream breaks off, with the line reached; or it is UTF-16.
    """
    number = 0
    while True:
        number += 1
        raw = _read_line(stream, MAX_LINE_BYTES + 1, path, number)
        if not raw:
            return
        if number == 1:
            raw = _without_mark(raw, path)
        if len(raw) > MAX_LINE_BYTES:
            yield Line(number, None, f"the line is longer than {MAX_LINE_BYTES:,} bytes")
            while not raw.endswith(b"\n") and raw:
                raw = _read_line(stream, _SKIP_BYTES, path, number)
        else:
            yield _decoded(raw, number)


def _read_line(stream: IO[bytes], limit: int, path: str | Path, number: int) -> bytes:
    try:
        return stream.readline(limit)
    except READ_ERRORS as error:
        raise unreadable(error, path, number) from error


def _without_mark(raw: bytes, path: str | Path) -> bytes:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError("is UTF-16; save it as UTF-8", path=path, row=1)
    return raw.removeprefix(codecs.BOM_UTF8)


def _decoded(raw: bytes, number: int) -> Line:
    try:
        return Line(number, raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        fault = f"is not UTF-8: byte 0x{raw[error.start]:02x} at position {error.start} of the line; save it as UTF-8"
        return Line(number, raw.decode("utf-8", "surrogateescape"), fault)
