"""What is kept of verdicts while a file streams by: a few numbers a pair, and none of the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import InputError, ModelError, NumericalError
from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.evaluation.arrays import BoolArray, FloatArray, IntArray
    from tuili.types import Verdict

GOLD = tuple(Label)
"""What `Answers.gold` counts in."""

_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Verdicts beside gold labels, as arrays.

    Attributes:
        labels: The judge's labels, in the order of the columns.
        probabilities: *Shape:* `(n, k)`.
        gold: Index into `GOLD`, whether the judge knows that label or not. *Shape:* `(n,)`.
        decided: *Shape:* `(n,)`.
        coverage: *Shape:* `(n,)`.
        models: All that signed a verdict, in order of appearance; a cascade has several.
    """

    labels: tuple[Label, ...]
    probabilities: FloatArray
    gold: IntArray
    decided: BoolArray
    coverage: FloatArray
    models: tuple[str, ...]


class Collector:
    """Takes verdicts and gold labels chunk by chunk, and gives them back as arrays."""

    def __init__(self) -> None:
        self._labels: tuple[Label, ...] = ()
        self._chunks: list[tuple[FloatArray, IntArray, BoolArray, FloatArray]] = []
        self._models: dict[str, None] = {}

    def add(self, verdicts: Sequence[Verdict], gold: Sequence[Label]) -> None:
        """Keep what is needed of one chunk.

        Raises:
            ModelError: Not one verdict for each gold label, or verdicts on different labels.
            NumericalError: Probabilities that are none.
        """
        if len(verdicts) != len(gold):
            raise ModelError(
                f"the judge gave {len(verdicts)} verdicts for {len(gold)} pairs; it must give one for each"
            )
        if not verdicts:
            return
        self._labels = self._labels or _in_order(verdicts[0])
        probabilities = np.array([self._row(verdict) for verdict in verdicts])  # (chunk, k)
        _check(probabilities)
        places = np.array([GOLD.index(label) for label in gold])
        decided = np.array([verdict.decided for verdict in verdicts], dtype=np.bool_)
        coverage = np.array([verdict.coverage for verdict in verdicts], dtype=np.float64)
        self._chunks.append((probabilities, places, decided, coverage))
        self._models.update(dict.fromkeys(verdict.model for verdict in verdicts))

    def answers(self) -> Answers:
        """All that was added.

        Raises:
            InputError: That is nothing.
        """
        if not self._chunks:
            raise InputError("nothing to evaluate: there are no labelled pairs")
        probabilities, gold, decided, coverage = (np.concatenate(column) for column in zip(*self._chunks, strict=True))
        return Answers(self._labels, probabilities, gold, decided, coverage, tuple(self._models))

    def _row(self, verdict: Verdict) -> list[float]:
        if verdict.probabilities.keys() != set(self._labels):
            raise ModelError(
                f"the judge's verdicts are not on the same labels: {', '.join(self._labels)} "
                f"and {', '.join(verdict.probabilities)}"
            )
        return [verdict.probabilities[label] for label in self._labels]


def _in_order(verdict: Verdict) -> tuple[Label, ...]:
    return tuple(label for label in Label if label in verdict.probabilities)


def _check(probabilities: FloatArray) -> None:
    fine = (probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) <= _SUM_TOLERANCE)
    if not fine.all():
        wrong = probabilities[np.flatnonzero(~fine)[0]].tolist()
        raise NumericalError(f"a verdict's probabilities must be 0 or more and sum to 1; the judge gave {wrong}")
