"""How long a server that fails is believed in: retries with a budget, and a circuit breaker (Nygard 2007)."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING

from tuili.reasoning.llm_reasons import Reason, Unanswered

if TYPE_CHECKING:
    from tuili.reasoning.llm_http import Reply, Wire

MOST_FAILURES = 5
"""After so many failed attempts in a row the server is left alone."""

MOST_RETRIES = 2
RETRY_SHARE = 0.1
"""Retries add at most a tenth to the requests, beside the first `FREE_RETRIES`."""

FREE_RETRIES = 3
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_OURS = frozenset({400, 413, 414, 415, 422, 431})  # the request is at fault, not the server


class Patience:
    """Carries requests over a wire, again where that may help. For any number of threads.

    Attributes:
        retries: How many attempts were made beyond the first ones.
    """

    def __init__(self, wire: Wire, *, rest: float = 30.0) -> None:
        """Trust the wire for now.

        Args:
            wire: What carries a request.
            rest: Seconds for which a server that failed `MOST_FAILURES` times is left alone. Then one request tries it.
        """
        self.retries = 0
        self._wire = wire
        self._rest = rest
        self._lock = threading.Lock()
        self._failures = 0
        self._again_at = 0.0
        self._trying = False
        self._budget = float(FREE_RETRIES)
        self._random = secrets.SystemRandom()  # no two clients wait alike

    def post(self, body: bytes, until: float) -> Reply:
        """A reply with status 200. Whoever gets it says `passed` or `failed`, once it is known what it is worth.

        Raises:
            Unanswered: There is none before `until`.
        """
        self._begin()
        for attempt in range(MOST_RETRIES + 1):
            try:
                reply = self._wire.post(body, until)
            except Unanswered as unanswered:
                reason, after = unanswered.reason, None
                again = reason in (Reason.UNREACHABLE, Reason.CUT)
            except BaseException:
                self.failed()
                raise
            else:
                if reply.status == 200:
                    return reply
                reason, after, again = _reason(reply.status), reply.after, reply.status in _AGAIN
                if reply.status in _OURS:
                    self.passed()
                    raise Unanswered(reason)
            self.failed(after)
            pause = self._pause(attempt, after)
            if not again or time.monotonic() + pause >= until or not self._may_retry(attempt):
                break
            time.sleep(pause)
        raise Unanswered(reason, after=after)

    def passed(self) -> None:
        """The server did what it should."""
        with self._lock:
            self._failures = 0
            self._trying = False

    def failed(self, after: float | None = None) -> None:
        """It did not, and asks to be left alone for `after` seconds, if it does."""
        with self._lock:
            self._failures += 1
            self._trying = False
            if self._failures >= MOST_FAILURES:
                self._again_at = time.monotonic() + max(self._rest, after or 0.0)

    def _begin(self) -> None:
        with self._lock:
            if self._failures >= MOST_FAILURES:
                if self._trying or time.monotonic() < self._again_at:
                    raise Unanswered(Reason.RESTING)
                self._trying = True
            self._budget = min(self._budget + RETRY_SHARE, 10.0)

    def _may_retry(self, attempt: int) -> bool:
        with self._lock:
            if attempt == MOST_RETRIES or self._budget < 1 or self._failures >= MOST_FAILURES:
                return False
            self._budget -= 1
            self.retries += 1
            return True

    def _pause(self, attempt: int, after: float | None) -> float:
        """Full jitter over a doubling range; never less than the server asks for."""
        jitter = self._random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))
        return jitter if after is None else after + jitter


def _reason(status: int) -> Reason:
    if status in (401, 403, 407):
        return Reason.KEY
    if 300 <= status < 400:
        return Reason.REDIRECT
    if status == 404:
        return Reason.UNKNOWN
    if status in (429, 503):
        return Reason.BUSY
    return Reason.FAILED if status >= 500 or status < 300 else Reason.REJECTED
