"""What is said of one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tuili.learning.tasks.card import TaskCard
    from tuili.types import Mention, Pair


class Prediction(Protocol):
    """What a model says of one row."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""


class Predictor(Protocol):
    """A finished model of a task.

    Attributes:
        name: Of the model, with a digest.
        card: Its task; says which columns it reads.
    """

    name: str
    card: TaskCard

    def predict(self, texts: Sequence[str | Pair], /) -> Sequence[Prediction]:
        """What it says of each, in order, whatever the company.

        Raises:
            InvalidPair: One that can't be read; `index` says which.
            NumericalError: The model gave something that is not a number.
            ModelError: The model can't be run.
        """


@dataclass(frozen=True, slots=True)
class Labelled:
    """Of a `text` task.

    Attributes:
        label: The most probable.
        probabilities: Of every label; they sum to 1. Not calibrated.
        coverage: Share of the text's non-space characters that the model read.
    """

    label: str
    probabilities: Mapping[str, float]
    coverage: float

    def to_dict(self) -> dict[str, Any]:
        return {"label": self.label, "probabilities": dict(self.probabilities), "coverage": self.coverage}


@dataclass(frozen=True, slots=True)
class Scored:
    """Of a `regression` task.

    Attributes:
        score: On the scale of the training file. It may lie outside the range that the card declares.
        coverage: As in `Labelled`; of a pair, the premise's.
    """

    score: float
    coverage: float

    def to_dict(self) -> dict[str, Any]:
        return {"score": self.score, "coverage": self.coverage}


@dataclass(frozen=True, slots=True)
class WrittenText:
    """Of a `generate` task.

    Attributes:
        text: What the model wrote: each time the most probable token.
        finished: Whether it came to an end of itself; if not, the task's `longest` cut it.
        coverage: Of the source, as in `Labelled`.
    """

    text: str
    finished: bool
    coverage: float

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "finished": self.finished, "coverage": self.coverage}


@dataclass(frozen=True, slots=True)
class Named:
    """Of a `token` task: the names in a text, in order and disjoint."""

    text: str
    mentions: tuple[Mention, ...]

    def to_dict(self) -> dict[str, Any]:
        found = [{"text": mention.text(self.text), **mention.to_dict()} for mention in self.mentions]
        return {"mentions": found}
