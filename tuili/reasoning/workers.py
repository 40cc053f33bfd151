"""Work side by side, in as many threads as a model may use."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Work = TypeVar("Work")
Result = TypeVar("Result")


class Workers:
    """So many threads, shared by whatever asks for them; work that is itself part of such work gets only its own.

    Pieces side by side, each in one thread, finish sooner than one after the other with all threads in each: small
    operators don't divide. The threads live for one call, so that a forked process does not miss any.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._inside = threading.local()

    @property
    def free(self) -> int:
        """Threads that the caller's work can be divided among."""
        return 1 if getattr(self._inside, "working", False) else self._threads

    def map(self, function: Callable[[Work], Result], works: Sequence[Work]) -> list[Result]:
        """What the function makes of each piece of work, in order."""
        threads = min(self.free, len(works))
        if threads < 2:
            return [function(work) for work in works]
        with ThreadPoolExecutor(threads, initializer=self._enter) as pool:
            return list(pool.map(function, works))

    def _enter(self) -> None:
        self._inside.working = True
