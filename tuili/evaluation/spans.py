"""How well spans are found: precision, recall and F1 over whole entities, as the CoNLL shared tasks define them.

An entity counts as found only if both its ends and its type are right (Tjong Kim Sang & De Meulder 2003, section 2.3;
their `conlleval`). What an entity is where tags don't follow their scheme is theirs too: an `I` that follows another
type, or nothing, begins one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Chunk: TypeAlias = tuple[int, int, str]
"""Words `start` to `end` (exclusive), and the type."""

_BEGINS, _ENDS = frozenset("BSU"), frozenset("ESLU")
_PREFIXES = frozenset("BIESLU")


@dataclass(frozen=True, slots=True)
class SpanScore:
    """Entities that are right, that were found, that there are.

    A share of nothing is 0, as `conlleval` has it.
    """

    correct: int
    found: int
    gold: int

    @property
    def precision(self) -> float:
        return self.correct / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.correct / (self.found + self.gold) if self.correct else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "correct": self.correct,
            "found": self.found,
            "gold": self.gold,
        }


@dataclass(frozen=True, slots=True)
class SpanReport:
    """All types together (the micro-average), and each by itself, in alphabetical order."""

    overall: SpanScore
    per_type: Mapping[str, SpanScore]

    @property
    def f1(self) -> float:
        return self.overall.f1

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "overall": self.overall.to_dict(),
            "per_type": {kind: score.to_dict() for kind, score in self.per_type.items()},
        }


def chunks(tags: Sequence[str]) -> set[Chunk]:
    """The entities of a sentence from its tags: BIO (IOB2), IOB1, BIOES or BILOU.

    Raises:
        DataError: A tag is neither `O` nor a letter of those schemes, a hyphen and a type.
    """
    found: set[Chunk] = set()
    begin, last, ended = 0, "", True
    for place, tag in enumerate(tags):
        prefix, _, kind = tag.partition("-")
        if tag != "O" and (prefix not in _PREFIXES or not kind):
            raise DataError(f"word {place}: {tag!r} is no tag; allowed: O, or one of B I E S L U, a hyphen and a type")
        if last and (prefix in _BEGINS or kind != last or ended):
            found.add((begin, place, last))
            last = ""
        if kind and not last:
            begin = place
        last, ended = kind, prefix in _ENDS
    if last:
        found.add((begin, len(tags), last))
    return found


def score_spans(gold: Iterable[Iterable[Chunk]], found: Iterable[Iterable[Chunk]]) -> SpanReport:
    """Found entities against those that there are, sentence by sentence.

    Raises:
        UsageError: There are not as many sentences in one as in the other.
    """
    counts: dict[str, list[int]] = {}
    try:
        for there, here in zip(gold, found, strict=True):
            right, mine = set(there), set(here)
            for column, spans in enumerate((right & mine, mine, right)):
                for _, _, kind in spans:
                    counts.setdefault(kind, [0, 0, 0])[column] += 1
    except ValueError as error:
        raise UsageError("there must be as many sentences with found entities as with gold ones") from error
    per_type = {kind: SpanScore(*counts[kind]) for kind in sorted(counts)}
    total = [sum(column) for column in zip(*counts.values(), strict=True)] or [0, 0, 0]
    return SpanReport(SpanScore(*total), per_type)


def score_tags(gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> SpanReport:
    """As `score_spans`, from the tags of each sentence.

    Raises:
        DataError: A tag can't be read, or a sentence has not as many tags in both.
        UsageError: There are not as many sentences in one as in the other.
    """
    for number, (there, here) in enumerate(zip(gold, found, strict=False)):
        if len(there) != len(here):
            raise DataError(f"sentence {number}: {len(here)} tags found for {len(there)} words")
    return score_spans([chunks(tags) for tags in gold], [chunks(tags) for tags in found])
