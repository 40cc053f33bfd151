"""Many documents, indexed on disk: SQLite FTS5, ranked by its BM25, brought up to date when files change.

One table row a passage, one a file. A refresh is one transaction: it is there whole or not at all. Whatever a question
or a file name holds is bound as a parameter; a question reaches MATCH as quoted words only, never as query syntax.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tuili.applications.lexical import content_words
from tuili.applications.passages import Passage, decoded, files_of
from tuili.applications.windows import SourceWindows
from tuili.data.files import READ_ERRORS, open_regular, unreadable
from tuili.data.text import MAX_CHARACTERS
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

_IDENTITY = (1952802124, 1)  # in SQLite's header: whose file this is, and the version of the schema
_SCHEMA = (
    "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL, sha256 TEXT NOT NULL)",
    "CREATE VIRTUAL TABLE passages USING fts5(words, text UNINDEXED, path UNINDEXED, start UNINDEXED)",
    "PRAGMA application_id = 1952802124",
    "PRAGMA user_version = 1",
)
_MOST_WORDS = 64


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many files a refresh added, read again, removed, and found as they were."""

    added: int
    changed: int
    removed: int
    unchanged: int

    def to_dict(self) -> dict[str, int]:
        return {
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
            "unchanged": self.unchanged,
        }


class PassageIndex:
    """An index in a file, or in memory where no path is given. Close it, or use it in a `with` statement."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """Open the index, or begin one.

        Raises:
            UsageError: There is a file that is no such index, or it can't be written.
        """
        self._name = ":memory:" if path is None else str(path)
        try:
            self._connection = sqlite3.connect(self._name, isolation_level=None)
        except (sqlite3.Error, ValueError) as error:
            raise UsageError(f"the index {self._name} can't be opened: {error}") from error
        try:
            with self._translated():
                self._begin()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def refresh(self, sources: Iterable[str | os.PathLike[str]]) -> Refreshed:
        """Make the index hold the files of `sources` (files and directories), as they are now, and no others.

        A file whose size and time of change are as they were is not read; one that was only touched is not indexed.

        Raises:
            DataError: A file can't be read; the index stays as it was.
            UsageError: The index can't be written.
        """
        paths = {str(path): path for source in sources for path in files_of(Path(source))}
        counts = dict.fromkeys(("added", "changed", "unchanged"), 0)
        with self._translated(), self._transaction():
            known = {row[0]: row[1:] for row in self._rows("SELECT path, size, mtime, sha256 FROM files", ())}
            gone = set(known) - set(paths)
            for name in gone:
                self._forget(name)
            for name, path in paths.items():
                counts[self._update(name, path, known.get(name))] += 1
        return Refreshed(removed=len(gone), **counts)

    def search(self, question: str, top: int) -> list[Passage]:
        """At most `top` passages that share a word with the question, best first."""
        asked = list(dict.fromkeys(content_words(question)))[:_MOST_WORDS]
        if not asked:
            return []
        # Words hold letters, digits and underscores only, so that nothing in them can end the quotes.
        query = " OR ".join(f'"{word}"' for word in asked)
        with self._translated():
            rows = self._rows(
                "SELECT path, text, start FROM passages WHERE passages MATCH ? ORDER BY rank, rowid LIMIT ?",
                (query, top),
            )
        return [Passage(str(path), str(text), int(start)) for path, text, start in rows]

    def __len__(self) -> int:
        """How many passages it holds."""
        with self._translated():
            return int(self._rows("SELECT count(*) FROM passages", ())[0][0])

    def _begin(self) -> None:
        identity = (self._rows("PRAGMA application_id", ())[0][0], self._rows("PRAGMA user_version", ())[0][0])
        empty = not self._rows("SELECT 1 FROM sqlite_master LIMIT 1", ())
        if empty:
            with self._transaction():
                for statement in _SCHEMA:
                    self._connection.execute(statement)
        elif identity != _IDENTITY:
            raise UsageError(f"{self._name} is not an index of this version of tuili; name another file, or delete it")

    def _update(self, name: str, path: Path, known: tuple[Any, ...] | None) -> str:
        """Bring one file up to date; says what it was."""
        with open_regular(path) as file:
            status = path.stat()
            if known is not None and known[:2] == (status.st_size, status.st_mtime_ns):
                return "unchanged"
            try:
                content = file.read(4 * MAX_CHARACTERS + 1)
            except READ_ERRORS as error:
                raise unreadable(error, path) from error
        digest = hashlib.sha256(content).hexdigest()
        row = (name, status.st_size, status.st_mtime_ns, digest)
        if known is not None and known[2] == digest:
            self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", row)
            return "unchanged"
        text = decoded(content, path)
        self._forget(name)
        self._connection.execute("INSERT INTO files VALUES (?, ?, ?, ?)", row)
        if text is not None:
            windows = SourceWindows([text])
            rows = [
                (" ".join(content_words(windows.text(place))), windows.text(place), name, place.span.start)
                for place in windows.places
            ]
            self._connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?)", rows)
        return "added" if known is None else "changed"

    def _forget(self, name: str) -> None:
        self._connection.execute("DELETE FROM passages WHERE path = ?", (name,))
        self._connection.execute("DELETE FROM files WHERE path = ?", (name,))

    def _rows(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with closing(self._connection.execute(statement, values)) as cursor:
            return cursor.fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise UsageError(
                f"the index {self._name} can't be used: {error}; name another file, or delete it"
            ) from error
        except OSError as error:
            raise DataError(f"can't be read: {error.strerror or error}", path=error.filename) from error
