"""What is worth asking: in each sentence, the pairs of mentions that a relation's types allow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuili.applications.graph.coreference import by_sentence
from tuili.applications.graph.mentions import VALUES, fits
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuili.applications.graph.coreference import Named
    from tuili.applications.graph.schema import Relation, Schema

NEIGHBOURS = 12
"""A mention is paired with this many that follow it in its sentence, so that the work grows with the text."""

MAX_SENTENCE = 1_000
"""Characters; a longer sentence is cut between words, since nobody could read so long a quote."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hypothesis about two mentions of one sentence.

    Attributes:
        relation: What is asked.
        head, tail: Of whom.
        quote: The characters of the text that are the premise: the sentence, with the one before it where a pronoun
            needs it.
        between: The mentions of the sentence that stand between the two.
        heads, tails: How many other heads the relation could have with this tail in the sentence, and other tails with
            this head. The more there are, the less is said of each.
        stated: Whether the hypothesis is made of the sentence's own words, which tell the direction too.
    """

    relation: Relation
    head: Named
    tail: Named
    quote: Span
    between: tuple[Named, ...]
    heads: int = 0
    tails: int = 0
    stated: bool = False


def short_sentences(text: str, sentences: Sequence[Span]) -> list[Span]:
    """The sentences, those longer than `MAX_SENTENCE` cut between words."""
    pieces = []
    for start, end in sentences:
        begin = start
        while end - begin > MAX_SENTENCE:
            space = text.rfind(" ", begin + 1, begin + MAX_SENTENCE)
            cut = space if space > begin else begin + MAX_SENTENCE
            pieces.append(Span(begin, cut))
            begin = cut + (space > begin)
        pieces.append(Span(begin, end))
    return pieces


def candidates(named: Sequence[Named], sentences: Sequence[Span], schema: Schema) -> Iterator[list[Candidate]]:
    """The candidates of each sentence that has any.

    A symmetric relation is asked once of each pair, in the order of the text.
    """
    for place, (inside, sentence) in enumerate(zip(by_sentence(named, sentences), sentences, strict=True)):
        found = []
        for first, one in enumerate(inside):
            for second in range(first + 1, min(first + 1 + NEIGHBOURS, len(inside))):
                other = inside[second]
                if one.name.casefold() == other.name.casefold():
                    continue
                between = tuple(inside[first + 1 : second])
                for relation in schema.relations:
                    for head, tail in ((one, other), (other, one)):
                        if relation.symmetric and head is other:
                            continue
                        if may(relation, head, tail):
                            quote = quote_of(head, tail, sentence, sentences[place - 1] if place else sentence)
                            found.append(Candidate(relation, head, tail, quote, between))
        if found:
            yield _with_others(found)


def may(relation: Relation, head: Named, tail: Named) -> bool:
    """Whether the types of two mentions allow a relation between them."""
    return head.type not in VALUES and fits(head.type, relation.domain) and fits(tail.type, relation.range)


def quote_of(head: Named, tail: Named, sentence: Span, before: Span) -> Span:
    """The premise of a candidate: its sentence, with the one before where a pronoun's antecedent stands there."""
    start = min(
        sentence.start,
        *(before.start for one in (head, tail) if one.mention.span.start < sentence.start),
        sentence.start,
    )
    return Span(start, sentence.end)


def _with_others(found: list[Candidate]) -> list[Candidate]:
    heads = Counter((one.relation.name, one.tail.at) for one in found)
    tails = Counter((one.relation.name, one.head.at) for one in found)
    return [
        replace(one, heads=heads[one.relation.name, one.tail.at] - 1, tails=tails[one.relation.name, one.head.at] - 1)
        for one in found
    ]


def distance(one: Candidate) -> int:
    """Characters between the two mentions."""
    first, second = sorted((one.head.at, one.tail.at))
    return second.start - first.end
