"""Two texts, judged in both directions: do they say the same, does one include the other, can't both be so?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tuili.applications.asking import check_count, check_share, check_texts, contradiction, entailment, judged
from tuili.applications.neighbours import neighbours
from tuili.data.text import check_text
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tuili.types import Judge, Verdict


class Relation(StrEnum):
    """How two texts stand to each other."""

    EQUIVALENT = "equivalent"
    A_INCLUDES_B = "a includes b"
    B_INCLUDES_A = "b includes a"
    IN_CONFLICT = "in conflict"
    UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True)
class Match:
    """What two texts are to each other.

    Attributes:
        a: The one text.
        b: The other.
        relation: The most probable relation.
        probabilities: Of each relation; they sum to 1.
        forward: The verdict on b, given a.
        backward: The verdict on a, given b.
    """

    a: str
    b: str
    relation: Relation
    probabilities: Mapping[Relation, float]
    forward: Verdict
    backward: Verdict

    @property
    def probability(self) -> float:
        """Probability of the relation."""
        return self.probabilities[self.relation]

    def to_dict(self) -> dict[str, Any]:
        return {
            "a": self.a,
            "b": self.b,
            "relation": self.relation.value,
            "probability": self.probability,
            "probabilities": {relation.value: p for relation, p in self.probabilities.items()},
            "forward": self.forward.to_dict(),
            "backward": self.backward.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class FoundMatch:
    """Two texts of a collection that have to do with each other; `first` and `second` count its texts from 0."""

    first: int
    second: int
    match: Match

    def to_dict(self) -> dict[str, Any]:
        return {"first": self.first, "second": self.second, **self.match.to_dict()}


def match(judge: Judge, a: str, b: str) -> Match:
    """How two texts stand to each other.

    "a includes b" means that b follows from a and a not from b: a says all that b says, and more.

    The two verdicts are taken for independent, and only those outcomes counted that can be: both entailed, one
    entailed and the other open, both contradicted (contradiction has no direction), both open. A judge with two labels
    can't tell conflict from unrelated; to it nothing is in conflict.

    Raises:
        InvalidText: One of the texts can't be judged.
    """
    a, b = check_text(a, "a"), check_text(b, "b")
    forward, backward = judged(judge, [(a, b), (b, a)])
    return _match(a, b, forward, backward)


def find_matches(
    judge: Judge, texts: Sequence[str], *, candidates: int = 5, threshold: float = 0.5
) -> list[FoundMatch]:
    """Texts of a collection that say the same, include each other, or can't both be so; most probable first.

    Not every pair is judged: each text is held against those that share most of its telling words (TF-IDF cosine,
    exact). So a pair without a common word is never found.

    Args:
        judge: Who decides.
        texts: At least one; none or one text has no matches.
        candidates: How many neighbours of each text are judged.
        threshold: The probability that a relation other than "unrelated" must have.

    Raises:
        UsageError: An option that can't be.
        InvalidText: One of the texts can't be judged; the message says which.
    """
    check_share(threshold, "threshold")
    check_count(candidates, "candidates")
    checked = check_texts(texts, "text")
    pairs = neighbours(checked, candidates)
    asked = [(checked[i], checked[j]) for i, j in pairs] + [(checked[j], checked[i]) for i, j in pairs]
    verdicts = judged(judge, asked)
    found = [
        FoundMatch(i, j, _match(checked[i], checked[j], forward, backward))
        for (i, j), forward, backward in zip(pairs, verdicts[: len(pairs)], verdicts[len(pairs) :], strict=True)
    ]
    telling = [m for m in found if m.match.relation is not Relation.UNRELATED and m.match.probability >= threshold]
    return sorted(telling, key=lambda m: (-m.match.probability, m.first, m.second))


def _match(a: str, b: str, forward: Verdict, backward: Verdict) -> Match:
    if forward.probabilities.keys() != backward.probabilities.keys():
        raise UsageError("the judge knows other labels in one direction than in the other")
    follows, back = entailment(forward), entailment(backward)
    conflict, conflict_back = contradiction(forward), contradiction(backward)
    open_, open_back = 1 - follows - conflict, 1 - back - conflict_back
    joint = {
        Relation.EQUIVALENT: follows * back,
        Relation.A_INCLUDES_B: follows * open_back,
        Relation.B_INCLUDES_A: open_ * back,
        Relation.IN_CONFLICT: conflict * conflict_back,
        Relation.UNRELATED: open_ * open_back,
    }
    total = sum(max(p, 0.0) for p in joint.values())
    if total > 0:
        probabilities = {relation: max(p, 0.0) / total for relation, p in joint.items()}
    else:  # entailed one way and contradicted the other, both for certain: nothing that can be
        probabilities = {relation: float(relation is Relation.UNRELATED) for relation in joint}
    relation = max(probabilities, key=lambda r: probabilities[r])
    return Match(a, b, relation, probabilities, forward, backward)
