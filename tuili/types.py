"""The values that everything else passes around. Standard library only.

A `Pair` goes in, a `Verdict` comes out, and whatever turns one into the other is a `Judge`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


class Label(StrEnum):
    """What a premise can do to a hypothesis. Two-way data merges the last two as `NOT_ENTAILMENT`."""

    ENTAILMENT = "entailment"
    NEUTRAL = "neutral"
    CONTRADICTION = "contradiction"
    NOT_ENTAILMENT = "not_entailment"


THREE_WAY = (Label.ENTAILMENT, Label.NEUTRAL, Label.CONTRADICTION)
TWO_WAY = (Label.ENTAILMENT, Label.NOT_ENTAILMENT)


class Pair(NamedTuple):
    """A text that is given, and the sentence put to it. A plain `(premise, hypothesis)` tuple will do too."""

    premise: str
    hypothesis: str


class Span(NamedTuple):
    """Characters `start` to `end` (exclusive) of a text, counted in Python's code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """Characters of a text that name something.

    Attributes:
        span: Where, in the text that was given to the finder.
        type: What kind of thing; the finder says which there are.
        score: How sure the finder is, 0 to 1.
    """

    span: Span
    type: str
    score: float = 1.0

    def text(self, source: str) -> str:
        return source[self.span.start : self.span.end]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"start": self.span.start, "end": self.span.end, "type": self.type, "score": self.score}


Side: TypeAlias = Literal["premise", "hypothesis"]


class Part(NamedTuple):
    """Characters of one side of a pair."""

    side: Side
    span: Span


@dataclass(frozen=True, slots=True)
class Evidence:
    """Characters of one side of the pair that speak for `label`, with a weight; larger decides more."""

    side: Side
    span: Span
    text: str
    label: Label
    weight: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "side": self.side,
            "start": self.span.start,
            "end": self.span.end,
            "text": self.text,
            "label": self.label.value,
            "weight": self.weight,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Evidence:
        span = Span(value["start"], value["end"])
        return cls(value["side"], span, value["text"], Label(value["label"]), value["weight"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of one pair.

    Attributes:
        label: The most probable label; it is given even where the judge would rather not decide.
        probabilities: Calibrated probability of each of the model's labels; they sum to 1.
        decided: Whether the confidence reaches the judge's threshold, and all of the hypothesis was read.
        prediction_set: The labels that can't be ruled out, the label among them: a conformal set where the model was
            calibrated for it, else the label alone where it was decided and all of them where not.
        coverage: Share of the premise's non-space characters that the model read, 0 to 1.
        evidence: Empty unless an explanation was asked for.
        model: Which model said so: the bundle's name, and the start of its digest.
    """

    label: Label
    probabilities: Mapping[Label, float]
    decided: bool
    prediction_set: frozenset[Label]
    coverage: float
    model: str
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", MappingProxyType(dict(self.probabilities)))

    @property
    def confidence(self) -> float:
        """Calibrated probability of the label."""
        return self.probabilities[self.label]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the one schema of the command line, the server and the record of verdicts."""
        return {
            "label": self.label.value,
            "confidence": self.confidence,
            "probabilities": {label.value: p for label, p in self.probabilities.items()},
            "decided": self.decided,
            "prediction_set": [label.value for label in self.probabilities if label in self.prediction_set],
            "coverage": self.coverage,
            "evidence": [evidence.to_dict() for evidence in self.evidence],
            "model": self.model,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Verdict:
        """The verdict that `to_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is not one.
        """
        return cls(
            label=Label(value["label"]),
            probabilities={Label(name): p for name, p in value["probabilities"].items()},
            decided=value["decided"],
            prediction_set=frozenset(Label(name) for name in value["prediction_set"]),
            coverage=value["coverage"],
            model=value["model"],
            evidence=tuple(Evidence.from_dict(item) for item in value["evidence"]),
        )

    def __hash__(self) -> int:
        probabilities = tuple(self.probabilities.items())
        return hash((self.label, probabilities, self.decided, self.prediction_set, self.coverage, self.model))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy does not pickle; the dictionary behind it does.
        arguments = (self.label, dict(self.probabilities), self.decided, self.prediction_set)
        return Verdict, (*arguments, self.coverage, self.model, self.evidence)


@runtime_checkable
class Judge(Protocol):
    """Anything that turns pairs into verdicts, in order, one for each."""

    def judge(self, pairs: Iterable[tuple[str, str]], /) -> list[Verdict]: ...


@runtime_checkable
class Occludable(Protocol):
    """A judge that can say cheaply what it would have said of a pair, had parts of it been hidden."""

    def occlude(self, pair: tuple[str, str], hidden: Sequence[Part | Sequence[Part]], /) -> NDArray[np.float64]:
        """Calibrated log-probabilities of the judge's labels, in their order, a row for each of `hidden`.

        Each of `hidden` is a part, or several that are hidden together; none gives the whole pair's row.
        *Shape:* `(len(hidden), len(labels))`.
        """
        ...
