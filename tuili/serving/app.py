"""The application: the gate, the routes, the queue, and what starts and stops with them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tuili.serving import applications, cohere, hugging_face, judging, operations, text_embeddings
from tuili.serving.batcher import Batcher
from tuili.serving.desk import Desk, nobody
from tuili.serving.gate import Gate
from tuili.serving.log import Log
from tuili.serving.metrics import Metrics
from tuili.serving.refusal import Gone, Refusal, invalid
from tuili.serving.strict_route import limits_of
from tuili.serving.traces import Traces
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from tuili.serving.measured import Measured
    from tuili.serving.settings import Settings
    from tuili.types import Judge

WARM = ("A man is sleeping on a bench in the park.", "A person is asleep.")
NO_TELEMETRY: Any = dict.fromkeys(("auto_configure", "logs", "metrics", "operation_spans", "tracing"), False)
"""FastAPI's own telemetry would send what a request holds, and messages of exceptions. Ours is in `traces`."""

GRACE = 7.0
"""Seconds that work has to finish at shutdown."""


class Service:
    """An ASGI application that serves a judge.

    Attributes:
        batcher: The queue before the judge.
        api: The routes, without the gate; its `openapi()` describes them.
    """

    def __init__(
        self, judge: Judge, settings: Settings, *, log: Log | None = None, traces: Traces | None = None
    ) -> None:
        self.log = log or Log()
        self.settings = settings
        self.batcher = Batcher(judge, settings)
        self.metrics = Metrics()
        self.traces = traces or Traces()
        self.batcher.on_batch = self._judged
        self.batcher.mark = self.traces.mark
        self.desk = Desk(self.batcher, settings, self.log)
        self.api = self._routes()
        self._gate = Gate(self.api, settings, log=self.log, metrics=self.metrics, traces=self.traces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._gate(scope, receive, send)

    def _judged(self, measured: Measured) -> None:
        self.metrics.batch(measured)
        self.traces.batch(measured, str(getattr(self.batcher.judge_in_use, "model", "")))

    def _routes(self) -> FastAPI:
        api = FastAPI(
            title="tuili",
            version=__version__,
            description="Given what this text says, does that follow?",
            docs_url=None,  # its page loads scripts from elsewhere
            redoc_url=None,
            lifespan=self._life,
            separate_input_output_schemas=False,
            telemetry=NO_TELEMETRY,
        )
        api.state.limits = limits_of(self.settings)
        api.add_exception_handler(Refusal, _told)
        api.add_exception_handler(RequestValidationError, _told_invalid)
        api.add_exception_handler(HTTPException, _told_http)
        api.add_exception_handler(Gone, nobody)
        api.add_exception_handler(Exception, _told_failure)
        for room in (judging, applications, text_embeddings, cohere, hugging_face, operations):
            api.include_router(room.router(self.desk, self.metrics))
        return api

    @asynccontextmanager
    async def _life(self, _api: FastAPI) -> AsyncIterator[None]:
        self.batcher.start()
        loop = asyncio.get_running_loop()
        # The first verdict is slow, and what it costs is the first thing that the queue needs to know.
        for _ in range(2):
            await self.batcher.call(lambda judge: judge.judge([WARM]), deadline=loop.time() + 600)
        self.log.event("ready", model=str(getattr(self.batcher.judge_in_use, "model", "")), version=__version__)
        yield
        self.log.event("stopping", waiting=self.batcher.depth)
        await self.batcher.stop(1.0)
        self.desk.close()
        await asyncio.to_thread(self.traces.close)

    def drain(self) -> None:
        """Not ready from now on; requests that still come are answered."""
        self.batcher.draining = True


def _response(refusal: Refusal) -> Response:
    return Response(refusal.body(), refusal.status_code, dict(refusal.headers or {}), "application/json")


async def _told(_request: Request, error: Any) -> Response:
    return _response(error)


async def _told_invalid(_request: Request, error: Any) -> Response:
    return _response(invalid(error.errors()))


async def _told_http(_request: Request, error: Any) -> Response:
    codes = {404: "not_found", 405: "method_not_allowed", 400: "bad_request"}
    refusal = Refusal(error.status_code, codes.get(error.status_code, "refused"), str(error.detail))
    refusal.headers = error.headers
    return _response(refusal)


async def _told_failure(_request: Request, _error: Exception) -> Response:
    return _response(Refusal(500, "internal", "something went wrong here; the log says more"))
