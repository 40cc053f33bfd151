"""Two judges in a row: the first one is quick, the second is asked only about what the first leaves open."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tuili.data.read import open_examples
from tuili.errors import DataError, InvalidPair, ModelError, UsageError
from tuili.types import Label, Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tuili.types import Judge, Verdict

BATCH = 256

When: TypeAlias = float | Callable[["Verdict"], bool]
"""From which verdicts on the second judge is asked: those below a confidence, or those of which a function says so."""


def undecided(verdict: Verdict) -> bool:
    """Whether the first judge left the pair open."""
    return not verdict.decided


class Cascade:
    """Asks the first judge about all, and the second about what the first leaves open (Viola & Jones 2001).

    What the second says stands as it is. Where it read nothing, as a language model that is down does, the first one's
    verdict stands, undecided: the pair was in doubt, and nobody took the doubt away. A judge that raises an error
    raises it here too.

    Attributes:
        first, second: The judges; any two with the same labels.
        when: Who is asked, see `When`.
    """

    def __init__(self, first: Judge, second: Judge, *, when: When = undecided) -> None:
        """Put two judges in a row.

        Args:
            first: Asked about all; best one that is quick and calibrated.
            second: Asked about the rest.
            when: `undecided`; a confidence below which the second is asked; or a function of the first one's verdict.

        Raises:
            UsageError: A confidence that can't be.
        """
        if not callable(when) and (type(when) not in (int, float) or not 0 <= when <= 1 + 1e-9):
            raise UsageError(f"when must be a confidence from 0 to 1, or a function of a verdict; got {when!r}")
        self.first = first
        self.second = second
        self.when = when
        self._lock = threading.Lock()
        self._judged = 0
        self._asked = 0

    @property
    def model(self) -> str:
        """Both names, for records; each verdict carries the name of the judge that gave it."""
        return f"cascade({_name(self.first)}, {_name(self.second)})"

    @property
    def labels(self) -> tuple[Label, ...]:
        """Those of the first judge.

        Raises:
            AttributeError: It does not say.
        """
        labels: tuple[Label, ...] = self.first.labels  # type: ignore[attr-defined]
        return labels

    @property
    def threshold(self) -> float | None:
        """Confidence below which the second judge is asked; None where none says so."""
        when = getattr(self.first, "threshold", None) if self.when is undecided else self.when
        return None if callable(when) else when

    @property
    def judged(self) -> int:
        """How many pairs there were so far."""
        return self._judged

    @property
    def asked(self) -> int:
        """About how many of them the second judge was asked."""
        return self._asked

    @property
    def share_saved(self) -> float:
        """Share of the pairs about which the second judge was not asked; 0 where there were none."""
        with self._lock:
            return 1 - self._asked / self._judged if self._judged else 0.0

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """One verdict for each pair, in order.

        Raises:
            InvalidPair: One of the pairs can't be judged.
            ModelError: A judge failed, gave another number of verdicts, or has other labels than the first one.
        """
        given = [Pair(*pair) for pair in pairs]
        verdicts = _verdicts(self.first, given)
        doubtful = [place for place, verdict in enumerate(verdicts) if self._in_doubt(verdict)]
        if doubtful:
            for place, verdict in zip(doubtful, self._second_opinions(given, doubtful), strict=True):
                verdicts[place] = settled(verdicts[place], verdict)
        with self._lock:
            self._judged += len(given)
            self._asked += len(doubtful)
        return verdicts

    def _in_doubt(self, verdict: Verdict) -> bool:
        return self.when(verdict) if callable(self.when) else verdict.confidence < self.when

    def _second_opinions(self, pairs: Sequence[Pair], places: Sequence[int]) -> list[Verdict]:
        try:
            return _verdicts(self.second, [pairs[place] for place in places])
        except InvalidPair as error:
            raise InvalidPair(error.reason, index=places[error.index], field=error.field) from error

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.first, self.second, self.when)  # counts begin anew

    def __repr__(self) -> str:
        return f"<Cascade {self.model}>"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A threshold for a cascade, and what it comes to on the pairs that it was found on.

    Attributes:
        when: Confidence below which the second judge is asked.
        accuracy: Of the cascade with this threshold.
        first, second: Accuracy of each judge alone.
        share_saved: Share of pairs about which the second judge need not be asked.
        n: How many pairs.
    """

    when: float
    accuracy: float
    first: float
    second: float
    share_saved: float
    n: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: getattr(self, name) for name in ("when", "accuracy", "first", "second", "share_saved", "n")}


def fit_when(
    first: Judge, second: Judge, path: str | Path, *, accuracy: float | None = None, within: float = 0.005
) -> Fitted:
    """The lowest threshold with which a cascade reaches an accuracy on the labelled pairs of a file.

    Both judges are asked about all of them. What is reached on these pairs is reached on others only about as well:
    with 500 pairs an accuracy is known to some 3 points. Fit on one file, measure on another.

    Args:
        first, second: The judges.
        path: Labelled pairs, with the labels that the judges have.
        accuracy: What to reach, 0 to 1; by default, the accuracy of the second judge less `within`.
        within: How far below the second judge's accuracy it may stay.

    Raises:
        DataError: The file can't be read, or holds a label that the judges don't have.
        UsageError: A target that can't be, or that no threshold reaches; the message says what can be reached.
    """
    pairs: list[Pair] = []
    gold: list[Label] = []
    with open_examples(path, labels="required") as rows:
        for example in rows:
            if example.label is None:
                raise DataError("the label is missing", path=path, row=example.row, field="label")
            pairs.append(Pair(example.premise, example.hypothesis))
            gold.append(example.label)
    if not pairs:
        raise DataError("holds no labelled pairs", path=path)
    sayings = [
        [verdict for at in range(0, len(pairs), BATCH) for verdict in _verdicts(one, pairs[at : at + BATCH])]
        for one in (first, second)
    ]
    known = set(sayings[0][0].probabilities)
    if not set(gold) <= known:
        unknown = sorted(label.value for label in set(gold) - known)
        raise DataError(f"has the labels {unknown}, which the judges don't know", path=path)
    return fit_on(sayings[0], sayings[1], gold, accuracy=accuracy, within=within)


def fit_on(
    first: Sequence[Verdict],
    second: Sequence[Verdict],
    gold: Sequence[Label],
    *,
    accuracy: float | None = None,
    within: float = 0.005,
) -> Fitted:
    """`fit_when`, on verdicts that are there already.

    Raises:
        UsageError: As `fit_when`.
    """
    right = np.array([verdict.label == label for verdict, label in zip(first, gold, strict=True)])
    final = np.array([settled(a, b).label == g for a, b, g in zip(first, second, gold, strict=True)])
    alone = float(np.mean([verdict.label == label for verdict, label in zip(second, gold, strict=True)]))
    target = alone - within if accuracy is None else accuracy
    if not (math.isfinite(target) and target <= 1):
        raise UsageError(f"an accuracy is from 0 to 1, got {target!r}")
    confidence = np.array([verdict.confidence for verdict in first])
    whens, reached, asked = _curve(confidence, right, final)
    enough = np.flatnonzero(reached >= target - 1e-12)
    if not len(enough):
        best = int(reached.argmax())
        raise UsageError(
            f"no threshold reaches an accuracy of {target:.3f} on these {len(gold):,} pairs; the most is "
            f"{reached[best]:.3f}, with {whens[best]:.3f}"
        )
    at = int(enough[0])
    return Fitted(
        float(whens[at]), float(reached[at]), float(right.mean()), alone, 1 - float(asked[at]) / len(gold), len(gold)
    )


def settled(first: Verdict, second: Verdict) -> Verdict:
    """What a cascade says where both were asked.

    Raises:
        ModelError: They have different labels.
    """
    if set(second.probabilities) != set(first.probabilities):
        raise ModelError(
            f"the judges of a cascade must have the same labels; {first.model} has {sorted(first.probabilities)}, "
            f"{second.model} has {sorted(second.probabilities)}"
        )
    if second.coverage == 0:
        return replace(first, decided=False, prediction_set=frozenset(first.probabilities))
    return second


def _curve(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], final: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Thresholds, rising; the accuracy with each; how many pairs the second judge is asked about. *Shape:* `(m,)` each.

    A threshold lies halfway between two confidences that occur, so that rounding does not move a pair across it.
    """
    order = np.argsort(confidence, kind="stable")
    levels = confidence[order]
    asked = np.concatenate([[0], np.flatnonzero(np.diff(levels) > 0) + 1, [len(levels)]]).astype(np.int64)
    gains = np.concatenate([[0], np.cumsum(final[order].astype(np.int64) - right[order])])
    reached = (right.sum() + gains[asked]) / len(levels)
    inner = [(levels[k - 1] + levels[k]) / 2 for k in asked[1:-1]]
    whens = np.array([0.0, *inner, 1.0 + 1e-9])
    return whens, reached, asked


def _verdicts(judge: Judge, pairs: Sequence[Pair]) -> list[Verdict]:
    verdicts = list(judge.judge(pairs)) if pairs else []
    if len(verdicts) != len(pairs):
        raise ModelError(
            f"{_name(judge)} gave {len(verdicts)} verdicts on {len(pairs)} pairs; it must give one for each"
        )
    return verdicts


def _name(judge: Judge) -> str:
    return str(getattr(judge, "model", type(judge).__name__))


def _again(first: Judge, second: Judge, when: When) -> Cascade:
    return Cascade(first, second, when=when)
