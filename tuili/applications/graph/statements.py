"""One source read: its candidates put to the judge, and what is entailed kept with its quote."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING

from tuili.applications.graph.calibration import EdgeCalibration, features, support
from tuili.applications.graph.candidates import candidates, short_sentences
from tuili.applications.graph.coreference import resolve
from tuili.applications.graph.graph import Entity, SourceGraph, Statement
from tuili.applications.graph.open_relations import open_candidates
from tuili.data.text import check_text
from tuili.errors import InvalidText, UsageError
from tuili.perception.sentences import split_sentences
from tuili.types import Judge, Label, Span, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tuili.applications.graph.candidates import Candidate
    from tuili.applications.graph.mentions import EntityFinder, Mention
    from tuili.applications.graph.schema import Schema

PAIRS = 1_000
"""How many pairs go to the judge at once, so that a long source shows progress and memory stays small."""

CONTRADICTED = 0.9
"""Mean probability of contradiction from which on a passage counts against an edge."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a source is read with.

    Attributes:
        schema: What may be said.
        finder: Who finds the entities.
        threshold: Probability from which on an edge is kept.
        open: Whether relations are asked that the schema does not hold, see `open_relations`.
        calibration: What makes the judge's verdicts into the probability of an edge; None: the judge's own
            probability of entailment, the highest over a relation's hypotheses.
    """

    schema: Schema
    finder: EntityFinder
    threshold: float
    calibration: EdgeCalibration | None
    open: bool = False

    def digest(self, judge: Judge) -> str:
        """The same for the same settings and the same judge."""
        model = getattr(judge, "model", None) or getattr(judge, "name", type(judge).__name__)
        finder = getattr(self.finder, "name", type(self.finder).__qualname__)
        calibration = None if self.calibration is None else self.calibration.to_dict()
        content = [self.schema.to_dict(), self.threshold, str(finder), calibration, str(model)]
        content += ["open"] * self.open
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def digest_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_source(
    judge: Judge, name: str, text: str, settings: Settings, *, progress: Callable[[int], None] | None = None
) -> SourceGraph:
    """What one text says.

    Each sentence is the premise of all its hypotheses in one call, so that a judge that perceives once does.

    Args:
        judge: Who says what follows.
        name: Of the source.
        text: Its whole text.
        settings: See there.
        progress: Called with the number of characters of the text done so far.

    Raises:
        InvalidText: The text can't be judged.
        UsageError: The finder broke its promise.
    """
    try:
        text = check_text(text, "text")
    except InvalidText as error:
        raise InvalidText(f"source {name!r}: {error}") from None
    mentions = _checked(settings.finder.find(text), text)
    sentences = short_sentences(text, split_sentences(text))
    statements: list[Statement] = []
    named = resolve(text, mentions, sentences)
    asked = candidates(named, sentences, settings.schema)
    stated = open_candidates(text, named, sentences, settings.schema) if settings.open else ()
    for chunk in _chunks(merge(asked, stated, key=lambda found: found[0].quote.end)):
        statements += _judged(judge, name, text, chunk, settings)
        if progress is not None:
            progress(chunk[-1].quote.end)
    return SourceGraph(name, digest_text(text), settings.digest(judge), tuple(statements))


def _checked(mentions: list[Mention], text: str) -> list[Mention]:
    end = 0
    for mention in mentions:
        start, stop = mention.span
        if not end <= start < stop <= len(text) or not mention.text(text).strip():
            raise UsageError(f"the entity finder gave the span {start}–{stop}: spans are in order, disjoint, not blank")
        end = stop
    return mentions


def _chunks(sentences: Iterable[list[Candidate]]) -> Iterator[list[Candidate]]:
    chunk: list[Candidate] = []
    for found in sentences:
        chunk += found
        if sum(2 * len(one.relation.hypotheses) for one in chunk) >= PAIRS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _judged(judge: Judge, name: str, text: str, chunk: list[Candidate], settings: Settings) -> Iterator[Statement]:
    asked: dict[tuple[str, str], None] = {}
    plans = []
    for one in chunk:
        premise = text[one.quote.start : one.quote.end]
        head, tail = _surface(text, one.head.mention), _surface(text, one.tail.mention)
        forward = [(premise, said) for said in one.relation.said_of(head, tail)]
        one_way = one.relation.symmetric or one.stated
        backward = [] if one_way else [(premise, said) for said in one.relation.said_of(tail, head)]
        asked.update(dict.fromkeys([*forward, *backward]))
        plans.append((one, forward, backward))
    verdicts = dict(zip(asked, judge.judge(list(asked)), strict=True))
    kept: dict[tuple[str, frozenset[str], Span], Statement] = {}
    for one, forward, backward in plans:
        ahead, back = [verdicts[pair] for pair in forward], [verdicts[pair] for pair in backward]
        statement = _statement(name, text, one, forward, ahead, back, settings)
        if statement is None:
            continue
        # of the two directions, and of names that a sentence repeats, only the most probable is kept
        key = (one.relation.name, frozenset((one.head.name, one.tail.name)), one.quote)
        if key not in kept or _beats(statement, kept[key]):
            kept[key] = statement
    yield from kept.values()


def _beats(new: Statement, old: Statement) -> bool:
    return (new.holds, new.probability) > (old.holds, old.probability)


def _surface(text: str, mention: Mention) -> str:
    return " ".join(mention.text(text).split())


def _statement(
    name: str,
    text: str,
    one: Candidate,
    forward: list[tuple[str, str]],
    ahead: list[Verdict],
    back: list[Verdict],
    settings: Settings,
) -> Statement | None:
    """What is to be kept of one candidate, if anything."""
    best = max(range(len(ahead)), key=lambda i: ahead[i].probabilities[Label.ENTAILMENT])
    entailed = ahead[best].label is Label.ENTAILMENT
    if settings.calibration is None or one.stated:
        probability = ahead[best].probabilities[Label.ENTAILMENT]
        if back and max(v.probabilities[Label.ENTAILMENT] for v in back) > probability:
            entailed = False
    else:
        backward = support(back) if back else None
        probability = settings.calibration.probability(features(text, one, support(ahead), backward))
        probability *= one.head.mention.score * one.tail.mention.score  # nothing holds of what is no entity
    holds = entailed and probability >= settings.threshold
    if not holds and one.stated:
        return None
    if not holds:
        probability = sum(v.probabilities.get(Label.CONTRADICTION, 0.0) for v in ahead) / len(ahead)
        if probability < CONTRADICTED:
            return None
    return Statement(
        Entity(one.head.name, one.head.type),
        one.relation.name,
        Entity(one.tail.name, one.tail.type),
        holds,
        min(probability, 1.0),
        name,
        text[one.quote.start : one.quote.end],
        one.quote,
        one.head.mention.span,
        one.tail.mention.span,
        forward[best][1],
        ahead[best].model,
    )
