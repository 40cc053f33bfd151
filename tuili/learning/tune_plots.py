"""Pictures of a study, as PNG: how its best came about, and which options mattered. They need the extra `plots`."""

from __future__ import annotations

import warnings
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tuili.data.atomic import write_files
from tuili.evaluation.plots.canvas import BLUE, MUTED, VERMILION, dress, entitle, new_figure, percent, to_png

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HISTORY, IMPORTANCE = "history.png", "importance.png"


def write_plots(study: Any, directory: Path) -> None:
    """Write `history.png` and `importance.png`.

    Args:
        study: Of Optuna, with at least one trial that was finished.
        directory: Made where it is missing.

    Raises:
        MissingExtra: matplotlib is not installed.
        UsageError: The directory can't be written to.
    """
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    numbers, values = [trial.number for trial in finished], [float(trial.value) for trial in finished]
    pictures = {
        HISTORY: draw_history(numbers, values),
        IMPORTANCE: draw_importance(importance(study), finished=len(finished)),
    }
    write_files(directory, pictures)


def importance(study: Any) -> dict[str, float]:
    """How much each option had to do with whether a trial was among the best: PED-ANOVA (Watanabe et al. 2023).

    The numbers sum to 1. Of few trials they say little, and of fewer than about ten nothing: then all are equal.
    """
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is new, or that trials are few, which the docstring says
        found = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    return {name: float(value) for name, value in found.items()}


def draw_history(numbers: Sequence[int], values: Sequence[float]) -> bytes:
    """Accuracy on dev of each finished trial, and the best so far. PNG."""
    figure = new_figure(6.8, 4.4)
    from matplotlib.ticker import MaxNLocator

    axes = figure.add_subplot()
    dress(axes, x="trial", y="accuracy on dev")
    best = list(accumulate(values, max))
    axes.step(numbers, best, where="post", color=BLUE, linewidth=1.8)
    axes.plot(numbers, values, "o", color=MUTED, markersize=6, markeredgecolor="white")
    top = best.index(best[-1])
    axes.plot(numbers[top], best[top], "o", color=VERMILION, markersize=8, markeredgecolor="white")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    percent(axes, "y")
    entitle(
        axes,
        f"{best[-1]:.1%} at best, in trial {numbers[top]}",
        "dots: trials that were finished; line: the best so far",
    )
    return to_png(figure)


def draw_importance(shares: Mapping[str, float], *, finished: int) -> bytes:
    """A bar an option, the most important on top. PNG."""
    ordered = sorted(shares.items(), key=lambda item: item[1])
    figure = new_figure(6.8, 1.6 + 0.45 * len(ordered))
    axes = figure.add_subplot()
    dress(axes, x="importance", y="")
    axes.barh([name.replace("_", " ") for name, _ in ordered], [share for _, share in ordered], color=BLUE, height=0.6)
    axes.set_xlim(0, 1)
    percent(axes, "x")
    entitle(axes, f"{ordered[-1][0].replace('_', ' ')} matters most", f"PED-ANOVA over {finished} finished trials")
    return to_png(figure)
