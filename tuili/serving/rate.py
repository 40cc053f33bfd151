"""How often a caller may ask: the generic cell rate algorithm (ITU-T I.371), one number a caller."""

from __future__ import annotations

from collections import OrderedDict

MOST_CALLERS = 200_000
"""Callers remembered at once, about 40 MB; those who have paid their debt are forgotten first, then the oldest."""


class RateLimit:
    """`rate` requests a second for each caller, `burst` of them at once."""

    def __init__(self, rate: float, burst: int, *, most: int = MOST_CALLERS) -> None:
        self._interval = 1 / rate
        self._tolerance = (burst - 1) / rate
        self._most = most
        # When each caller's last request would have been due at an even pace; the least recent caller first.
        self._due: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._due)

    def wait(self, key: str, now: float) -> float:
        """0 where the caller may ask now (and has asked); else the seconds until it may."""
        due = max(self._due.get(key, now), now)
        early = due - now - self._tolerance
        if early > 1e-9:
            return early
        self._due[key] = due + self._interval
        self._due.move_to_end(key)
        self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        for _ in range(2):  # two for each new one: what can be forgotten never piles up
            oldest = next(iter(self._due))
            if self._due[oldest] > now and len(self._due) <= self._most:
                return
            del self._due[oldest]
            if not self._due:
                return
