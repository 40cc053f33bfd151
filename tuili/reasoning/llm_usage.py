"""What a language model was asked so far, and what that cost."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuili.reasoning.llm_reasons import Reason


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model was asked so far.

    Attributes:
        requests: Pairs put to it, and questions about what it can do; retries count apart.
        retries: Attempts beyond the first of each request.
        answered: Pairs that it gave a verdict on.
        abstained: How many pairs it gave none on, by reason.
        prompt_tokens, completion_tokens: As the server counts them.
        cost: Of those tokens, in the currency of the prices; None without prices.
    """

    requests: int
    retries: int
    answered: int
    abstained: Mapping[str, int]
    prompt_tokens: int
    completion_tokens: int
    cost: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        named = ("requests", "retries", "answered", "prompt_tokens", "completion_tokens", "cost")
        return {**{name: getattr(self, name) for name in named}, "abstained": dict(self.abstained)}


class Meter:
    """Counts, from any number of threads."""

    def __init__(self, prices: tuple[float, float] | None) -> None:
        self._prices = prices
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._abstained: Counter[str] = Counter()

    def asked(self) -> None:
        with self._lock:
            self._counts["requests"] += 1

    def used(self, prompt: int, completion: int) -> None:
        with self._lock:
            self._counts["prompt"] += prompt
            self._counts["completion"] += completion

    def answered(self) -> None:
        with self._lock:
            self._counts["answered"] += 1

    def abstained(self, reason: Reason) -> bool:
        """Whether it is the first time for this reason."""
        with self._lock:
            self._abstained[reason.name.lower()] += 1
            return self._abstained[reason.name.lower()] == 1

    def usage(self, retries: int) -> Usage:
        with self._lock:
            counts, abstained = dict(self._counts), dict(self._abstained)
        prompt, completion = counts.get("prompt", 0), counts.get("completion", 0)
        cost = None
        if self._prices is not None:
            cost = (prompt * self._prices[0] + completion * self._prices[1]) / 1e6
        return Usage(
            counts.get("requests", 0),
            retries,
            counts.get("answered", 0),
            MappingProxyType(abstained),
            prompt,
            completion,
            cost,
        )
