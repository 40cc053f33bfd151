"""The queue before the judge, bounded in time: what would have to wait too long is refused at once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from tuili.serving.fair_queue import FairQueue, Job
from tuili.serving.judge_thread import Batch, Call, JudgeThread
from tuili.serving.measured import Measured
from tuili.serving.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tuili.serving.judge_thread import Outcome
    from tuili.serving.settings import Settings
    from tuili.types import Judge, Verdict

AHEAD = 2
"""Batches handed to the judge's thread: the one that runs, and the next, so that it never waits for the event loop."""

SPEED = 50e-6
"""Seconds a character is taken to cost before anything was measured."""

MEMORY = 0.8
"""Of what was measured, the share that stays with each further batch."""

Value = TypeVar("Value")


class Batcher:
    """Merges requests into batches. All methods are called in one event loop.

    Attributes:
        draining: Whether the server is about to stop; requests that come are still answered.
        stopped: Nothing is taken any more.
    """

    def __init__(self, judge: Judge, settings: Settings) -> None:
        self._thread = JudgeThread(judge)
        self._settings = settings
        self._queue = FairQueue()
        self._flying = 0  # batches that the thread has
        self._flying_cost = 0
        self._spent = SPEED * 1000
        self._judged = 1000.0  # characters in `spent` seconds
        self._linger: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.draining = False
        self.stopped = False
        self.on_batch: Callable[[Measured], None] = lambda _measured: None
        self.mark: Callable[[], Any] = lambda: None  # which request is being handled, for traces

    @property
    def depth(self) -> int:
        """Requests waiting."""
        return len(self._queue)

    @property
    def seconds_each(self) -> float:
        """Seconds a character costs, as measured over the last batches."""
        return self._spent / self._judged

    @property
    def judge_in_use(self) -> Judge:
        return self._thread.judge

    def exchange(self, judge: Judge) -> None:
        """Judge with another one from the next batch on."""
        self._thread.judge = judge

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self, timeout: float) -> None:
        """Refuse what still waits, and let the thread end."""
        self.draining = self.stopped = True
        while slices := self._queue.take(10**9):
            for part in slices:
                _refuse(part.job, Refusal(503, "shutting_down", "the server is stopping; ask again", retry_after=1))
        await asyncio.to_thread(self._thread.stop, timeout)

    def estimated_wait(self, cost: int = 0) -> float:
        """Seconds until work of `cost` characters, put in now, would be done with waiting."""
        return (self._queue.cost + self._flying_cost + cost) * self.seconds_each

    async def verdicts(
        self, pairs: Sequence[tuple[str, str]], *, key: str, deadline: float, accepted: bool = False
    ) -> list[Verdict]:
        """Verdicts on the pairs, in order.

        Args:
            pairs: Checked pairs.
            key: Whose they are; callers take turns.
            deadline: On the loop's clock.
            accepted: Part of a request that was let in already: it waits, but is not refused for want of room.

        Raises:
            Refusal: 429, the queue is full; 503, the deadline would pass, or has passed.
            InvalidPair: A pair that only the judge could refuse.
        """
        loop = asyncio.get_running_loop()
        if not pairs:
            return []
        job = Job(pairs, key, deadline, loop.create_future(), self.mark())
        if not accepted:
            self._admit(job, loop.time())
        self._queue.put(job)
        self._wake()
        try:
            async with asyncio.timeout_at(deadline):
                return await job.future
        except TimeoutError:
            raise self._late() from None
        finally:
            job.closed = True
            self._queue.remove(job)

    async def call(self, function: Callable[[Judge], Value], *, deadline: float) -> Value:
        """What `function` gives of the judge, in the judge's thread.

        Raises:
            Refusal: 503, the deadline has passed.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Value] = loop.create_future()

        def done(value: Any, error: Exception | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before the call
                loop.call_soon_threadsafe(_settle, future, value, error)

        self._thread.put(Call(function, done))
        try:
            async with asyncio.timeout_at(deadline):
                return await future
        except TimeoutError:
            raise self._late() from None

    def admit(self, cost: int, *, key: str, deadline: float, now: float) -> None:
        """Let work of `cost` characters in, or refuse it.

        Raises:
            Refusal: 429, the queue is full; 503, the deadline would pass.
        """
        remaining = deadline - now
        wait = self.estimated_wait()
        if remaining <= 0:
            raise self._late()
        if wait > min(self._settings.max_wait, remaining / 3) and not self._make_room(key, cost):
            raise Refusal(
                429, "queue_full", f"the queue is full: {wait:.1f} s of work are waiting; ask again", retry_after=wait
            )
        if cost * self.seconds_each > remaining:
            message = "this could not be judged before its deadline; ask for less, or allow more time"
            raise Refusal(503, "deadline", message, retry_after=wait)

    def _admit(self, job: Job, now: float) -> None:
        self.admit(job.cost, key=job.key, deadline=job.deadline, now=now)

    def _make_room(self, key: str, cost: int) -> bool:
        """Put out the newest work of the caller with most waiting, if that is much more than this one's."""
        longest = self._queue.longest()
        if longest is None or longest == key or self._queue.cost_of(longest) <= self._queue.cost_of(key) + 2 * cost:
            return False
        room = 0
        while room < cost and (job := self._queue.newest_of(longest)) is not None:
            room += job.cost
            self._queue.remove(job)
            wait = self.estimated_wait()
            _refuse(job, Refusal(429, "queue_full", "the queue is full; another caller's turn came", retry_after=wait))
        return room > 0

    def _late(self) -> Refusal:
        message = "the deadline passed before there was an answer"
        return Refusal(503, "deadline", message, retry_after=self.estimated_wait())

    def _wake(self) -> None:
        """See to it that what waits is judged: at once where there is company, else a moment later."""
        if self._flying or self._queue.cost >= self._settings.batch_characters:
            self._dispatch()
        elif self._linger is None:
            self._linger = asyncio.get_running_loop().call_later(self._settings.linger, self._lingered)

    def _lingered(self) -> None:
        self._linger = None
        self._dispatch()

    def _dispatch(self) -> None:
        while self._queue.cost and self._flying < AHEAD:
            # The batch ahead is only worth it when full: what is not yet handed out can still be merged.
            if self._flying and self._queue.cost < self._settings.batch_characters:
                return
            slices = self._queue.take(self._settings.batch_characters)
            self._flying += 1
            self._flying_cost += sum(part.cost for part in slices)
            self._thread.put(Batch(slices, self._done_in_thread(slices)))

    def _done_in_thread(self, slices: Sequence[Any]) -> Callable[[Sequence[Outcome], float, int | None], None]:
        cost = sum(part.cost for part in slices)

        def done(outcomes: Sequence[Outcome], seconds: float, tokens: int | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before the batch
                if self._loop is not None:
                    self._loop.call_soon_threadsafe(self._finished, cost, outcomes, seconds, tokens)

        return done

    def _finished(self, cost: int, outcomes: Sequence[Outcome], seconds: float, tokens: int | None) -> None:
        self._flying -= 1
        self._flying_cost -= cost
        judged = sum(outcome.part.cost for outcome in outcomes)
        if judged:
            self._spent = MEMORY * self._spent + seconds
            self._judged = MEMORY * self._judged + judged
        for outcome in outcomes:
            _answer(outcome)
        self._dispatch()
        if judged:
            pairs = sum(outcome.part.end - outcome.part.start for outcome in outcomes)
            marks = {id(mark): mark for outcome in outcomes if (mark := outcome.part.job.mark) is not None}
            self.on_batch(Measured(pairs, judged, seconds, tokens, tuple(marks.values())))


def _answer(outcome: Outcome) -> None:
    job = outcome.part.job
    if outcome.error is not None:
        _refuse(job, outcome.error)
        return
    job.verdicts[outcome.part.start : outcome.part.end] = outcome.verdicts
    job.judged += len(outcome.verdicts)
    if job.judged == len(job.pairs) and not job.future.done():
        job.future.set_result([verdict for verdict in job.verdicts if verdict is not None])


def _refuse(job: Job, error: Exception) -> None:
    job.closed = True
    if not job.future.done():
        job.future.set_exception(error)


def _settle(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
