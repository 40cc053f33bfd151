"""The confusion matrix, with counts and the share of each gold label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuili.evaluation.plots.canvas import INK, MUTED, entitle, new_figure, shades_of_blue, to_png

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tuili.types import Label


def draw_confusion(confusion: Sequence[Sequence[int]], labels: Sequence[Label], *, accuracy: float) -> bytes:
    """Gold labels down, predictions across; the darker, the larger a share of the gold label. PNG."""
    counts = np.array(confusion, dtype=np.int64)  # (k, k)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 2.6 + 1.25 * len(labels)
    figure = new_figure(size + 0.6, size)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap=shades_of_blue(), vmin=0, vmax=1)
    _write_cells(axes, counts, shares)
    _name_sides(axes, labels, counts.sum(axis=1))
    entitle(axes, f"Accuracy {accuracy:.1%}", f"{counts.sum():,} in all: number of pairs, and share of the gold label")
    return to_png(figure)


def _write_cells(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        colour = "white" if share > 0.45 else INK
        axes.text(
            column, row - 0.06, f"{count:,}", ha="center", va="center", color=colour, fontsize=15, fontweight="bold"
        )
        axes.text(column, row + 0.1, f"{share:.1%}", ha="center", va="center", color=colour, fontsize=9.5)


def _name_sides(axes: Axes, labels: Sequence[Label], supports: NDArray[np.int64]) -> None:
    names = [label.replace("_", " ") for label in labels]
    places = np.arange(len(labels))
    axes.set_xticks(places, names)
    axes.set_yticks(places, [f"{name}\n({support:,})" for name, support in zip(names, supports, strict=True)])
    axes.set_xticks(places[:-1] + 0.5, minor=True)
    axes.set_yticks(places[:-1] + 0.5, minor=True)
    axes.grid(visible=True, which="minor", color="white", linewidth=3)
    axes.tick_params(which="both", length=0, labelsize=10, labelcolor=INK, pad=7)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted", color=MUTED, fontsize=10, labelpad=8)
    axes.set_ylabel("gold", color=MUTED, fontsize=10, labelpad=8)
