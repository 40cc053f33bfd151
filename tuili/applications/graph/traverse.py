"""Walks through a graph that end: cycles are seen, and steps and time are bounded."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tuili.errors import UsageError

if TYPE_CHECKING:
    from tuili.applications.graph.graph import Edge, Graph

STEPS = 10_000
SECONDS = 5.0
_LOOK = 256  # steps between two looks at the clock


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk found.

    Attributes:
        edges: Of a neighbourhood, in the order of their distance; of a path, from its beginning to its end.
        limited: What ended the walk before it was done; None: it is complete.
    """

    edges: tuple[Edge, ...]
    limited: Literal["steps", "seconds"] | None = None


def neighbourhood(graph: Graph, name: str, *, hops: int = 2, steps: int = STEPS, seconds: float = SECONDS) -> Walk:
    """The edges within so many hops of the entities of this name, whichever way they point.

    Raises:
        UsageError: hops or steps below 1.
    """
    if hops < 1 or steps < 1:
        raise UsageError(f"hops and steps must be 1 or more, got {hops} and {steps}")
    return _walk(graph, name, None, hops, steps, seconds)


def path(graph: Graph, start: str, end: str, *, steps: int = STEPS, seconds: float = SECONDS) -> Walk:
    """A shortest path between two names, whichever way its edges point; no edges where there is none."""
    if steps < 1:
        raise UsageError(f"steps must be 1 or more, got {steps}")
    return _walk(graph, start, end.casefold(), steps, steps, seconds)


def _walk(graph: Graph, start: str, end: str | None, hops: int, steps: int, seconds: float) -> Walk:
    touching: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        touching.setdefault(edge.head.key, []).append(edge)
        touching.setdefault(edge.tail.key, []).append(edge)
    begin = [key for key in touching if key[0] == start.casefold()]
    distance = dict.fromkeys(begin, 0)
    came: dict[tuple[str, str], tuple[tuple[str, str], Edge]] = {}
    found: dict[int, Edge] = {}
    queue = deque(begin)
    deadline = time.monotonic() + seconds
    taken = 0
    while queue:
        here = queue.popleft()
        if end is not None and here[0] == end:
            return Walk(_back(here, came))
        if distance[here] >= hops:
            continue
        for edge in touching[here]:
            taken += 1
            if taken > steps:
                return Walk(() if end is not None else tuple(found.values()), "steps")
            if taken % _LOOK == 0 and time.monotonic() > deadline:
                return Walk(() if end is not None else tuple(found.values()), "seconds")
            found.setdefault(id(edge), edge)
            there = edge.tail.key if edge.head.key == here else edge.head.key
            if there not in distance:
                distance[there] = distance[here] + 1
                came[there] = (here, edge)
                queue.append(there)
    return Walk(() if end is not None else tuple(found.values()))


def _back(end: tuple[str, str], came: dict[tuple[str, str], tuple[tuple[str, str], Edge]]) -> tuple[Edge, ...]:
    edges = []
    while end in came:
        end, edge = came[end]
        edges.append(edge)
    return tuple(reversed(edges))
