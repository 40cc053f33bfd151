"""Which labels a file is scored on: all three, or only entailed and not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import ModelError
from tuili.evaluation.answers import GOLD
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from tuili.evaluation.answers import Answers
    from tuili.evaluation.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What metrics are computed on.

    Attributes:
        labels: `THREE_WAY` or `TWO_WAY`; what the columns stand for.
        probabilities: *Shape:* `(n, k)`.
        gold: Column of the gold label. *Shape:* `(n,)`.
    """

    labels: tuple[Label, ...]
    probabilities: FloatArray
    gold: IntArray


def scored(answers: Answers) -> Scored:
    """Three-way where judge and gold labels both are, and two-way elsewhere.

    Gold labels are three-way where there is a contradiction among them and no `not_entailment`. Two-way, neutral and
    contradiction both count as not entailment, and p(entailment) alone is looked at: entailment is predicted from
    0.5 on, even by a judge to whom another label is likelier still or which splits the rest between two.

    Raises:
        ModelError: The judge has no label for entailment.
    """
    if Label.ENTAILMENT not in answers.labels:
        raise ModelError(f"the judge must have the label entailment; it has {', '.join(answers.labels)}")
    gold = {GOLD[place] for place in np.unique(answers.gold)}
    if answers.labels == THREE_WAY and Label.CONTRADICTION in gold and Label.NOT_ENTAILMENT not in gold:
        columns = np.array([THREE_WAY.index(label) if label in THREE_WAY else -1 for label in GOLD])
        return Scored(THREE_WAY, answers.probabilities, columns[answers.gold])
    entailed = answers.probabilities[:, answers.labels.index(Label.ENTAILMENT)]  # (n,)
    probabilities = np.stack([entailed, 1 - entailed], axis=1)  # (n, 2); a tie at 0.5 goes to the first column
    return Scored(TWO_WAY, probabilities, (answers.gold != GOLD.index(Label.ENTAILMENT)).astype(np.int64))
