"""What the generator makes, and what a pattern hands it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuili.learning.synthesis.draw import Draw

ENTAILMENT = Label.ENTAILMENT
NEUTRAL = Label.NEUTRAL
CONTRADICTION = Label.CONTRADICTION


@dataclass(frozen=True, slots=True)
class SyntheticPair:
    """A made-up pair, with the label that its construction gives it.

    Attributes:
        family: Which kind of inference it needs, such as `quantifiers`; see `families()`.
        pattern: Which of the family's patterns it comes from.
        reason: One sentence that says why the label holds.
    """

    premise: str
    hypothesis: str
    label: Label
    family: str
    pattern: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "premise": self.premise,
            "hypothesis": self.hypothesis,
            "label": self.label.value,
            "family": self.family,
            "pattern": self.pattern,
            "reason": self.reason,
        }


class Draft(NamedTuple):
    """A pair before it is dressed: no capital letter at the start, no full stop at the end.

    `form` names how the hypothesis is built, without its words. Labels are balanced within each form, so that a
    hypothesis alone gives nothing away; a form that only ever gets one label is never used.
    """

    premise: str
    hypothesis: str
    label: Label
    reason: str
    form: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to build a group of drafts that share words, and where possible the premise.

    `framed`: the same "At the concert, " may be put before both sides. `veridical`: a remark such as "Fortunately, "
    may be put before the premise.
    """

    family: str
    name: str
    build: Callable[[Draw], Iterable[Draft]]
    framed: bool = False
    veridical: bool = True


class Family:
    """A kind of inference, its description and its patterns."""

    def __init__(self, name: str, description: str) -> None:
        self.name = name
        self.description = description
        self.patterns: list[Pattern] = []

    def pattern(
        self, *, framed: bool = False, veridical: bool = True
    ) -> Callable[[Callable[[Draw], Iterable[Draft]]], Callable[[Draw], Iterable[Draft]]]:
        """Register a function as a pattern of this family, under its own name."""

        def register(build: Callable[[Draw], Iterable[Draft]]) -> Callable[[Draw], Iterable[Draft]]:
            name = build.__name__.strip("_").replace("_", "-")
            self.patterns.append(Pattern(self.name, name, build, framed=framed, veridical=veridical))
            return build

        return register
