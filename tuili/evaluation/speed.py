"""How fast a judge is on this machine: made-up sentences, every premise a new one, so that no cache flatters it."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.types import Judge

HYPOTHESES = 64
"""Hypotheses that are put to one long premise."""

PREMISE_SENTENCES = 25
"""Sentences of the long premise: about 350 words."""

_PEOPLE = ("young woman", "tall man", "small child", "tired farmer", "good dancer", "retired nurse", "happy student")
_CLOTHES = ("red shirt", "blue coat", "green hat", "white dress", "black jacket")
_DOING = ("reading a book", "playing the guitar", "eating an apple", "holding a ball", "feeding a dog", "selling bread")


@dataclass(frozen=True, slots=True)
class Speed:
    """Times of a judge, in seconds; medians and 95th percentiles by nearest rank.

    Attributes:
        model: Which model was timed.
        single: Seconds of each call with one short pair.
        pairs: Pairs of one call with many short pairs, all premises different.
        batch: Seconds of each such call.
        shared: Seconds of each call with one premise of about 350 words and `HYPOTHESES` hypotheses.
    """

    model: str
    single: tuple[float, ...]
    pairs: int
    batch: tuple[float, ...]
    shared: tuple[float, ...]

    @property
    def pairs_per_second(self) -> float:
        return self.pairs / statistics.median(self.batch)

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "single_pair": _milliseconds(self.single),
            "pairs_per_second": self.pairs_per_second,
            "pairs": self.pairs,
            "rounds": len(self.batch),
            f"one_premise_{HYPOTHESES}_hypotheses": _milliseconds(self.shared),
        }


def measure_speed(judge: Judge, *, calls: int = 100, pairs: int = 512, rounds: int = 5) -> Speed:
    """Time a judge: one pair a call, many pairs a call, and one premise with many hypotheses.

    Each kind is run once before it is timed. What is timed is the judge alone, not its loading.

    Args:
        judge: Any judge.
        calls: Calls with a single pair.
        pairs: Pairs of the calls with many.
        rounds: Calls with many pairs, and calls with one premise and `HYPOTHESES` hypotheses.

    Raises:
        UsageError: A number below 1.
    """
    for name, value in (("calls", calls), ("pairs", pairs), ("rounds", rounds)):
        if value < 1:
            raise UsageError(f"{name} must be 1 or more, got {value}")
    singles = [[_pair(number)] for number in range(calls + 1)]
    many = [[_pair(number) for number in range(start, start + pairs)] for start in _starts(calls + 1, pairs, rounds)]
    shared = [_shared(start) for start in _starts(calls + 1 + pairs * (rounds + 1), PREMISE_SENTENCES, rounds)]
    model = judge.judge(singles[0])[0].model
    return Speed(model, _timed(judge, singles), pairs, _timed(judge, many), _timed(judge, shared))


def _starts(first: int, size: int, rounds: int) -> range:
    """Where each round's sentences begin, the uncounted first round included; no two rounds share one."""
    return range(first, first + size * (rounds + 1), size)


def _timed(judge: Judge, works: Sequence[list[tuple[str, str]]]) -> tuple[float, ...]:
    """Seconds of each call but the first, which warms up."""
    judge.judge(works[0])
    seconds = []
    for work in works[1:]:
        started = time.perf_counter()
        judge.judge(work)
        seconds.append(time.perf_counter() - started)
    return tuple(seconds)


def _pair(number: int) -> tuple[str, str]:
    """A premise of about 14 words and a hypothesis of 7, the lengths of SNLI; no two numbers give the same premise."""
    person = _PEOPLE[number % len(_PEOPLE)]
    doing = _DOING[number % len(_DOING)]
    premise = f"A {person} in a {_CLOTHES[number % len(_CLOTHES)]} is {doing} near house {number}."
    return premise, f"The {person.split()[1]} is {_DOING[(number + 1) % len(_DOING)]}."


def _shared(start: int) -> list[tuple[str, str]]:
    premise = " ".join(_pair(number)[0] for number in range(start, start + PREMISE_SENTENCES))
    return [
        (premise, f"Someone near house {number} is {_DOING[number % len(_DOING)]}.") for number in range(HYPOTHESES)
    ]


def _milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    return {"n": len(seconds), "p50_ms": 1000 * statistics.median(seconds), "p95_ms": 1000 * _percentile(seconds, 0.95)}


def _percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank: the least value that so many of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
