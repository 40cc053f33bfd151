"""What in a text may be the answer to a question: names, numbers, dates, what is quoted, phrases, whole sentences.

By rules, and generous: the judge turns down what does not answer. The kinds that a question asks for come first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.applications.answer_hypotheses import Asks
from tuili.applications.lexical import STOP_WORDS, words
from tuili.perception.sentences import split_sentences
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.applications.answer_hypotheses import Question

MOST = 60
"""Candidates of one passage that are put to the judge."""

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_COUNTS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozen"
)
_DATE = re.compile(
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS})\.?,?(?: \d{{4}})?"
    rf"|(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:, ?\d{{4}})?|(?:{_MONTHS})\.?,? \d{{4}}"
    rf"|\d{{4}}-\d{{2}}-\d{{2}}|(?:early |mid-|late )?(?:1[0-9]|20)\d{{2}}s?|(?:{_DAYS})s?"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th) century|\d{{1,2}}(?::\d{{2}})? ?[ap]\.?m\.?|noon|midnight)(?!\w)"
)
_CALENDAR = re.compile(rf"{_MONTHS}|{_DAYS}")
_NUMBER = re.compile(
    rf"[$€£¥]?\d+(?:[.,]\d+)*(?: ?%)?(?: (?:million|billion|trillion|thousand|hundred))?"
    rf"|\b(?:{_COUNTS})(?:[ -](?:{_COUNTS}|hundred|thousand|million|billion))*\b",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[ -]?[^\W\d_]+")
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ][\w'’.&-]*"
_NAME = re.compile(rf"{_CAPITAL}(?: (?:(?:of|the|de|la|van|von|and|du|del|der|for) ){{0,2}}{_CAPITAL})*")
_QUOTED = re.compile(r"\"([^\"\n]{1,80})\"|“([^”\n]{1,80})”|‘([^’\n]{1,80})’")
_REASON = re.compile(r"\b(?:because(?: of)?|due to|since|so that|in order to|as a result of) ([^.;?!\n]{3,200})")
_RUN = re.compile(r"[\w'’-]+")
_JOINTS = STOP_WORDS | frozenset("because while since until although though if not also can may must".split())
_BREAK = re.compile(r"[^\w\s'’-]")
_LONGEST_PHRASE = 5
_PREPOSITION = re.compile(
    r"(?:^|\s)(in|on|at|by|near|from|since|until|before|after|around|during|under|between)\s+(?:the\s+)?$",
    re.IGNORECASE,
)

_WANTED = {
    Asks.PERSON: ("name", "quoted", "phrase"),
    Asks.TIME: ("date", "number"),
    Asks.PLACE: ("name", "phrase"),
    Asks.NUMBER: ("number",),
    Asks.REASON: ("reason", "phrase"),
    Asks.THING: ("name", "quoted", "date", "number", "phrase"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Characters of a passage that may answer.

    Attributes:
        text: The characters.
        span: Where they stand in the passage.
        kind: `name`, `number`, `date`, `quoted`, `reason` or `phrase`.
        preposition: What stands before them, if it is one, in lower case: "in" of "in the hall".
    """

    text: str
    span: Span
    kind: str
    preposition: str


def candidates(passage: str, question: Question) -> list[Candidate]:
    """What may answer the question, at most `MOST`: what it asks for first, then in the order of the passage.

    What the question holds already is no answer, and what occurs twice is given once.
    """
    asked = set(words(question.text))
    wanted = _WANTED.get(question.asks, ())
    found: dict[str, Candidate] = {}
    for kind in wanted:
        for span in _FINDERS[kind](passage):
            text = passage[span.start : span.end]
            told = words(text)
            key = " ".join(told)
            if told and key not in found and not set(told) <= asked:
                found[key] = Candidate(text, span, kind, _preposition(passage, span))
    return list(found.values())[:MOST]


def _preposition(passage: str, span: Span) -> str:
    before = _PREPOSITION.search(passage[max(0, span.start - 16) : span.start])
    return before[1].lower() if before else ""


def _dates(passage: str) -> Iterator[Span]:
    yield from (Span(*found.span()) for found in _DATE.finditer(passage))


def _numbers(passage: str) -> Iterator[Span]:
    """The number alone, and with the word after it, which may be its unit."""
    for found in _NUMBER.finditer(passage):
        yield Span(*found.span())
        unit = _UNIT.match(passage, found.end())
        if unit and unit[0].strip(" -").lower() not in STOP_WORDS:
            yield Span(found.start(), unit.end())


def _names(passage: str) -> Iterator[Span]:
    for found in (name for sentence in split_sentences(passage) for name in _NAME.finditer(passage, *sentence)):
        span = Span(found.start(), found.start() + len(found[0].rstrip(".'’&-")))
        if passage[span.start : span.end].lower() not in STOP_WORDS and not _CALENDAR.fullmatch(passage, *span):
            yield span
            first, _, rest = passage[span.start : span.end].partition(" ")
            if rest and first.lower() in STOP_WORDS:  # a sentence's first word: "In Paris"
                yield Span(span.end - len(rest), span.end)


def _quoted(passage: str) -> Iterator[Span]:
    for found in _QUOTED.finditer(passage):
        yield next(Span(*found.span(group)) for group in (1, 2, 3) if found[group])


def _reasons(passage: str) -> Iterator[Span]:
    yield from (Span(*found.span(1)) for found in _REASON.finditer(passage))


def _phrases(passage: str) -> Iterator[Span]:
    """Runs of words between stop words and punctuation: most noun phrases are one, or its end."""
    for sentence in split_sentences(passage):
        run: list[Span] = []
        last = sentence.start
        for found in _RUN.finditer(passage, *sentence):
            if found[0].lower() in _JOINTS or _BREAK.search(passage, last, found.start()):
                yield from _run(run)
                run = []
            if found[0].lower() not in _JOINTS:
                run.append(Span(*found.span()))
            last = found.end()
        yield from _run(run)


def _run(run: list[Span]) -> Iterator[Span]:
    if run and len(run) <= _LONGEST_PHRASE:
        yield Span(run[0].start, run[-1].end)


_FINDERS = {
    "date": _dates,
    "number": _numbers,
    "name": _names,
    "quoted": _quoted,
    "reason": _reasons,
    "phrase": _phrases,
}
