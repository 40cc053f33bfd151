"""What a training run says of itself: while it goes, when it measures, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a model is worth.

    Attributes:
        score: The larger, the better; the second number decides where the first is equal, and so on.
        metrics: What to show and to log.
    """

    score: tuple[float, ...]
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a run is.

    Attributes:
        share: Of the training, 0 to 1.
        loss: Mean over this step's rows.
        rate: Learning rate of this step.
        size: Examples of this step.
        metrics: Of the evaluation, where one followed this step.
    """

    step: int
    epoch: int
    share: float
    loss: float
    rate: float
    gradient_norm: float
    size: int
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. The model then holds the weights of its best evaluation, or its last if there was none.

    Attributes:
        steps: How many were made in all.
        best_step: After which one the model was best; None where it was never evaluated.
        best: That evaluation.
        stopped_early: Whether patience ran out.
        resumed_at: The step that an earlier run had come to; 0 where there was none.
        damaged: Checkpoints that had to be passed over, with what is wrong with each.
    """

    steps: int
    best_step: int | None
    best: Evaluation | None
    stopped_early: bool
    resumed_at: int
    damaged: tuple[str, ...]
