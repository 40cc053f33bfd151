"""What every request passes before anything looks at it: its host, its token, its rate, its kind, its size.

One place for all routes, those that don't exist included, so that no route can be forgotten.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuili.serving.flags import HEADER
from tuili.serving.rate import RateLimit
from tuili.serving.refusal import GONE, Gone, Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tuili.serving.log import Log
    from tuili.serving.metrics import Metrics
    from tuili.serving.settings import Settings
    from tuili.serving.traces import Span, Traces

OPEN = frozenset({"/health"})
"""Paths that need no token and no known host: whether the process lives."""

MAX_HEADERS = 16 * 1024
SLACK = 64 * 1024
"""Bytes over the limit that may be read before a body is refused."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SECONDS = re.compile(rb"[0-9]{1,6}(\.[0-9]{1,6})?")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


@dataclass(slots=True)
class Caller:
    """Who asks, by when it must be answered, how to learn that they left, and what is odd about their texts."""

    key: str
    request_id: str
    deadline: float
    receive: Receive
    pairs: int = 0
    flags: list[dict[str, Any]] = field(default_factory=list)

    @property
    def flag_kinds(self) -> list[str]:
        return sorted({flag["kind"] for flag in self.flags})


class Gate:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, settings: Settings, *, log: Log, metrics: Metrics, traces: Traces) -> None:
        self._app = app
        self._settings = settings
        self._log = log
        self._metrics = metrics
        self._traces = traces
        self._rate = RateLimit(settings.rate, settings.burst)
        self._tokens = [token.encode() for token in settings.tokens]
        self._hosts = settings.allowed_hosts
        self._active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        with self._traces.request(headers) as span:
            await self._handle(scope, receive, send, headers, span)

    async def _handle(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], span: Span
    ) -> None:
        started = time.perf_counter()
        caller = Caller("", _request_id(headers), 0.0, receive)
        answer = _Answer(send, caller)
        self._active += 1
        try:
            await self._pass(scope, receive, answer, headers, caller)
        except Refusal as refusal:
            await answer.refuse(refusal)
        except Gone:
            answer.status = GONE
        except Exception as error:  # noqa: BLE001  # the last place where it can be told without a traceback
            self._log.failure("failure", error, request_id=caller.request_id)
            await answer.refuse(Refusal(500, "internal", "something went wrong here; the log says more"))
        finally:
            self._active -= 1
            self._note(scope, caller, answer.status, time.perf_counter() - started, span)

    async def _pass(
        self, scope: Scope, receive: Receive, answer: _Answer, headers: dict[bytes, bytes], caller: Caller
    ) -> None:
        _check_headers(scope)
        if scope["path"] not in OPEN:
            self._check_host(scope, headers)
            caller.key = self._key(scope, headers)
            self._check_rate(caller.key)
        if self._active > self._settings.max_requests:
            raise Refusal(429, "too_many_requests", "too many requests are in progress; ask again", retry_after=1)
        body = await self._body(scope, receive, headers)
        caller.deadline = asyncio.get_running_loop().time() + self._seconds(headers)
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, _replay(body, receive), answer)

    def _check_host(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """S7: an unknown name is how another page's script would reach a server on loopback (DNS rebinding)."""
        named = [value for name, value in scope["headers"] if name == b"host"]
        host = named[0].decode("latin-1").lower() if len(named) == 1 else ""
        if _without_port(host) not in self._hosts:
            raise Refusal(421, "unknown_host", "this server does not go by that name; --allow-host adds one")
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and scope["method"] not in ("GET", "HEAD") and origin.partition("://")[2] != host:
            raise Refusal(403, "foreign_origin", "pages of other origins may not ask this server")

    def _key(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """Who asks: the token's digest, or where none is needed, the address."""
        if not self._tokens:
            client = scope.get("client")
            return str(client[0]) if client else "local"
        given = _credential(headers.get(b"authorization", b""))
        # every token is compared, so that the time says nothing of which was close
        matches = [hmac.compare_digest(given, token) for token in self._tokens]
        if not any(matches):
            refusal = Refusal(401, "unauthorised", "a token is needed: Authorization: Bearer …")
            refusal.headers = {"WWW-Authenticate": 'Bearer realm="tuili", Basic realm="tuili", charset="UTF-8"'}
            raise refusal
        return "key-" + hashlib.sha256(b"tuili caller " + self._tokens[matches.index(True)]).hexdigest()[:8]

    def _check_rate(self, key: str) -> None:
        wait = self._rate.wait(key, time.monotonic())
        if wait > 0:
            raise Refusal(429, "rate_limited", f"more than {self._settings.rate:g} requests a second", retry_after=wait)

    async def _body(self, scope: Scope, receive: Receive, headers: dict[bytes, bytes]) -> bytes:
        """The whole body, counted while it is read.

        Raises:
            Refusal: 413 too large, 415 not JSON, 408 too slow.
        """
        limit = self._settings.max_body
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 18:
            raise Refusal(400, "invalid_length", "Content-Length is not a number")
        too_large = Refusal(413, "body_too_large", f"a body has at most {limit:,} bytes; split it")
        if int(length) > limit:
            raise too_large
        if scope["method"] == "POST":
            _check_kind(headers)
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.read_timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > limit:
                        raise too_large
                    if not message.get("more_body", False):
                        return b"".join(chunks)
        except TimeoutError:
            raise Refusal(408, "too_slow", "the body did not arrive in time") from None

    def _seconds(self, headers: dict[bytes, bytes]) -> float:
        asked = headers.get(b"x-request-timeout")
        if asked is None:
            return self._settings.deadline
        if not _SECONDS.fullmatch(asked) or float(asked) <= 0:
            raise Refusal(400, "invalid_timeout", "X-Request-Timeout is a number of seconds, such as 2.5")
        return min(float(asked), self._settings.deadline)

    def _note(self, scope: Scope, caller: Caller, status: int, seconds: float, span: Span) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.request(route, status, seconds)
        span.done(method=method, route=route, status=status, pairs=caller.pairs, request_id=caller.request_id)
        if status == GONE:
            self._metrics.cancelled.inc()
        self._log.event(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(1000 * seconds, 1),
            key=caller.key,
            request_id=caller.request_id,
            pairs=caller.pairs,
            **({"unicode": kinds} if (kinds := caller.flag_kinds) else {}),
        )


class _Answer:
    """`send`, with our headers; it knows whether anything was sent."""

    def __init__(self, send: Send, caller: Caller) -> None:
        self._send = send
        self._caller = caller
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = [(name, value) for name, value in message.get("headers", ())]
            names = {name for name, _ in given}
            extra = [(name, value) for name, value in SECURITY if name not in names]
            extra.append((b"x-request-id", self._caller.request_id.encode()))
            if kinds := self._caller.flag_kinds:
                extra.append((HEADER.lower().encode(), ", ".join(kinds).encode()))
            message = {**message, "headers": [*given, *extra]}
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        if self.status:
            return  # it is too late to say so
        body = refusal.body()
        headers = [(name.lower().encode(), value.encode()) for name, value in (refusal.headers or {}).items()]
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if refusal.status_code in (408, 413, 431):
            headers.append((b"connection", b"close"))  # what is left of the body is not read
        await self({"type": "http.response.start", "status": refusal.status_code, "headers": headers})
        await self({"type": "http.response.body", "body": body})


def _check_headers(scope: Scope) -> None:
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    if size + sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > MAX_HEADERS:
        raise Refusal(431, "headers_too_large", f"request line and headers have at most {MAX_HEADERS:,} bytes")


def _check_kind(headers: dict[bytes, bytes]) -> None:
    """JSON alone: a form or plain text is what a foreign page could send without asking first (CSRF)."""
    kind, _, parameters = headers.get(b"content-type", b"").decode("latin-1").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise Refusal(415, "unsupported_media_type", "send application/json in UTF-8")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refusal(415, "unsupported_media_type", "compressed bodies are not read")


def _without_port(host: str) -> str:
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        return name if bracket and (not port or port[1:].isdigit()) else ""
    name, colon, port = host.partition(":")
    return name if not colon or port.isdigit() else ""


def _credential(header: bytes) -> bytes:
    """The token of an `Authorization` header: a bearer's, or the password of a browser's."""
    scheme, _, value = header.partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip()
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive`, from the start of the body again."""
    read: list[Any] = []

    async def again() -> Message:
        if not read:
            read.append(True)
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again
