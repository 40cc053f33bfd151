"""The interface between a run and what it is to learn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from tuili.errors import UsageError
from tuili.learning.tasks.card import TaskCard, read_card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import nn

    from tuili.learning.batches import Batch, Batches
    from tuili.learning.config import TrainConfig
    from tuili.learning.objectives import Objective
    from tuili.learning.outcome import Evaluation
    from tuili.learning.processes import Processes

MEASURING = 4
"""A batch without gradients may be so many times as large."""

SAMPLE = 2000
"""Training rows that are measured at the end."""

RATE_OF_NAMES = 2e-4
"""Peak learning rate of a `token` task where none is given; its new weights learn faster by themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What a task is made from.

    Attributes:
        declared: The card that the options name; None: pairs as `tuili.data` reads them.
        place: Directory of the run.
    """

    config: TrainConfig
    declared: TaskCard | None
    place: Path
    processes: Processes

    @property
    def card(self) -> TaskCard:
        """The card, for kinds that can't do without. Raises UsageError where there is none."""
        if self.declared is None:
            raise UsageError("this kind of task needs a card")
        return self.declared


class Measured(Protocol):
    """How good a model is on one set."""

    @property
    def n(self) -> int:
        """How many rows were measured."""

    def text(self) -> str:
        """For a terminal."""

    def markdown(self) -> str: ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""


class Task(Protocol):
    """One kind of task with its data and its model; made from a `Setup`.

    Attributes:
        unit: What a row is called, in the plural.
        model: To be trained.
        objective: By which it is.
        base: What the model began as.
    """

    unit: str
    model: nn.Module
    objective: Objective
    base: str

    def batches(self) -> Batches:
        """Of the training rows."""

    def dev(self) -> Sequence[Batch]:
        """The dev rows in order, for `evaluate`."""

    def evaluate(self, model: nn.Module, dev: Sequence[Batch]) -> Evaluation:
        """How good the model is while it is being trained. The larger the score, the better."""

    def write(self, facts: Mapping[str, Any]) -> Mapping[str, Measured]:
        """Write the output, with its card, and measure it.

        Args:
            facts: Of the run: steps, best_step, precision, and the share of the weights that was trained.

        Returns:
            `train` (a sample), `dev`, and `test` where there is one.
        """


def card_for(config: TrainConfig) -> TaskCard | None:
    """The card that the options name; None where they name none, so that it is pairs as `tuili.data` reads them."""
    return None if config.task is None else read_card(config.task)


def suited(config: TrainConfig, card: TaskCard | None) -> TrainConfig:
    """The options, as they are for the kind: what reads single texts or writes some is of the joint form.

    Raises:
        UsageError: An option that goes with pairs alone.
    """
    if card is None or card.kind == "pair":
        return config
    for option, plain in (("objective", "auto"), ("teacher", None)):
        if getattr(config, option) != plain:
            raise UsageError(f"--{option} goes with pairs; a task of kind {card.kind} has its own objective")
    if card.kind in ("generate", "token") and config.adapter != "none":
        raise UsageError(f"an adapter goes with kinds that classify; a task of kind {card.kind} is trained whole")
    if card.kind == "token" and config.rate is None:
        return replace(config, form="joint", rate=RATE_OF_NAMES)
    return replace(config, form="joint")


def make(setup: Setup) -> Task:
    """The task, its data read and its model ready.

    Raises:
        DataError: A file that can't be read, or that nothing can be learnt from.
        BundleError, ModelError, MissingExtra: A base that can't be used.
        UsageError: Options that don't go with the kind.
    """
    kind = "pair" if setup.declared is None else setup.declared.kind
    if kind == "text":
        from tuili.learning.tasks.text import TextTask

        return TextTask(setup)
    if kind == "regression":
        from tuili.learning.tasks.regression import RegressionTask

        return RegressionTask(setup)
    if kind == "token":
        from tuili.learning.tasks.token import TokenTask

        return TokenTask(setup)
    if kind == "generate":
        from tuili.learning.tasks.generate import GenerateTask

        return GenerateTask(setup)
    from tuili.learning.tasks.pair import PairTask

    return PairTask(setup)
