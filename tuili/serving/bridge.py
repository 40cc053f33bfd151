"""A judge for code that is not asynchronous: checks and explanations run in threads, their pairs in the one queue."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, TypeVar

from tuili.data.text import check_text
from tuili.errors import InvalidPair, InvalidText
from tuili.serving.refusal import Gone

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from tuili.serving.batcher import Batcher
    from tuili.types import Verdict

Value = TypeVar("Value")


class QueuedJudge:
    """Judges through the queue; for one request, and only while somebody waits for it.

    Attributes:
        withdrawn: Nobody waits any more: the next pair that is put ends the work.
    """

    def __init__(self, batcher: Batcher, loop: asyncio.AbstractEventLoop, *, key: str, deadline: float) -> None:
        self._batcher = batcher
        self._loop = loop
        self._key = key
        self._deadline = deadline
        self.withdrawn = False

    def judge(self, pairs: Iterable[tuple[str, str]], /) -> list[Verdict]:
        """Verdicts, in order. Blocks; never called in the event loop."""
        checked = [_checked(index, pair) for index, pair in enumerate(pairs)]
        return self._wait(self._batcher.verdicts(checked, key=self._key, deadline=self._deadline, accepted=True))

    @property
    def labels(self) -> Any:
        """The labels of the judge behind the queue, where it says them."""
        return getattr(self._batcher.judge_in_use, "labels", None)

    @property
    def model(self) -> Any:
        """The model of the judge behind the queue, where it says it."""
        return getattr(self._batcher.judge_in_use, "model", None)

    def _wait(self, work: Coroutine[Any, Any, Value]) -> Value:
        if self.withdrawn:
            work.close()
            raise Gone
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except CancelledError:
            raise Gone from None


class OccludingJudge(QueuedJudge):
    """The same, before a judge that can say cheaply what it would have said, had parts been hidden."""

    def occlude(self, pair: tuple[str, str], hidden: Any, /) -> Any:
        """See `tuili.types.Occludable`."""
        return self._wait(
            self._batcher.call(lambda judge: judge.occlude(pair, hidden), deadline=self._deadline)  # type: ignore[attr-defined]
        )


def queued_judge(batcher: Batcher, loop: asyncio.AbstractEventLoop, *, key: str, deadline: float) -> QueuedJudge:
    """A judge that can do what the judge behind the queue can."""
    kind = OccludingJudge if hasattr(batcher.judge_in_use, "occlude") else QueuedJudge
    return kind(batcher, loop, key=key, deadline=deadline)


def _checked(index: int, pair: tuple[str, str]) -> tuple[str, str]:
    try:
        premise, hypothesis = pair
        return check_text(premise, "premise"), check_text(hypothesis, "hypothesis")
    except InvalidText as error:
        raise InvalidPair(str(error), index=index) from None
