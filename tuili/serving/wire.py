"""HTTP/1.1 as uvicorn speaks it, with the limits that it leaves open: headers in time, 431 where they are too long."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tuili.serving.refusal import Refusal

READ_TIMEOUT = 10.0


class Wire(H11Protocol):
    """A connection whose headers must arrive whole within `READ_TIMEOUT` seconds."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._header_timer = self.loop.call_later(READ_TIMEOUT, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            if self._header_timer is None:
                self._header_timer = self.loop.call_later(READ_TIMEOUT, self._too_slow)
        else:
            self._stop_timer()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's; ours says more
        """What h11 could not read: said in our form, with the status that h11 proposes."""
        error = sys.exc_info()[1]
        hint = getattr(error, "error_status_hint", 400)
        refusal = (
            Refusal(431, "headers_too_large", "request line and headers are too long")
            if hint == 431
            else Refusal(hint if hint in (400, 501) else 400, "invalid_http", "this is not a request of HTTP/1.1")
        )
        if self.conn.our_state is not h11.IDLE and self.conn.our_state is not h11.SEND_RESPONSE:
            self.transport.close()
            return
        body = refusal.body()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        self.transport.write(self.conn.send(h11.Response(status_code=refusal.status_code, headers=headers)) or b"")
        self.transport.write(self.conn.send(h11.Data(data=body)) or b"")
        self.transport.write(self.conn.send(h11.EndOfMessage()) or b"")
        self.transport.close()

    def _too_slow(self) -> None:
        self._header_timer = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None
