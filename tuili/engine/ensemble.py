"""Several judges as one: the mean of what they say, in log-probabilities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.errors import ModelError, UsageError
from tuili.types import Pair, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tuili.types import Judge, Label

LEAST = 1e-9
"""A probability of 0 counts as this: one judge alone does not rule a label out for all."""


class Ensemble:
    """The mean of its judges' calibrated log-probabilities, normalised: their logarithmic pool (Genest & Zidek 1986).

    Against a mean of probabilities it lets a judge that is sure speak louder, which is right for calibrated ones. The
    mean is not calibrated again: judges that err apart are, together, righter than it says. A judge that read nothing
    (coverage 0, as a language model that is down) has no part in a pair; where none read it, it is undecided.

    Attributes:
        judges: In the order in which they are asked.
        threshold: Confidence from which on a verdict counts as decided.
    """

    def __init__(self, judges: Sequence[Judge], *, threshold: float = 0.0) -> None:
        """Put judges side by side.

        Args:
            judges: Two or more, with the same labels.
            threshold: See above.

        Raises:
            UsageError: Fewer than two judges, or a threshold that can't be.
        """
        if len(judges) < 2:
            raise UsageError(f"an ensemble has two judges or more, got {len(judges)}")
        if type(threshold) not in (int, float) or not 0 <= threshold <= 1:
            raise UsageError(f"threshold must be from 0 to 1, got {threshold!r}")
        self.judges = tuple(judges)
        self.threshold = threshold

    @property
    def model(self) -> str:
        """All names, as verdicts carry them."""
        return f"ensemble({', '.join(_name(judge) for judge in self.judges)})"

    @property
    def labels(self) -> tuple[Label, ...]:
        """Those of the first judge.

        Raises:
            AttributeError: It does not say.
        """
        labels: tuple[Label, ...] = self.judges[0].labels  # type: ignore[attr-defined]
        return labels

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """One verdict for each pair, in order.

        Raises:
            InvalidPair: One of the pairs can't be judged.
            ModelError: A judge failed, gave another number of verdicts, or has other labels than the first one.
        """
        given = [Pair(*pair) for pair in pairs]
        if not given:
            return []
        said = [judge.judge(given) for judge in self.judges]
        for judge, verdicts in zip(self.judges, said, strict=True):
            if len(verdicts) != len(given):
                raise ModelError(f"{_name(judge)} gave {len(verdicts)} verdicts on {len(given)} pairs")
        return [self._together(verdicts) for verdicts in zip(*said, strict=True)]

    def _together(self, verdicts: Sequence[Verdict]) -> Verdict:
        labels = tuple(verdicts[0].probabilities)
        for verdict in verdicts:
            if set(verdict.probabilities) != set(labels):
                raise ModelError(
                    f"the judges of an ensemble must have the same labels; {verdicts[0].model} has {sorted(labels)}, "
                    f"{verdict.model} has {sorted(verdict.probabilities)}"
                )
        heard = [verdict for verdict in verdicts if verdict.coverage > 0]
        rows = [[math.log(max(v.probabilities[label], LEAST)) for label in labels] for v in heard or verdicts]
        mean = np.mean(rows, axis=0)
        shares = np.exp(mean - mean.max())
        probabilities = shares / shares.sum()
        best = int(probabilities.argmax())
        decided = bool(heard) and bool(probabilities[best] >= self.threshold)
        return Verdict(
            label=labels[best],
            probabilities=dict(zip(labels, probabilities.tolist(), strict=True)),
            decided=decided,
            prediction_set=frozenset([labels[best]] if decided else labels),
            coverage=min(verdict.coverage for verdict in heard) if heard else 0.0,
            model=self.model,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.judges, self.threshold)

    def __repr__(self) -> str:
        return f"<Ensemble {self.model}>"


def _name(judge: Judge) -> str:
    return str(getattr(judge, "model", type(judge).__name__))


def _again(judges: tuple[Judge, ...], threshold: float) -> Ensemble:
    return Ensemble(judges, threshold=threshold)
