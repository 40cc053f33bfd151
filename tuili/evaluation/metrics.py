"""How often the predicted label is right, and how good the probabilities are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.evaluation.arrays import check_arrays, hits, predictions

if TYPE_CHECKING:
    from tuili.evaluation.arrays import Floats, IntArray, Integers


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One label's precision, recall, their harmonic mean, and how many gold labels it has."""

    precision: float
    recall: float
    f1: float
    support: int

    def to_dict(self) -> dict[str, Any]:
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, "support": self.support}


def accuracy(probabilities: Floats, gold: Integers) -> float:
    """Share of pairs whose most probable label is the gold label.

    Relations: looks at labels only. `macro_f1` weighs labels equally however rare they are; `brier` and `log_loss`
    also ask how sure the judge was.

    *Shape:* `(n, k)` and `(n,)`.
    """
    check_arrays(probabilities, gold)
    return float(hits(probabilities, gold).mean())


def confusion_matrix(probabilities: Floats, gold: Integers) -> IntArray:
    """How many pairs of each gold label (row) were given each label (column).

    Relations: everything that looks at labels only, `accuracy`, `class_scores` and `macro_f1`, can be read off it.

    *Shape:* `(n, k)` and `(n,)` to `(k, k)`.
    """
    check_arrays(probabilities, gold)
    k = probabilities.shape[1]
    cells = np.bincount(gold * k + predictions(probabilities), minlength=k * k)
    return np.asarray(cells.reshape(k, k), dtype=np.int64)


def class_scores(probabilities: Floats, gold: Integers) -> list[ClassScores]:
    """Precision, recall, F1 (van Rijsbergen 1979) and support of each of the k labels, in the columns' order.

    With tp, fp, fn the right, the wrongly given and the missed: precision = tp / (tp + fp), recall = tp / (tp + fn),
    F1 = 2 tp / (2 tp + fp + fn). A ratio with nothing below the line is 0, as in scikit-learn's `zero_division=0`.

    Relations: `accuracy` is the mean of the recalls weighted by support; `macro_f1` the plain mean of the F1s.

    *Shape:* `(n, k)` and `(n,)`.
    """
    matrix = confusion_matrix(probabilities, gold)
    right, gold_counts, given = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision = right / np.maximum(given, 1)
    recall = right / np.maximum(gold_counts, 1)
    f1 = 2 * right / np.maximum(gold_counts + given, 1)
    columns = (precision.tolist(), recall.tolist(), f1.tolist(), gold_counts.tolist())
    return [ClassScores(*row) for row in zip(*columns, strict=True)]


def occurring(probabilities: Floats, gold: Integers) -> list[int]:
    """The columns that are the gold label or the prediction of at least one pair, in order.

    *Shape:* `(n, k)` and `(n,)`.
    """
    matrix = confusion_matrix(probabilities, gold)
    return np.flatnonzero(matrix.sum(axis=0) + matrix.sum(axis=1)).tolist()


def macro_f1(probabilities: Floats, gold: Integers) -> float:
    """Mean of the labels' F1, over the labels that occur in gold or predictions; so scikit-learn's `f1_score` counts.

    Of the two definitions in use this is the mean of F1s, not the F1 of mean precision and mean recall
    (Opitz & Burst 2019, "Macro F1 and Macro F1").

    Relations: unlike `accuracy` it falls when a rare label is neglected. A label that is never gold but once predicted
    counts, with F1 = 0.

    *Shape:* `(n, k)` and `(n,)`.
    """
    scores = class_scores(probabilities, gold)
    return float(np.mean([scores[column].f1 for column in occurring(probabilities, gold)]))


def brier(probabilities: Floats, gold: Integers) -> float:
    """Mean squared distance between probabilities and outcome (Brier 1950); 0 is perfect.

    With y the one-hot gold label: three or more labels, mean over pairs of Σ_j (p_j - y_j)², 0 to 2, which is Brier's
    own form; two labels, mean of (p_0 - y_0)², 0 to 1, the binary form in common use and half the other. These are
    the conventions of scikit-learn's `brier_score_loss`.

    Relations: a proper score, so it rewards calibration and sharpness together; `expected_calibration_error` sees
    calibration alone. Bounded, so a single confident mistake weighs less than in `log_loss`.

    *Shape:* `(n, k)` and `(n,)`.
    """
    check_arrays(probabilities, gold)
    outcome = np.eye(probabilities.shape[1])[gold]  # (n, k)
    squares = np.square(probabilities - outcome).sum(axis=1)  # (n,)
    return float(squares.mean()) / (2 if probabilities.shape[1] == 2 else 1)


def log_loss(probabilities: Floats, gold: Integers) -> float:
    """Mean of -ln p(gold label) (Good 1952), in nats; 0 is perfect, ln k is knowing nothing.

    Probabilities are held above float64's epsilon, 2.2e-16, so that one impossible gold label costs 36 nats and not
    infinity; so does scikit-learn's `log_loss`.

    Relations: proper like `brier`, but unbounded: it punishes confident mistakes hardest. `fit_temperature` minimises
    it.

    *Shape:* `(n, k)` and `(n,)`.
    """
    check_arrays(probabilities, gold)
    of_gold = probabilities[np.arange(len(gold)), gold].astype(np.float64)  # (n,)
    return float(-np.log(np.clip(of_gold, np.finfo(np.float64).eps, 1.0)).mean())
