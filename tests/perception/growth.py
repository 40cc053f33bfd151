"""How much longer a function takes for ten times the text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FLOOR = 0.003
"""Seconds below which the clock and the caches say more than the function."""


def growth(function: Callable[[str], object], unit: str, size: int, *, attempts: int = 4) -> float:
    """Time for `10 * size` characters of repeated `unit` over that for `size`; the least of several attempts."""
    small, large = ((unit * (length // len(unit) + 1))[:length] for length in (size, 10 * size))
    ratio = float("inf")
    for _ in range(attempts):
        before = max(FLOOR, *(_seconds(function, small) for _ in range(3)))
        ratio = min(ratio, _seconds(function, large) / before)
        if ratio <= 12:
            break
    return ratio


def _seconds(function: Callable[[str], object], text: str) -> float:
    start = time.perf_counter()
    function(text)
    return time.perf_counter() - start
