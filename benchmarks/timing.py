"""Interleaved timing: the ways are run in turn, so that a machine whose speed drifts treats them alike."""

from __future__ import annotations

import os
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def interleaved(ways: dict[str, Callable[[], None]], *, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way in each round, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def table(seconds: dict[str, list[float]], *, work: float, unit: str, base: str) -> str:
    """Rate of each way (median, range), and its ratio to `base`, round by round (median)."""
    lines = [f"| way | {unit} a second, median (range) | ratio to {base}, median (range) |", "|---|---:|---:|"]
    for name, values in seconds.items():
        rates = sorted(work / value for value in values)
        ratios = sorted(b / a for a, b in zip(values, seconds[base], strict=True))
        lines.append(
            f"| {name} | {statistics.median(rates):.1f} ({rates[0]:.1f}–{rates[-1]:.1f}) "
            f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) |"
        )
    return "\n".join(lines)


def machine(*packages: str) -> str:
    """One line on what ran this."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().split("\n\n")[0].splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in fields.items()}
        wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16")
        flags = [flag for flag in wanted if flag in fields.get("flags", "").split()]
        model = f"{fields.get('model name', model)}, {' '.join(flags)}"
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return f"{model}; {len(os.sched_getaffinity(0))} processors; Python {platform.python_version()}; {versions}"
