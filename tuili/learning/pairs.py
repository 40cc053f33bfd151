"""Labelled pairs from a file, and which columns a model needs for their labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tuili.data.read import open_examples
from tuili.errors import DataError, UsageError
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair with its gold label."""

    premise: str
    hypothesis: str
    label: Label


def read_pairs(path: str | Path) -> list[LabelledPair]:
    """All labelled pairs of a file.

    Raises:
        DataError: The file or a row of it can't be read, a label is unknown, or there is no labelled pair.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    with open_examples(path, labels="required") as examples:
        pairs = [LabelledPair(e.premise, e.hypothesis, e.label) for e in examples if e.label is not None]
        skipped = examples.skipped
    if not pairs:
        raise DataError(
            f"holds no labelled pairs ({skipped} rows without a gold label were skipped); it needs columns premise, "
            "hypothesis and label",
            path=path,
        )
    return pairs


@dataclass(frozen=True, slots=True)
class GivenPair:
    """A pair as its file gives it: with a label or without one. `row` is where it stands there."""

    premise: str
    hypothesis: str
    label: Label | None
    row: int


def read_given(path: str | Path) -> list[GivenPair]:
    """All pairs of a file, labelled or not; rows that say by `-` that they have no gold label are left out.

    Raises:
        DataError: The file or a row of it can't be read, a label is unknown, or there is no pair.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    with open_examples(path) as examples:
        pairs = [GivenPair(e.premise, e.hypothesis, e.label, e.row) for e in examples]
    if not pairs:
        raise DataError("holds no pairs; it needs columns premise and hypothesis", path=path)
    return pairs


@dataclass(frozen=True, slots=True)
class TaughtPair:
    """A pair with what a teacher, and the gold label if it has one, make of it: a probability for each column."""

    premise: str
    hypothesis: str
    probabilities: tuple[float, ...]


Target: TypeAlias = int | float | tuple[float, ...]
"""What an objective compares a row of outputs with: a column, a number, or a probability for each column."""


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """What a model's columns mean, entailment first, and by which objective it learns them.

    Attributes:
        labels: `THREE_WAY` or `TWO_WAY`.
        objective: `softmax`, `binary`, `partial`, or `soft`, which is how a teacher is followed.
    """

    labels: tuple[Label, ...]
    objective: str

    @classmethod
    def of(cls, pairs: Sequence[LabelledPair], objective: str, path: str | Path) -> LabelScheme:
        """The scheme that a training file's labels call for.

        Three-way where there is a contradiction; entailment and neutral alone, or `not_entailment`, are two-way.

        Raises:
            DataError: All pairs have one label.
            UsageError: The objective does not go with the labels.
        """
        found = Counter(pair.label for pair in pairs)
        if len(found) < 2:
            only, count = found.most_common(1)[0]
            raise DataError(
                f"all {count:,} labelled pairs say {only}; a model learns from at least two labels, so add pairs "
                "with another",
                path=path,
            )
        if objective == "binary":
            return cls._checked(TWO_WAY, "binary", found, path)
        three_way = Label.CONTRADICTION in found
        mixed = three_way and Label.NOT_ENTAILMENT in found
        if objective == "partial" and not three_way:
            raise UsageError(
                f"{path}: the partial objective needs three-way labels beside not_entailment; take softmax"
            )
        if objective == "softmax" and mixed:
            raise UsageError(f"{path}: holds not_entailment beside three-way labels; take --objective partial")
        if objective == "auto":
            objective = "partial" if mixed else "softmax"
        return cls._checked(THREE_WAY if three_way else TWO_WAY, objective, found, path)

    @classmethod
    def _checked(
        cls, labels: tuple[Label, ...], objective: str, found: Counter[Label], path: str | Path
    ) -> LabelScheme:
        scheme = cls(labels, objective)
        if len({scheme.column(label) for label in found}) < 2:
            raise DataError(
                f"its labels ({', '.join(sorted(found))}) are all one to a two-way model; add pairs of entailment",
                path=path,
            )
        return scheme

    def target(self, pair: LabelledPair | TaughtPair, *, gold: bool = False) -> Target:
        """What the objective is given for a pair; with `gold` the column, whatever the objective wants."""
        if isinstance(pair, TaughtPair):
            return pair.probabilities[0] if self.objective == "binary" else pair.probabilities
        column = self.column(pair.label)
        return float(column == 0) if self.objective == "binary" and not gold else column

    def column(self, label: Label) -> int:
        """Of a gold label; `len(labels)` stands for "not entailment" where there are three."""
        if label in self.labels:
            return self.labels.index(label)
        return len(self.labels) if len(self.labels) > 2 else 1
