"""JSON lines in, JSON lines out, as they come."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from tuili.data.read import read_stream
from tuili.engine.rows import judged_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.engine.rows import OnError
    from tuili.types import Judge

CHUNK = 64  # small, so that verdicts come soon after their pairs


def judge_stream(judge: Judge, stream: IO[bytes], *, on_error: OnError = "stop") -> Iterator[str]:
    """A line of JSON for each pair of a JSONL stream, as in the output of `judge_file`; 64 pairs at a time.

    Raises:
        DataError: A row that can't be judged, unless errors are recorded.
    """
    rows = read_stream(stream, "jsonl", labels="ignored").rows()
    for lines in judged_chunks(judge, rows, "standard input", on_error=on_error, chunk=CHUNK):
        yield from lines
