"""From a sentence to the claims that it makes.

"The bridge was built in 1932 and it carries eight lanes." says two things; a source may hold one of them only. Where a
sentence is plainly two clauses, or one subject with two predicates, each is put to the judge alone, with the subject
carried over. By rules, without a parser, and conservative: a sentence that may be anything else stays whole, since a
claim that nobody made does more harm than two that are judged together. English; other languages stay whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tuili.applications.windows import cut_long
from tuili.perception.sentences import split_sentences
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_AUXILIARIES = (
    "is are was were has have had will would can could may might must shall should does do did isn't aren't wasn't "
    "weren't hasn't haven't hadn't won't wouldn't can't cannot couldn't shouldn't doesn't don't didn't"
)
_PAST = (
    "became began bought broke brought built came caught chose cost drew drove fell felt fought found gave got grew "
    "held hit kept knew laid led left lent lost made met paid put ran rose said sat saw sent set shot sold sought "
    "spent spoke stood struck swam taught thought threw told took understood went withdrew won wore wrote"
)
_PRESENT = (
    "aims allows appears begins belongs carries closes comes consists contains costs covers describes employs "
    "enables ensures exists features forms gives goes grows holds includes involves keeps lies lives makes means "
    "needs offers opens operates owns plays produces provides reaches remains represents requires runs says sells "
    "serves shows sits specializes specialises stands supports takes teaches uses wants weighs works writes"
)
_KINDS = (
    dict.fromkeys(_PAST.split(), "past")
    | dict.fromkeys(_PRESENT.split(), "present")
    | dict.fromkeys(_AUXILIARIES.split(), "auxiliary")
)
_PRONOUNS = frozenset("he she it they we".split())
_SUBJECTS = _PRONOUNS | frozenset(
    "this that these those there the a an his her its their our my your some many most all both each "
    "several no one two three".split()
)
# After these a clause hangs on the rest of its sentence, or is not stated as a fact.
_HANGING = frozenset(
    "if unless whether because although though while when whenever before after until since whereas who whom whose "
    "which that what where why how either neither nor or between both".split()
)
_WORD = re.compile(r"[\w'’-]+|[^\w\s]")
_JOINT = re.compile(r"(?P<semicolon>\s*;\s+)|(?P<conjunction>(?P<comma>\s*,)?\s+(?:and|but)\s+)")
_QUOTES = re.compile(r"[\"“”«»()\[\]{}]")
_LEAST_WORDS = 3
_LONGEST_SUBJECT = 8
_MOST_JOINTS = 4
_LONGEST_SENTENCE = 600
"""A "sentence" of more characters is a list or a table; it is cut at white space, as a judge reads only so much."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a text.

    Attributes:
        statement: What is put to the judge. The text's own words, and a subject carried over where one was left out.
        span: The characters of the text that make the statement, without the subject that was carried over.
        sentence: Which sentence of the text it comes from, counted from 0.
    """

    statement: str
    span: Span
    sentence: int


def split_claims(text: str) -> list[Claim]:
    """The claims of a text, in order; one or two for each sentence, unless it is endless. Linear time.

    The spans of a sentence's claims are disjoint and lie within the sentence.
    """
    return [
        Claim(statement, span, number)
        for number, sentence in enumerate(split_sentences(text))
        for statement, span in _split(text, sentence)
    ]


def _split(text: str, sentence: Span) -> Iterator[tuple[str, Span]]:
    if sentence.end - sentence.start > _LONGEST_SENTENCE:
        for piece in cut_long(text, sentence, _LONGEST_SENTENCE):
            yield text[piece.start : piece.end], piece
        return
    for joint in islice(_JOINT.finditer(text, *sentence), _MOST_JOINTS):
        left, right = Span(sentence.start, joint.start()), Span(joint.end(), sentence.end)
        statement = _second(text, left, right, joint)
        if statement is not None:
            yield _closed(text[left.start : left.end]), left
            # What follows is one claim: a chain of three predicates would need a parser to be cut safely.
            yield statement, right
            return
    yield text[sentence.start : sentence.end], sentence


def _second(text: str, left: Span, right: Span, joint: re.Match[str]) -> str | None:
    """The statement that the right side makes, if both sides are statements of their own."""
    before, after = text[left.start : left.end], text[right.start : right.end]
    if _QUOTES.search(before) or _QUOTES.search(after):
        return None  # what is quoted or bracketed is somebody else's, or an aside
    words, more = _WORD.findall(before), _WORD.findall(after)
    if min(len(words), len(more)) < _LEAST_WORDS or not words[0][0].isalnum():
        return None
    verb = _verb(words)
    if verb is None or any(word.lower() in _HANGING for word in words) or more[0].lower() in _HANGING:
        return None
    if any(_is_finite(word) for word in words[verb + 2 :]):
        return None  # a clause within a clause: "Tom said that Mary left and went home"
    own = _verb(more)
    if own is not None and own > 0 and not _listed(words[verb:]):
        parted = joint["semicolon"] or joint["comma"]
        if (parted and _begins_a_subject(more[0])) or (own == 1 and more[0].lower() in _PRONOUNS):
            return after[0].upper() + after[1:]
    if joint["conjunction"] and not _listed(words):
        return _shared_subject(words, verb, more, after)
    return None


def _shared_subject(words: list[str], verb: int, more: list[str], after: str) -> str | None:
    """Subject of the left side + predicate of the right side."""
    same = _kind(words[verb]) is not None and _kind(words[verb]) == _kind(more[0])
    # The first predicate must have something after its verb, or the object belongs to both: "bought and sold shares".
    if not same or not 0 < verb <= _LONGEST_SUBJECT or len(words) - verb < _LEAST_WORDS - 1:
        return None
    if any(_is_finite(word) for word in more[2:]):
        return None
    subject = " ".join(words[:verb])
    return f"{subject} {after}" if "," not in subject else None


def _verb(words: list[str]) -> int | None:
    """Where the first finite verb stands."""
    return next((place for place, word in enumerate(words) if _is_finite(word)), None)


def _is_finite(word: str) -> bool:
    return _kind(word) is not None


def _kind(word: str) -> str | None:
    if not word.islower():
        return None  # May, Will, and other names
    plain = word.replace("’", "'")
    if plain in _KINDS:
        return _KINDS[plain]
    return "past" if len(plain) > 4 and plain.endswith("ed") else None


def _begins_a_subject(word: str) -> bool:
    return word.lower() in _SUBJECTS or word[0].isupper()


def _listed(words: list[str]) -> bool:
    """Whether the words hold a comma, as a list does."""
    return "," in words


def _closed(statement: str) -> str:
    """With a full stop, as the sentence had before it was cut."""
    return f"{statement}." if statement[-1].isalnum() else statement
