"""Raw text as a model pre-trains on it: files read line by line, packed into blocks of token ids without padding."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

SUFFIXES = (".txt", ".text", ".md")
LONGEST = 1 << 20
"""Characters of a line that are taken at once; the rest of a longer one is a line of its own."""


def text_files(paths: Sequence[str | Path]) -> list[Path]:
    """The files, and of directories all that end in .txt, .text or .md, however deep, in the order of their names.

    Raises:
        DataError: A path is missing, or a directory holds no such file.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            if not inside:
                raise DataError(f"no file in it ends in {', '.join(SUFFIXES)}", path=path)
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise DataError("there is no such file or directory", path=path)
    if not found:
        raise UsageError("there is no text to train on: name files or directories")
    return found


def lines(files: Sequence[Path]) -> Iterator[str]:
    """Their lines that are not blank, stripped, one at a time.

    Raises:
        DataError: A file can't be read, or is not UTF-8.
    """
    for path in files:
        try:
            with path.open(encoding="utf-8-sig") as file:
                while line := file.readline(LONGEST):
                    if text := line.strip():
                        yield text
        except UnicodeDecodeError as error:
            raise DataError("is not UTF-8 text; convert it first", path=path) from error
        except OSError as error:
            raise DataError(f"can't be read: {error.strerror}", path=path) from error


def digest(files: Sequence[Path]) -> str:
    """SHA-256 over the files' contents, in hex: what a resumed run compares."""
    together = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            together.update(hashlib.file_digest(file, "sha256").digest())
    return together.hexdigest()


def is_held(line: str, share: float) -> bool:
    """Whether a line is kept back: by its own hash, so that equal lines never stand on both sides."""
    number = int.from_bytes(hashlib.blake2b(line.encode(), digest_size=4).digest())
    return number < share * 2**32


class Blocks:
    """Lines packed end to end into rows of `size` tokens, `separator` after each line. The last, short row is dropped.

    Rows lie in a file without a name, not in memory, so that the text may be larger than that.
    """

    def __init__(self, folder: Path, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.size = size
        self.count = 0
        self._path = folder / f"blocks-{os.getpid()}-{id(self)}.bin"
        self._file = self._path.open("w+b")
        self._path.unlink()
        self._waiting: list[int] = []

    def add(self, ids: Sequence[int], separator: int) -> None:
        self._waiting += [*ids, separator]
        whole = len(self._waiting) // self.size
        if whole:
            row = np.asarray(self._waiting[: whole * self.size], np.int32)
            self._file.write(row.tobytes())
            self.count += whole
            del self._waiting[: whole * self.size]

    def rows(self) -> NDArray[np.int32]:
        """*Shape:* `(count, size)`, mapped from the file. Nothing can be added afterwards."""
        with self._file:
            self._file.flush()
            if not self.count:
                return np.zeros((0, self.size), np.int32)
            return np.memmap(self._file, np.int32, "r", shape=(self.count, self.size))


def packed(
    files: Sequence[Path], tokenizer: Tokenizer, separator: int, size: int, held: float, folder: Path
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows to train on and rows kept back. *Shape:* `(n, size)` each.

    Raises:
        DataError: There is not enough text for a row of each.
    """
    sides = Blocks(folder, size), Blocks(folder, size)
    for line in lines(files):
        sides[is_held(line, held)].add(tokenizer.encode(line, add_special_tokens=False).ids, separator)
    train, back = (side.rows() for side in sides)
    if not len(train) or not len(back):
        raise DataError(
            f"too little text: it makes {len(train)} rows of {size} tokens to train on and {len(back)} to keep back; "
            "at least one of each is needed. Give more text, or a smaller block"
        )
    return train, back
