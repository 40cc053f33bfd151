"""One process that serves: its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import uvicorn

from tuili.errors import UsageError
from tuili.serving.app import GRACE, Service
from tuili.serving.log import Log, adopt_server_logs
from tuili.serving.traces import traces_of
from tuili.serving.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from tuili.serving.settings import Settings
    from tuili.types import Judge

BACKLOG = 1024


class Server(uvicorn.Server):
    """Serves one judge. At SIGTERM it says "not ready" first, goes on for a moment, and then finishes what it has.

    A second Ctrl+C ends it at once. SIGHUP loads the model anew; where that fails, the old one goes on.
    """

    def __init__(self, service: Service, *, reload: Callable[[], Judge] | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                service,
                http=Wire,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=True,
                proxy_headers=False,
                timeout_keep_alive=15,
                timeout_graceful_shutdown=int(GRACE),
                backlog=BACKLOG,
            )
        )
        self.service = service
        self._reload = reload
        adopt_server_logs(service.log)

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """What SIGTERM and SIGINT do; safe to call from a signal handler."""
        if self.service.batcher.draining:
            # Only the keyboard, and only twice: under a supervisor each worker gets its SIGTERM after it.
            if sig == signal.SIGINT:
                self.force_exit = self.should_exit = True
            return
        self.service.drain()
        self.service.log.event("draining", signal=signal.Signals(sig).name)
        threading.Timer(self.service.settings.drain, self._leave).start()

    def _leave(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Load, warm up, listen."""
        await super().startup(sockets)
        if self._reload is not None and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._start_reload)

    def _start_reload(self) -> None:
        threading.Thread(target=self.reload, daemon=True).start()

    def reload(self) -> bool:
        """Load the model anew. True where it was exchanged; else the old one goes on."""
        if self._reload is None:
            return False
        try:
            judge = self._reload()
            judge.judge([("A man is sleeping.", "A person is asleep.")])
        except Exception as error:  # noqa: BLE001  # whatever is wrong with the new model, the old one is not
            self.service.log.failure("reload_failed", error)
            return False
        self.service.batcher.exchange(judge)
        self.service.log.event("reloaded", model=str(getattr(judge, "model", "")))
        return True


def listen(settings: Settings) -> socket.socket:
    """A socket that listens, so that several workers can share it.

    Raises:
        UsageError: The address can't be had.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"can't listen on {settings.host}:{settings.port}: {error.strerror}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(f"can't listen on {settings.host}:{settings.port}: {error.strerror}") from None
    listener.setblocking(False)  # noqa: FBT003  # the standard library's
    return listener


def address_of(listener: socket.socket) -> str:
    """The address that clients use."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def judge_of(settings: Settings) -> Judge:
    """The judge that a worker serves; with a record of its verdicts where one is asked for."""
    from tuili.engine.load import load

    engine: Any = load(settings.model, threads=settings.threads, require_signed=settings.require_signed)
    if settings.audit is None:
        return engine  # type: ignore[no-any-return]
    from tuili.audit.log import Log as Record
    from tuili.audit.recorded import Recorded

    return Recorded(engine, Record(settings.audit))


def run_worker(settings: Settings, listener: socket.socket) -> None:
    """Serve until told to stop."""
    judge = judge_of(settings)
    log = Log()
    log.event("listening", address=address_of(listener), process=os.getpid())
    # A record belongs to the judge it began with: with one, a new model needs a new start.
    reload = None if settings.audit else lambda: judge_of(settings)
    traces = traces_of(wanted=settings.otel, log=log)
    Server(Service(judge, settings, log=log, traces=traces), reload=reload).run([listener])
    record = getattr(judge, "_log", None)
    if record is not None:
        record.close()
