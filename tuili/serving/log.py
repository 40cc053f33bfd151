"""Logs: one event, one line of JSON in ASCII. Never a text that was judged, never a token.

What a caller sent appears only where it is one of a fixed set (method, route) or was checked (request id). Of an
exception the type and the places are written, not its message, which may quote a text.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from pathlib import Path
from typing import IO, Any


class Log:
    """Writes events to a stream, standard error by default."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream

    def event(self, name: str, **values: Any) -> None:
        """One event. Values are strings, numbers, booleans, None."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
        line = json.dumps({"time": stamp, "event": name, **values}, default=str) + "\n"
        stream = self._stream if self._stream is not None else sys.stderr
        try:
            stream.write(line)
            stream.flush()
        except (OSError, ValueError, RuntimeError):
            return  # whoever read the log has gone, or a signal came while a line was written: requests matter more

    def failure(self, name: str, error: BaseException, **values: Any) -> None:
        """An exception: its type and where it came from."""
        self.event(name, error=type(error).__name__, where=places(error), **values)


def places(error: BaseException) -> list[str]:
    """The innermost files and lines of an exception."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


class ServerLines(logging.Handler):
    """What uvicorn and asyncio log, in our form."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._log.failure("server", error, logger=record.name, level=record.levelname)
        else:
            self._log.event("server", logger=record.name, level=record.levelname, message=record.getMessage()[:500])


def adopt_server_logs(log: Log) -> None:
    """Let the server's own loggers write through `log`."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [ServerLines(log)] if name in ("uvicorn", "asyncio") else []
        logger.propagate = name not in ("uvicorn", "asyncio")
