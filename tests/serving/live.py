"""A server in a thread of the test, on a socket of its own."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx2

from tuili.reasoning.scripted import Scripted
from tuili.serving.app import Service
from tuili.serving.log import Log
from tuili.serving.server import Server, listen
from tuili.serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tuili.types import Verdict

TOKEN = "canary-0123456789abcdef"  # noqa: S105  # nobody else's


class Slow:
    """A scripted judge that takes its time, and remembers what it was asked."""

    def __init__(self, seconds: float = 0.0, *, each: float = 0.0, hold: threading.Event | None = None) -> None:
        self.labels = Scripted(default="neutral").labels
        self._judge = Scripted(default="entailment")
        self._seconds = seconds
        self._each = each
        self._hold = hold
        self.asked: list[tuple[str, str]] = []
        self.batches: list[int] = []
        self.started: list[float] = []

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        listed = list(pairs)
        self.started.append(time.monotonic())
        self.asked += listed
        self.batches.append(len(listed))
        warming = listed[0][0].startswith("A man is sleeping on a bench")
        if self._hold is not None and not warming:
            self._hold.wait(20)
        if not warming:
            time.sleep(self._seconds + self._each * len(listed))
        return self._judge.judge(listed)


class Live:
    """A running server."""

    def __init__(self, service: Service, server: Server, port: int, log: io.StringIO) -> None:
        self.service = service
        self.server = server
        self.port = port
        self.log = log
        self.url = f"http://127.0.0.1:{port}"

    def client(self, **options: Any) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=30, trust_env=False, **options)

    def async_client(self, **options: Any) -> httpx2.AsyncClient:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
        return httpx2.AsyncClient(base_url=self.url, timeout=30, trust_env=False, limits=limits, **options)

    def raw(self, data: bytes, *, close: bool = False, timeout: float = 15) -> bytes:
        """What the server answers to these bytes, until it closes or has answered once."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
            if close:
                return b""
            received = b""
            while b"\r\n\r\n" not in received or not _whole(received):
                try:
                    part = connection.recv(65536)
                except ConnectionResetError:
                    break
                if not part:
                    break
                received += part
            return received

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def tells(self, **wanted: Any) -> bool:
        """Whether an event says this, now or within five seconds: a request is logged once it is answered."""
        end = time.monotonic() + 5
        while not any(wanted.items() <= event.items() for event in self.events()):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True


def _whole(received: bytes) -> bool:
    head, _, body = received.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return True


@contextmanager
def live(
    judge: Any = None, *, reload: Callable[[], Any] | None = None, traces: Any = None, **options: Any
) -> Iterator[Live]:
    """A server for the judge, by default a scripted one to which everything follows."""
    settings = Settings(port=0, drain=0.0, **options)
    log = io.StringIO()
    service = Service(judge or Scripted(default="entailment"), settings, log=Log(log), traces=traces)
    listener = listen(settings)
    server = Server(service, reload=reload)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.005)
    assert server.started, log.getvalue()
    try:
        yield Live(service, server, listener.getsockname()[1], log)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def pair_body(premise: str = "It rains.", hypothesis: str = "It is wet.") -> dict[str, Any]:
    return {"pairs": [{"premise": premise, "hypothesis": hypothesis}]}


def gather(work: Callable[[], Any]) -> Any:
    """Run a coroutine function to its end."""
    return asyncio.run(work())
