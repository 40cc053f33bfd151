"""JSON lines in, JSON lines out, as they come."""

from __future__ import annotations

import queue
import threading
from typing import IO, TYPE_CHECKING

from tuili.data.read import read_stream
from tuili.engine.runs.rows import check_on_error, judged_lines
from tuili.errors import TuiliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.data.example import BadRow, Example
    from tuili.engine.runs.rows import OnError
    from tuili.types import Judge

MOST = 256
_END = None


def judge_stream(judge: Judge, stream: IO[bytes], *, on_error: OnError = "stop") -> Iterator[str]:
    """A line of JSON for each pair of a JSONL stream, as in the output of `judge_file`.

    Rows that have arrived are judged together, and none waits for another: who writes a pair and waits for its verdict
    gets it.

    Raises:
        DataError: A row that can't be judged, unless errors are recorded.
        UsageError: Rows are to be set aside, which takes a file.
    """
    check_on_error(on_error)
    if on_error == "quarantine":
        raise UsageError("a stream has no file to set rows aside in; record their errors in their place")
    for lines in judged_lines(judge, _arrived(stream), "standard input", on_error=on_error):
        yield from lines


def _arrived(stream: IO[bytes]) -> Iterator[list[Example | BadRow]]:
    """What has arrived since the last batch, at most `MOST` rows; waits for one row, never for more."""
    rows: queue.Queue[Example | BadRow | TuiliError | None] = queue.Queue(MOST)
    threading.Thread(target=_read, args=(stream, rows), daemon=True).start()
    while True:
        batch = [rows.get()]
        while len(batch) < MOST and not rows.empty():
            batch.append(rows.get())
        good = [row for row in batch if row is not _END and not isinstance(row, TuiliError)]
        if good:
            yield good
        for row in batch:
            if isinstance(row, TuiliError):
                raise row
            if row is _END:
                return


def _read(stream: IO[bytes], rows: queue.Queue[Example | BadRow | TuiliError | None]) -> None:
    try:
        for row in read_stream(stream, "jsonl", labels="ignored").rows():
            rows.put(row)
        rows.put(_END)
    except TuiliError as error:
        rows.put(error)
