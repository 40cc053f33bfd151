"""Risk against answered share: what it costs to answer more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuili.evaluation.plots.canvas import (
    BLUE,
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
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tuili.evaluation.selective import RiskCurve

_NOISY = 0.02  # the risk of so small a share of pairs is mostly chance; it does not set the scale


def draw_risk(curve: RiskCurve, *, aurc: float, answered_share: float) -> bytes:
    """Risk among the surest pairs, for each share of pairs; a dot marks the share that the judge decided. PNG."""
    share, risk = np.array(curve.answered_share), np.array(curve.risk)
    figure = new_figure(6.8, 4.8)
    axes = figure.add_subplot()
    dress(axes, x="answered share", y="risk (share of answers that are wrong)")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, np.clip(1.25 * risk[share >= _NOISY].max(), 0.01, 1.1))
    _draw_steps(axes, np.insert(share, 0, 0.0), np.insert(risk, 0, risk[0]))
    axes.axhline(risk[-1], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    note_beside(axes, f"all answered: {risk[-1]:.1%} wrong", (0.0, risk[-1]), colour=MUTED)
    if 0 < answered_share < 1:
        _mark(axes, answered_share, float(risk[np.searchsorted(share, answered_share).clip(max=len(risk) - 1)]))
    percent(axes, "xy")
    entitle(axes, f"AURC {aurc:.4f}", "error rate when only the surest pairs are answered")
    return to_png(figure)


def _draw_steps(axes: Axes, share: NDArray[np.float64], risk: NDArray[np.float64]) -> None:
    axes.fill_between(share, risk, step="pre", color=BLUE, alpha=0.14, linewidth=0)
    axes.step(share, risk, where="pre", color=BLUE, linewidth=1.8)


def _mark(axes: Axes, share: float, risk: float) -> None:
    axes.plot([share], [risk], color=VERMILION, marker="o", markersize=8, markeredgecolor="white", clip_on=False)
    note_beside(axes, f"the judge decided {share:.1%}", (share, risk), colour=VERMILION, below=share < 0.5)
