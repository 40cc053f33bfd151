"""A file of pairs to a file of verdicts, by several workers: in shards, each on disk whole or not at all.

A shard is so many rows, fewer where they are long. Its lines lie in a file of their own, `OUTPUT.parts/00000000.jsonl`
and so on, until all are there and can be put one after the other. A run that was interrupted goes on with the shards
that are missing. A worker that dies loses what it had in hand: others do it again. The bytes are those of `judge_file`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from tuili.data.atomic import write_files
from tuili.data.chunks import chunks
from tuili.data.example import BadRow
from tuili.data.read import open_examples
from tuili.engine.runs.file_run import CHUNK, FileRun, check_files, check_unchanged, run_identity
from tuili.engine.runs.rows import error_line
from tuili.engine.runs.run_files import RunFiles, writable
from tuili.engine.runs.shard import Piece, lines_of
from tuili.errors import DataError, ResumeError, TuiliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tuili.engine.runs.file_run import Progress
    from tuili.engine.runs.rows import OnError
    from tuili.types import Judge

MOST_ROWS = 1_000_000
_NAME = re.compile(r"[0-9]{8,}\.jsonl|\.[0-9]{8,}\.jsonl\.[0-9a-f]+\.tmp")


class Workers(Protocol):
    """Who judges pieces; `shard.judge_piece` is what they do."""

    @property
    def room(self) -> int:
        """How many more pieces may be put."""
        ...

    def put(self, piece: Piece) -> None:
        """Hand a piece over. Raises nothing that has to do with what is in it."""
        ...

    def next(self) -> tuple[Piece, bytes | None]:
        """The next piece that is done, in any order, and the reply; None: the worker that had it in hand died."""
        ...


@dataclass(slots=True)
class _Shard:
    """A shard in the making: lines of its pieces, by where they start."""

    rows: int
    pieces: dict[int, list[str]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return sum(map(len, self.pieces.values())) == self.rows

    @property
    def lines(self) -> list[str]:
        return [line for start in sorted(self.pieces) for line in self.pieces[start]]


def judge_file_in_shards(
    judge: Judge,
    path: str | Path,
    output: str | Path,
    workers: Callable[[], AbstractContextManager[Workers]],
    *,
    on_error: OnError = "stop",
    progress: Progress | None = None,
    shard_rows: int = CHUNK,
    parts: str | Path | None = None,
) -> FileRun:
    """`judge_file`, by workers.

    Args:
        judge: The judge that the workers have. Here it only says which run this is.
        path: The pairs, as `judge_file` takes them.
        output: The verdicts.
        workers: Begins the workers, once it is known that there is something to do.
        on_error: As of `judge_file`. With `record` or `quarantine`, so is a row of which workers die.
        progress: Called with the number of rows done so far, after each shard.
        shard_rows: Rows of a shard; fewer where they are long.
        parts: Directory for the shards that are done; `OUTPUT.parts` by default. Gone when the output is there.

    Raises:
        DataError: As `judge_file`; of several rows that can't be judged, the first. Shards that are done are kept.
        ResumeError: As `judge_file`; or it was begun with other shards.
        UsageError: An option that can't be.
        ModelError: Workers can't be had.
    """
    if type(shard_rows) is not int or not 1 <= shard_rows <= MOST_ROWS:
        raise UsageError(f"a shard has from 1 to {MOST_ROWS:,} rows, got {shard_rows!r}")
    before = check_files(path, output, on_error)
    folder = Path(f"{output}.parts") if parts is None else Path(parts)
    shards = {"rows": shard_rows, "directory": str(folder.absolute())}
    files = RunFiles(output, run_identity(judge, path, on_error), shards=shards)
    if files.is_complete():
        return FileRun(files.output, files.rows, files.errors, files.rows, files.quarantine)
    begun = files.record.exists()
    with files.open() as file:
        done = _Parts(folder, fresh=not begun)
        run = _ShardedRun(done, str(path), on_error, progress)
        run.go(_shards(path, shard_rows), workers)
        check_unchanged(path, before)
        with writable(files.output):
            done.merge(files, file, run.count)
            files.finish()
            done.remove()
    return FileRun(files.output, files.rows, files.errors, run.resumed, files.quarantine)


def _shards(path: str | Path, size: int) -> Iterator[Piece]:
    rows = open_examples(path, labels="ignored").rows()
    for number, chunk in enumerate(chunks(rows, size)):
        yield Piece(number, 0, tuple(chunk))


class _Parts:
    """The directory of the shards that are done."""

    def __init__(self, folder: Path, *, fresh: bool) -> None:
        self._folder = folder
        try:
            folder.mkdir(exist_ok=True)
            strangers = [path.name for path in folder.iterdir() if fresh or not _is_ours(path.name)]
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"{folder} can't hold the shards: {reason}") from error
        if strangers:
            raise ResumeError(f"{folder} holds other files, such as {strangers[0]}; name an empty directory")

    def path(self, shard: int) -> Path:
        return self._folder / f"{shard:08d}.jsonl"

    def has(self, shard: int) -> bool:
        return self.path(shard).exists()

    def check(self, piece: Piece, source: str) -> None:
        """Raises ResumeError where the file of a shard does not hold the lines of its rows."""
        try:
            lines_of(self.path(piece.shard).read_bytes(), piece.rows, source)
        except (OSError, TuiliError) as error:
            raise ResumeError(f"{self.path(piece.shard)} was changed; remove it to have it judged again") from error

    def write(self, shard: int, lines: list[str]) -> None:
        try:
            write_files(self._folder, {self.path(shard).name: "".join(f"{line}\n" for line in lines).encode()})
        except UsageError as error:
            raise DataError(f"{error}; shards that are done are kept, so run it again") from error

    def merge(self, files: RunFiles, file: IO[bytes], count: int) -> None:
        """All shards, one after the other, on disk."""
        for shard in range(count):
            with self.path(shard).open("rb") as part:
                shutil.copyfileobj(part, file, 2**20)
        file.flush()
        os.fsync(file.fileno())
        files.count(files.partial)

    def remove(self) -> None:
        for path in self._folder.iterdir():
            if _is_ours(path.name):
                path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody else's files are in it
            self._folder.rmdir()


def _is_ours(name: str) -> bool:
    """A shard's file, or one that was being written when everything stopped. What else is there is never removed."""
    return _NAME.fullmatch(name) is not None


class _ShardedRun:
    """Hands pieces out, takes what comes back, and knows what to do with what does not.

    Attributes:
        count: How many shards the input has, once all were read.
        resumed: Rows of shards that an earlier run had done.
    """

    def __init__(self, parts: _Parts, source: str, on_error: OnError, progress: Progress | None) -> None:
        self._parts = parts
        self._source = source
        self._on_error = on_error
        self._progress = progress
        self._making: dict[int, _Shard] = {}
        self._again: deque[Piece] = deque()
        self._failure: tuple[int, TuiliError] | None = None
        self._done = 0
        self.count = self.resumed = 0

    def go(self, shards: Iterator[Piece], begin: Callable[[], AbstractContextManager[Workers]]) -> None:
        """Until all shards are on disk.

        Raises:
            TuiliError: What stopped it; of several, that of the earliest shard.
        """
        missing = self._missing(shards)
        first = next(missing, None)
        if first is None:
            return
        self._again.append(first)
        with begin() as workers:
            under_way = 0
            while True:
                while workers.room and (piece := self._next_piece(missing)) is not None:
                    workers.put(piece)
                    under_way += 1
                if not under_way:
                    break
                piece, reply = workers.next()
                under_way -= 1
                self._take(piece, reply)
        if self._failure is not None:
            raise self._failure[1]

    def _missing(self, shards: Iterator[Piece]) -> Iterator[Piece]:
        for piece in shards:
            self.count = piece.shard + 1
            if self._parts.has(piece.shard):
                self._parts.check(piece, self._source)
                self.resumed += len(piece.rows)
                self._did(len(piece.rows))
            else:
                self._making[piece.shard] = _Shard(len(piece.rows))
                yield piece

    def _next_piece(self, missing: Iterator[Piece]) -> Piece | None:
        """What was lost comes first. After a failure only what is before it matters."""
        while self._again:
            piece = self._again.popleft()
            if self._failure is None or piece.shard < self._failure[0]:
                return piece
        return None if self._failure is not None else next(missing, None)

    def _take(self, piece: Piece, reply: bytes | None) -> None:
        if reply is None:
            self._bury(piece)
            return
        try:
            lines = lines_of(reply, piece.rows, self._source)
        except TuiliError as error:
            self._fail(piece, error)
            return
        self._add(piece, lines)

    def _bury(self, piece: Piece) -> None:
        after = piece.after_a_death()
        if not after[0].is_poison:
            self._again.extendleft(reversed(after))
            return
        row = piece.rows[0].row
        error = DataError("workers die of it, again and again", path=self._source, row=row)
        if self._on_error == "stop":
            self._fail(piece, error)
        else:
            self._add(piece, [error_line(BadRow(row, error))])

    def _fail(self, piece: Piece, error: TuiliError) -> None:
        if self._failure is None or piece.shard < self._failure[0]:
            self._failure = piece.shard, error

    def _add(self, piece: Piece, lines: list[str]) -> None:
        shard = self._making[piece.shard]
        shard.pieces[piece.start] = lines
        if shard.is_whole:
            self._parts.write(piece.shard, shard.lines)
            del self._making[piece.shard]
            self._did(shard.rows)

    def _did(self, rows: int) -> None:
        self._done += rows
        if self._progress is not None:
            self._progress(self._done)
