"""The reliability diagram (DeGroot & Fienberg 1983): accuracy against confidence, and how often each occurs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tuili.evaluation.plots.canvas import (
    BLUE,
    INK,
    MUTED,
    VERMILION,
    dress,
    entitle,
    new_figure,
    note_beside,
    percent,
    to_png,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from tuili.evaluation.reliability import Bin
    from tuili.evaluation.selective import RiskCurve

_Z = 1.96  # 95 % of a normal distribution
_BARS = 25


def draw_reliability(bins: Sequence[Bin], curve: RiskCurve, *, ece: float, ways: int) -> bytes:
    """Bins of equal mass each with its 95 % interval (Wilson 1927), over a confidence histogram. PNG.

    Args:
        bins: From `reliability.equal_mass_bins`.
        curve: Holds every confidence.
        ece: Shown in the title.
        ways: How many labels there are; no confidence is below 1 / `ways`.
    """
    figure = new_figure(6.2, 7.4)
    grid = figure.add_gridspec(2, 1, height_ratios=[4, 1])
    diagram = figure.add_subplot(grid[0])
    histogram = figure.add_subplot(grid[1], sharex=diagram)
    _draw_bins(diagram, bins, floor=1 / ways)
    _draw_histogram(histogram, curve, floor=1 / ways)
    diagram.tick_params(labelbottom=False)
    figure.align_ylabels([diagram, histogram])
    entitle(diagram, f"ECE {ece:.4f}", f"bins of equal mass: {len(bins)}; bars: 95% interval of a bin's accuracy")
    return to_png(figure)


def _draw_bins(axes: Axes, bins: Sequence[Bin], *, floor: float) -> None:
    confidence = [group.confidence for group in bins]
    accuracy = np.array([group.accuracy for group in bins])
    low, high = np.array([_wilson(group) for group in bins]).T
    dress(axes, x="", y="accuracy")
    axes.plot([floor, 1], [floor, 1], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)), label="confidence is accuracy")
    axes.fill_between(confidence, confidence, accuracy, color=VERMILION, alpha=0.16, linewidth=0, label="the gap")
    axes.vlines(confidence, low, high, color=BLUE, linewidth=1.6, alpha=0.45)
    axes.plot(confidence, accuracy, color=BLUE, linewidth=1.6, marker="o", markersize=6, label="the judge")
    bottom = min(floor, math.floor(low.min() * 10) / 10)
    axes.set_xlim(floor - 0.01, 1.01)
    axes.set_ylim(bottom - 0.01, 1.01)
    percent(axes, "xy")
    axes.legend(loc="upper left", edgecolor="none", framealpha=0.9, fontsize=9.5, labelcolor=INK)


def _draw_histogram(axes: Axes, curve: RiskCurve, *, floor: float) -> None:
    shares = np.diff(curve.answered_share, prepend=0.0)
    dress(axes, x="confidence", y="share of pairs")
    edges = np.linspace(floor, 1.0, _BARS + 1)
    heights, _ = np.histogram(np.clip(curve.thresholds, floor, 1.0), bins=edges, weights=shares)
    axes.bar(edges[:-1], heights, width=np.diff(edges), align="edge", color=BLUE, edgecolor="white", linewidth=1)
    mean = float(np.dot(curve.thresholds, shares))
    axes.axvline(mean, color=VERMILION, linewidth=1.4)
    note_beside(axes, f"mean {mean:.1%}", (mean, axes.get_ylim()[1]), below=True, colour=VERMILION)
    percent(axes, "y")


def _wilson(group: Bin) -> tuple[float, float]:
    """The 95 % interval of a share of `count` pairs."""
    shrink = 1 + _Z**2 / group.count
    middle = (group.accuracy + _Z**2 / (2 * group.count)) / shrink
    variance = group.accuracy * (1 - group.accuracy) / group.count + _Z**2 / (4 * group.count**2)
    half = _Z * math.sqrt(variance) / shrink
    return middle - half, middle + half
