"""One POST to one place, within a deadline, with a reply of bounded size.

On `h11`, which reads and writes HTTP/1.1 and does nothing else: no redirect is followed, no proxy or password file is
read, no cookie kept, nothing unpacked, nothing logged. A host is looked up once, and stays pinned to what was found.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

from tuili.errors import MissingExtra, UsageError
from tuili.reasoning.llm_reasons import Reason, Unanswered

try:
    import h11
except ImportError:
    raise MissingExtra("h11", "llm") from None

if TYPE_CHECKING:
    from tuili.reasoning.llm_address import Address

KEY = "TUILI_LLM_KEY"
KEY_HOST = "TUILI_LLM_HOST"
"""If it is set, the key goes to this host and to no other that an address may name; `host` or `host:port`."""

MAX_REPLY = 2**20
MAX_HEAD = 2**16
_PIECE = 65536
_MOST_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `after`: seconds that the server asks to wait, if it does."""

    status: int
    body: bytes
    after: float | None = None


class Wire(Protocol):
    """Whatever carries a request to a model and its reply back."""

    def post(self, body: bytes, until: float) -> Reply:
        """The reply, before the moment `until` of `time.monotonic`.

        Raises:
            Unanswered: There is none.
        """
        ...


class HttpWire:
    """Requests to `URL/chat/completions`, each over a connection of its own: any thread may ask."""

    def __init__(self, address: Address) -> None:
        self._address = address
        shown = f"[{address.host}]" if ":" in address.host else address.host
        self._host = f"{shown}:{address.port}"
        self._target = f"{address.path}/chat/completions"
        self._found: list[str] = []
        self._lock = threading.Lock()
        self._ssl: ssl.SSLContext | None = None

    def post(self, body: bytes, until: float) -> Reply:
        """See `Wire`."""
        headers = self._headers(body)
        try:
            connected = self._connected(self._look_up(until), until)
        except TimeoutError:
            raise Unanswered(Reason.LATE) from None
        except OSError:
            raise Unanswered(Reason.UNREACHABLE) from None
        try:
            return self._exchange(_Slow(connected, until), headers, body)
        except TimeoutError:
            raise Unanswered(Reason.LATE) from None
        except (OSError, h11.ProtocolError):
            raise Unanswered(Reason.CUT) from None
        finally:
            connected.close()

    def _exchange(self, stream: _Slow, headers: list[tuple[str, str]], body: bytes) -> Reply:
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        head = http.send(h11.Request(method="POST", target=self._target, headers=headers)) or b""
        with suppress(ConnectionError):  # a server may refuse before it has read all, and say why
            stream.send(head + (http.send(h11.Data(body)) or b"") + (http.send(h11.EndOfMessage()) or b""))
        response: h11.Response | None = None
        parts: list[bytes] = []
        size = 0
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(stream.receive())
            elif isinstance(event, h11.Response):
                response = event
                if response.status_code != 200:  # what it says is not looked at
                    return Reply(response.status_code, b"", _after(response))
                _refuse_packed(response)
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if size > MAX_REPLY:
                    raise Unanswered(Reason.TOO_LARGE)
                parts.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                return Reply(200, b"".join(parts), _after(response))
            elif not isinstance(event, h11.InformationalResponse):
                raise Unanswered(Reason.CUT)

    def _headers(self, body: bytes) -> list[tuple[str, str]]:
        headers = [
            ("Host", self._host),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        key = os.environ.get(KEY, "").strip()
        belongs = os.environ.get(KEY_HOST, "").strip().lower()
        if key and belongs in ("", self._address.host, self._host):
            if not re.fullmatch(r"[!-~]{1,4096}", key):
                raise UsageError(f"{KEY} holds characters that a key can't have")
            headers.append(("Authorization", f"Bearer {key}"))
        return headers

    def _connected(self, addresses: list[str], until: float) -> socket.socket:
        """A connection to one of the addresses; the first that takes one.

        Raises:
            OSError: None does. TimeoutError: The deadline has passed.
        """
        for place, address in enumerate(addresses, 1):
            try:
                plain = socket.create_connection((address, self._address.port), timeout=_left(until))
                break
            except TimeoutError:
                raise
            except OSError:
                if place == len(addresses):
                    raise
        if self._address.scheme == "http":
            return plain
        try:
            plain.settimeout(_left(until))
            return self._context().wrap_socket(plain, server_hostname=self._address.host)
        except BaseException:
            plain.close()
            raise

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._ssl is None:
                self._ssl = ssl.create_default_context()
            return self._ssl

    def _look_up(self, until: float) -> list[str]:
        """IP addresses of the host. The system's own look-up knows no deadline, so another thread waits for it."""
        with self._lock:
            if self._found:
                return self._found
        found: list[str] = []
        address = self._address

        def ask() -> None:
            with suppress(OSError, UnicodeError):
                rows = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
                found.extend(dict.fromkeys(str(row[4][0]) for row in rows))

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            raise Unanswered(Reason.LATE)
        if not found:
            raise Unanswered(Reason.UNREACHABLE)
        with self._lock:
            self._found = self._found or found
            return self._found


class _Slow:
    """A socket on which nothing outlasts the deadline, however slowly bytes come or go."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._socket = connected
        self._until = until

    def receive(self) -> bytes:
        self._socket.settimeout(_left(self._until))
        return self._socket.recv(_PIECE)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._socket.settimeout(_left(self._until))
            view = view[self._socket.send(view) :]


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _refuse_packed(response: h11.Response) -> None:
    """A few bytes may unpack to gigabytes. Nothing packed was asked for, so nothing is unpacked."""
    encodings = [value.strip().lower() for name, value in response.headers if name == b"content-encoding"]
    if any(encoding not in (b"", b"identity") for encoding in encodings):
        raise Unanswered(Reason.ENCODED)


def _after(response: h11.Response) -> float | None:
    """`Retry-After`, a number of seconds or a date; None where it is neither."""
    text = next((value for name, value in response.headers if name == b"retry-after"), b"").decode("ascii", "replace")
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text.strip()):
        return min(float(text), _MOST_SECONDS)
    with suppress(TypeError, ValueError, OverflowError):
        moment = parsedate_to_datetime(text[:100])
        if moment.tzinfo is not None:
            return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), _MOST_SECONDS)
    return None
