"""A judge on the other side of a wire: pairs go to a tuili server, its verdicts come back as they are.

Standard library only. The address comes from whoever calls `load`, redirects are not followed, and at most
`MAX_REPLY` bytes of a reply are read.
"""

from __future__ import annotations

import json
import math
import os
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from tuili.engine.engine import Engine, _check_pairs
from tuili.errors import InvalidPair, ModelError, UsageError
from tuili.types import Label, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tuili.engine.reading import Reading
    from tuili.types import Pair

TIMEOUT = 60.0
"""Seconds for one request, waiting and asking again included."""

MAX_REPLY = 256 * 2**20
TOKEN = "TUILI_TOKEN"  # noqa: S105  # the variable's name
_BUSY = (429, 503)


class RemoteEngine(Engine):
    """An engine whose model is in a tuili server; pickles as the server's address. Its token is in `TUILI_TOKEN`.

    Explanations delete text, one request for each batch of variants; calibrations are fitted where the model is.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        """Ask the server what it serves.

        Args:
            url: `http://host:port` or `https://host:port`, with a path where a proxy puts one.
            timeout: Seconds for one request; a busy server is asked again within it.

        Raises:
            UsageError: The address can't be one of a server.
            ModelError: The server is down, slow, refuses, or is no tuili server.
        """
        self._url = url
        self._timeout = timeout
        self._wire = _Wire(url, timeout)
        try:
            info = self._wire.ask("GET", "/info", None)
            labels = tuple(Label(name) for name in info["labels"])
            self._most = max(1, int(info["max_pairs"]))
            self._bytes = int(info["max_body"])
            name = str(info["model_id"])
        except _Refused as refused:
            _raise(refused, [0], url)
        except (KeyError, TypeError, ValueError):
            raise ModelError(f"{url} answers, but not as a tuili server does") from None
        super().__init__(_Elsewhere(url), model=name, labels=labels, origin=(RemoteEngine, (url,)))

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """One verdict for each pair, in order, as the server gave them.

        Raises:
            InvalidPair: One of the pairs can't be judged.
            ModelError: The server is down, slow, refuses, or answers something else.
        """
        checked = _check_pairs(pairs)
        verdicts: list[Verdict | None] = [None] * len(checked)
        for indices in self._requests(checked):
            for index, verdict in zip(indices, self._ask(checked, indices), strict=True):
                verdicts[index] = verdict
        return [verdict for verdict in verdicts if verdict is not None]

    def _ask(self, pairs: Sequence[Pair], indices: Sequence[int]) -> list[Verdict]:
        premises = {pairs[index].premise for index in indices}
        if len(premises) == 1:
            body: dict[str, Any] = {"premise": premises.pop(), "hypotheses": [pairs[i].hypothesis for i in indices]}
        else:
            body = {"pairs": [pairs[index]._asdict() for index in indices]}
        try:
            reply = self._wire.ask("POST", "/v1/judge", body)
            verdicts = [Verdict.from_dict(value) for value in reply["verdicts"]]
        except _Refused as refused:
            _raise(refused, indices, self._url)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ModelError(f"{self._url} gave something other than verdicts") from None
        if len(verdicts) != len(indices):
            raise ModelError(f"{self._url} gave {len(verdicts)} verdicts on {len(indices)} pairs")
        for verdict in verdicts:
            if not all(type(p) in (int, float) and math.isfinite(p) for p in verdict.probabilities.values()):
                raise ModelError(f"{self._url} gave probabilities that are not numbers")
        return verdicts

    def _requests(self, pairs: Sequence[Pair]) -> Iterator[list[int]]:
        """Indices of the pairs that go into one request: equal premises side by side, within the server's limits."""
        by_premise: dict[str, list[int]] = {}
        for index, pair in enumerate(pairs):
            by_premise.setdefault(pair.premise, []).append(index)
        room = self._bytes - 200
        batch: list[int] = []
        size = 0
        for premise, indices in by_premise.items():
            for index in indices:
                # as pairs, a premise may be repeated; a text grows by escapes, of six bytes to a character at most
                cost = 40 + _size(premise) + _size(pairs[index].hypothesis)
                if batch and (size + cost > room or len(batch) == self._most):
                    yield batch
                    batch, size = [], 0
                batch.append(index)
                size += cost
        if batch:
            yield batch

    def __repr__(self) -> str:
        return f"<RemoteEngine {self.model} at {self._url}>"


class _Elsewhere:
    """The reader of an engine that reads nothing itself."""

    def __init__(self, url: str) -> None:
        self._url = url

    def read(self, _pairs: Sequence[Pair]) -> list[Reading]:
        raise UsageError(f"the model is in {self._url}; what needs its raw log-probabilities is done there")


class _Refused(Exception):  # becomes one of ours
    def __init__(self, status: int, code: str, message: str, field: str | None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field


class _Wire:
    """Requests to one server, each over a connection of its own: any thread may ask."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment
        if wrong or port == -1 or parts.username is not None:
            raise UsageError(f"{url.rpartition('@')[2]!r} is not the address of a server; write http://host:port")
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._path = str(parts.hostname), port, parts.path.rstrip("/")
        self._timeout = timeout
        self._shown = url

    def ask(self, method: str, path: str, body: Any) -> Any:
        """The value of the reply. A busy server is asked again, as it says, while there is time.

        Raises:
            ModelError: There is none.
            _Refused: The server says why.
        """
        until = time.monotonic() + self._timeout
        content = None if body is None else json.dumps(body).encode()
        while True:
            remaining = until - time.monotonic()
            status, again, reply = self._once(method, path, content, max(0.1, remaining))
            if status not in _BUSY or time.monotonic() + again > until:
                break
            time.sleep(again)
        try:
            value = json.loads(reply)
        except (ValueError, RecursionError):
            raise ModelError(f"{self._shown} answered {status} and no JSON; is it a tuili server?") from None
        if status == 200:
            return value
        error = value.get("error") if isinstance(value, dict) else None
        if not isinstance(error, dict):
            raise ModelError(f"{self._shown} answered {status}; is it a tuili server?")
        raise _Refused(status, str(error.get("code")), str(error.get("message")), error.get("field"))

    def _once(self, method: str, path: str, content: bytes | None, timeout: float) -> tuple[int, float, bytes]:
        headers = {"Content-Type": "application/json", "X-Request-Timeout": f"{min(timeout, 99999):.3f}"}
        if token := os.environ.get(TOKEN, "").strip():
            headers["Authorization"] = f"Bearer {token}"
        connection = self._kind(self._host, self._port, timeout=timeout)
        try:
            connection.request(method, self._path + path, content, headers)
            response = connection.getresponse()
            reply = response.read(MAX_REPLY + 1)
            again = response.headers.get("Retry-After", "1")
        except TimeoutError:
            raise ModelError(f"{self._shown} did not answer within {timeout:.0f} s") from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise ModelError(f"{self._shown} can't be asked: {reason}") from None
        finally:
            connection.close()
        if len(reply) > MAX_REPLY:
            raise ModelError(f"{self._shown} answered more than {MAX_REPLY:,} bytes")
        return response.status, min(float(again), 60.0) if again.isdigit() else 1.0, reply


def _size(text: str) -> int:
    return len(text) if text.isascii() else 6 * len(text)


def _raise(refused: _Refused, indices: Sequence[int], url: str) -> NoReturn:
    """What the server refused, as the library says it."""
    parts = str(refused.field or "").split(".")
    if refused.status in (413, 422) and parts[0] in ("pairs", "hypotheses", "premise"):
        place = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(indices) else 0
        last = parts[-1] if parts[-1] in ("premise", "hypothesis") else None
        field = last or ("hypothesis" if parts[0] == "hypotheses" else None)
        raise InvalidPair(refused.message, index=indices[place], field=field) from None
    raise ModelError(f"{url} refuses ({refused.status} {refused.code}): {refused.message}") from None
