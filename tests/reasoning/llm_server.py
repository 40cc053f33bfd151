"""A fake server that speaks chat completions, and a way to say exactly what it puts on the wire."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LABELS = ("neutral", "entailment", "contradiction")
FIELDS = re.compile(r"\[([0-9a-f]{32}) (premise|hypothesis) begins\]\n(.*?)\n\[\1 \2 ends\]", re.DOTALL)


def texts_of(body: bytes) -> dict[str, str]:
    """The texts between the marks of a request."""
    content = json.loads(body)["messages"][1]["content"]
    return {field: text for _, field, text in FIELDS.findall(content)}


def tokens(answer: str, shares: dict[str, float]) -> dict[str, Any]:
    """`logprobs` of an answer, whose first token is cut off the label, as tokenizers do."""
    import math

    top = [{"token": f" {label[:3]}", "logprob": math.log(p), "bytes": None} for label, p in shares.items()]
    return {"content": [{"token": answer[:3], "logprob": math.log(shares[answer]), "top_logprobs": top}]}


def chat(content: Any, *, logprobs: Any = None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, **message},
                "logprobs": logprobs,
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102},
    }


def made_up_shares(body: bytes) -> dict[str, float]:
    """The same for the same texts, whatever the mark."""
    digest = hashlib.sha256(json.dumps(texts_of(body), sort_keys=True).encode()).digest()
    weights = [1 + digest[i] for i in range(len(LABELS))]
    return {label: weight / sum(weights) for label, weight in zip(LABELS, weights, strict=True)}


def honest(body: bytes) -> dict[str, Any]:
    """A judge with log-probabilities, where they are asked for; with JSON, where that is."""
    shares = made_up_shares(body)
    if json.loads(body).get("logprobs"):
        answer = max(shares, key=lambda label: shares[label])
        return chat(answer, logprobs=tokens(answer, shares))
    return chat(json.dumps(shares))


def http(
    body: bytes | str | dict[str, Any], status: str = "200 OK", headers: str = "Content-Type: application/json"
) -> bytes:
    content = (
        json.dumps(body).encode() if isinstance(body, dict) else body if isinstance(body, bytes) else body.encode()
    )
    head = f"HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    return head.encode() + content


class Connection:
    """One connection of the fake, with the request that came over it."""

    def __init__(self, raw: socket.socket, stop: threading.Event) -> None:
        self.raw = raw
        self.stop = stop
        self.head = b""
        self.body = b""

    def receive(self) -> bool:
        while b"\r\n\r\n" not in self.head:
            part = self.raw.recv(65536)
            if not part:
                return False
            self.head += part
        self.head, _, self.body = self.head.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: *(\d+)", self.head)[1])
        while len(self.body) < length:
            part = self.raw.recv(65536)
            if not part:
                return False
            self.body += part
        return True

    def send(self, data: bytes) -> None:
        self.raw.sendall(data)

    def drip(self, data: bytes, *, every: float = 0.05) -> None:
        for place in range(len(data)):
            if self.stop.wait(every):
                return
            self.send(data[place : place + 1])


class FakeServer:
    """Runs `handle(connection)` for each request; by default an honest judge."""

    def __init__(self, handle: Callable[[Connection], None] | None = None) -> None:
        self.handle = handle or (lambda connection: connection.send(http(honest(connection.body))))
        self.requests: list[bytes] = []
        self.heads: list[bytes] = []
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def address(self) -> str:
        return f"openai:http://127.0.0.1:{self.port}/v1#fake"

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._stop.is_set():
                raw, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(raw,), daemon=True)
                thread.start()

    def _serve(self, raw: socket.socket) -> None:
        with raw, suppress(OSError):
            raw.settimeout(10)
            connection = Connection(raw, self._stop)
            if connection.receive():
                self.requests.append(connection.body)
                self.heads.append(connection.head)
                self.handle(connection)

    def close(self) -> None:
        self._stop.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)


@contextmanager
def fake_server(handle: Callable[[Connection], None] | None = None) -> Iterator[FakeServer]:
    server = FakeServer(handle)
    try:
        yield server
    finally:
        server.close()
