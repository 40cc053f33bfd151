"""Where routes hand in their work: pairs to the queue, checks and explanations to threads that use the queue."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response

from tuili.errors import AuditError, InputError, TuiliError, UsageError
from tuili.serving.bridge import queued_judge
from tuili.serving.refusal import GONE, Gone, Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from starlette.requests import Request
    from starlette.types import Receive

    from tuili.serving.batcher import Batcher
    from tuili.serving.gate import Caller
    from tuili.serving.log import Log
    from tuili.serving.settings import Settings
    from tuili.types import Judge, Verdict

Value = TypeVar("Value")


class Desk:
    """What the routes share."""

    def __init__(self, batcher: Batcher, settings: Settings, log: Log) -> None:
        self.batcher = batcher
        self.settings = settings
        self._log = log
        self._threads = ThreadPoolExecutor(settings.application_threads, thread_name_prefix="tuili-application")
        self._busy = 0

    async def verdicts(
        self, request: Request, pairs: Sequence[tuple[str, str]], where: Sequence[str] = ()
    ) -> list[Verdict]:
        """Verdicts on the pairs of a request; `where` says of each where it stands in the body.

        Raises:
            Refusal: There is no verdict; it says why.
            Gone: The client has left.
        """
        caller: Caller = request.scope["state"]["caller"]
        caller.pairs = len(pairs)
        self._welcome()
        work = self.batcher.verdicts(pairs, key=caller.key, deadline=caller.deadline)
        try:
            return await _while_there(work, caller.receive)
        except TuiliError as error:
            raise self._told(error, where, caller) from None

    async def apply(self, request: Request, function: Callable[[Judge], Value], characters: int) -> Value:
        """What `function` gives of a judge whose pairs go through the queue. Runs in a thread.

        Raises:
            Refusal: There is no result; it says why.
            Gone: The client has left.
        """
        caller: Caller = request.scope["state"]["caller"]
        self._welcome()
        loop = asyncio.get_running_loop()
        if self._busy >= self.settings.application_threads:
            wait = self.batcher.estimated_wait()
            raise Refusal(429, "queue_full", "as many checks as can be are in progress; ask again", retry_after=wait)
        self.batcher.admit(characters, key=caller.key, deadline=caller.deadline, now=loop.time())
        judge = queued_judge(self.batcher, loop, key=caller.key, deadline=caller.deadline)
        self._busy += 1
        work = loop.run_in_executor(self._threads, function, judge)
        work.add_done_callback(self._one_less)
        try:
            async with asyncio.timeout_at(caller.deadline):
                return await _while_there(_awaited(work), caller.receive)
        except TimeoutError:
            wait = self.batcher.estimated_wait()
            raise Refusal(503, "deadline", "the deadline passed before there was an answer", retry_after=wait) from None
        except TuiliError as error:
            raise self._told(error, (), caller) from None
        finally:
            judge.withdrawn = True

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _one_less(self, work: asyncio.Future[Any]) -> None:
        self._busy -= 1
        if not work.cancelled():
            work.exception()  # looked at, whether or not anybody still waits

    def _welcome(self) -> None:
        if self.batcher.stopped:
            raise Refusal(503, "shutting_down", "the server is stopping; ask again", retry_after=1)

    def _told(self, error: TuiliError, where: Sequence[str], caller: Caller) -> Refusal:
        if isinstance(error, AuditError):
            self._log.failure("not_recorded", error, request_id=caller.request_id)
            message = "the verdict could not be recorded, and none is given without its record"
            return Refusal(503, "not_recorded", message, retry_after=5)
        if not isinstance(error, InputError | UsageError):
            self._log.failure("judge_failed", error, request_id=caller.request_id)
        return refusal_of(error, where)


async def _awaited(work: asyncio.Future[Value]) -> Value:
    return await work


async def _while_there(work: Coroutine[Any, Any, Value], receive: Receive) -> Value:
    """The result of the work, or Gone as soon as the client leaves; then the work is cancelled."""
    task = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Gone
    finally:
        watcher.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def nobody(_request: Request, _error: Exception) -> Response:
    """The answer that nobody is there to read."""
    return Response(status_code=GONE)
