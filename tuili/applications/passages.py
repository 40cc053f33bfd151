"""Texts to search in: from strings, files and directories to passages with a name and a place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tuili.applications.lexical import best, content_words
from tuili.applications.windows import SourceWindows
from tuili.data.files import READ_ERRORS, open_regular, unreadable
from tuili.data.text import MAX_CHARACTERS, check_text
from tuili.errors import DataError, InvalidText, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = (".txt", ".md", ".rst", ".text")
"""Which files of a directory are texts. A file that is named itself may be called anything."""

_MAX_BYTES = 4 * MAX_CHARACTERS


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text and what it is called."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of a document.

    Attributes:
        name: The document's name.
        text: The passage.
        start: Where it begins in the document, in characters.
    """

    name: str
    text: str
    start: int


class Searchable(Protocol):
    """Anything that finds passages for a question, best first."""

    def search(self, question: str, top: int) -> list[Passage]: ...


class PassagesInMemory:
    """Documents held in memory, searched by BM25."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = list(documents)
        self._windows = SourceWindows([document.text for document in self._documents])

    def search(self, question: str, top: int) -> list[Passage]:
        """At most `top` passages, best first; those that share no word with the question come last."""
        scores = self._windows.scores(content_words(question))
        return [self._passage(index) for index in best(scores, top)]

    def _passage(self, index: int) -> Passage:
        place = self._windows.places[index]
        return Passage(self._documents[place.source].name, self._windows.text(place), place.span.start)


def searchable(passages: object) -> Searchable:
    """What `answer` takes as passages, ready to be searched.

    Raises:
        UsageError: It is none of these.
        DataError: A file can't be read.
        InvalidText: A text can't be judged.
    """
    if hasattr(passages, "search"):
        return passages
    return PassagesInMemory(documents(passages))


def documents(passages: object) -> Iterator[Document]:
    """The documents of a text, a path, a mapping of names to texts, or an iterable of texts and paths."""
    if isinstance(passages, str | os.PathLike):
        passages = [passages]
    if isinstance(passages, Mapping):
        for name, text in passages.items():
            yield Document(str(name), check_text(text, str(name)))
        return
    if not isinstance(passages, Iterable) or isinstance(passages, bytes):
        raise UsageError(f"passages are texts, paths or an index, got {type(passages).__name__}")
    for number, item in enumerate(passages, 1):
        if isinstance(item, Document):
            yield Document(item.name, check_text(item.text, item.name))
        elif isinstance(item, os.PathLike):
            for path in files_of(Path(item)):
                if (text := read_text(path)) is not None:
                    yield Document(str(path), text)
        else:
            yield Document(f"passage {number}", check_text(item, f"passage {number}"))


def files_of(path: Path) -> list[Path]:
    """The text files of a directory and all below it, sorted; a file itself. Hidden ones and links are passed over.

    Raises:
        DataError: There is no such file or directory.
    """
    if not path.is_dir():
        if not path.exists():
            raise DataError("does not exist", path=path)
        return [path]
    found = []
    for folder, subfolders, names in os.walk(path, followlinks=False):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        inside = (Path(folder) / name for name in sorted(names) if not name.startswith("."))
        found += [file for file in inside if file.suffix.lower() in SUFFIXES and not file.is_symlink()]
    return found


def read_text(path: Path) -> str | None:
    """The text of a UTF-8 file; None where it is blank.

    Raises:
        DataError: It can't be read, is too long, is not UTF-8, or holds what can't be judged.
    """
    with open_regular(path) as file:
        try:
            content = file.read(_MAX_BYTES + 1)
        except READ_ERRORS as error:
            raise unreadable(error, path) from error
    return decoded(content, path)


def decoded(content: bytes, path: Path) -> str | None:
    """The text that the bytes of a file hold; None where it is blank.

    Raises:
        DataError: Not UTF-8, too long, or not to be judged.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(content) > _MAX_BYTES:
            raise DataError(f"has more than {MAX_CHARACTERS:,} characters; split it", path=path) from None
        reason = f"is not UTF-8: byte 0x{content[error.start]:02x} at position {error.start}; save it as UTF-8"
        raise DataError(reason, path=path) from None
    if not text.strip():
        return None
    try:
        return check_text(text, "the text")
    except InvalidText as error:
        raise DataError(str(error), path=path) from None
