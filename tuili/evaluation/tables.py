"""Measures laid out as text: scikit-learn's table for terminals, and Markdown tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tuili.evaluation.metrics import ClassScores
    from tuili.types import Label

_LAST = "weighted avg"


def classification_table(per_class: Mapping[Label, ClassScores] | Mapping[str, ClassScores], accuracy: float) -> str:
    """Character for character what scikit-learn's `classification_report(gold, predicted, digits=4)` gives.

    So labels are in alphabetical order, and the last line ends in a line break. The one exception: where no pair at all
    is right, scikit-learn 1.9 writes supports as 1.0.
    """
    rows = [(str(label), scores) for label, scores in sorted(per_class.items())]
    support = np.array([scores.support for _, scores in rows])
    measures = np.array([[scores.precision, scores.recall, scores.f1] for _, scores in rows])  # (labels, 3)
    total = int(support.sum())
    width = max(len(_LAST), *(len(name) for name, _ in rows))

    def line(name: str, numbers: Iterable[float], count: int) -> str:
        cells = "".join(f" {number:>9.4f}" for number in numbers)
        return f"{name:>{width}} {cells} {count:>9}\n"

    head = f"{'':>{width}} " + "".join(f" {title:>9}" for title in ("precision", "recall", "f1-score", "support"))
    body = "".join(line(name, measures[i], int(support[i])) for i, (name, _) in enumerate(rows))
    middle = f"{'accuracy':>{width}} {'':>20} {accuracy:>9.4f} {total:>9}\n"
    macro = line("macro avg", measures.mean(axis=0), total)
    weighted = line(_LAST, np.average(measures, axis=0, weights=support), total)
    return f"{head}\n\n{body}\n{middle}{macro}{weighted}"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers, set to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
