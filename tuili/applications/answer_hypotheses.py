"""From a question and a candidate answer to the statement that the answer makes.

"When was the bridge opened?" and "1932" become "The bridge was opened in 1932.", which can be put to a judge (QA2D,
Demszky et al. 2018, by rules alone). English questions of the usual forms; any other becomes
'The answer to "…" is 1932.', which a judge reads less well but never wrongly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tuili.applications.english import is_auxiliary, is_finite, parted, past_of, third_person_of


class Asks(StrEnum):
    """What a question asks for."""

    PERSON = "person"
    TIME = "time"
    PLACE = "place"
    NUMBER = "number"
    REASON = "reason"
    THING = "thing"
    YES_OR_NO = "yes or no"


_BLANK = "{}"
_ANYTHING = {
    Asks.PERSON: "someone",
    Asks.TIME: "at some time",
    Asks.PLACE: "somewhere",
    Asks.NUMBER: "some",
    Asks.REASON: "for some reason",
    Asks.THING: "something",
}
_MEASURES = "tall high long wide deep old big large heavy far fast thick".split()
_AMOUNTS = ("many", "much")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, understood as far as rules go.

    Attributes:
        text: As it was asked.
        asks: What it asks for.
        pattern: The statement that an answer makes, `{}` for the answer; without one for a yes-or-no question.
        plain: Whether the pattern is English, and not the way out for questions that no rule understands.
    """

    text: str
    asks: Asks
    pattern: str
    plain: bool

    def statement(self, answer: str, preposition: str = "") -> str:
        """The statement that an answer makes. `preposition` is what stood before the answer where it was found."""
        if self.asks in (Asks.TIME, Asks.PLACE) and self.plain:
            answer = f"{preposition or _preposition(self.asks, answer)} {answer}"
        return _sentence(self.pattern.replace(_BLANK, answer))

    def anything(self) -> str:
        """The statement that there is an answer: "Someone wrote the book." """
        if not self.plain or (self.asks is Asks.NUMBER and " many " not in self.text.lower()):
            return self.text
        because = self.pattern.replace(f"because {_BLANK}", _BLANK)
        return _sentence(because.replace(_BLANK, _ANYTHING.get(self.asks, "something")))


def understand(question: str) -> Question:
    """What a question asks for, and the statement that its answers make."""
    # What the question itself holds must not be taken for the place of the answer.
    words = question.replace(_BLANK, " ").strip().rstrip("?？ ").split()
    lower = [word.lower() for word in words]
    asks = _asked(lower)
    pattern = _pattern(words, lower, asks) if len(words) > 1 else None
    if pattern is not None:
        return Question(question, asks, pattern, plain=True)
    rest = "yes" if asks is Asks.YES_OR_NO else _BLANK
    return Question(question, asks, f'The answer to "{" ".join(words)}?" is {rest}.', plain=False)


def _asked(lower: list[str]) -> Asks:
    first, second = ([*lower, "", ""])[:2]
    if first in ("who", "whom", "whose"):
        return Asks.PERSON
    if first == "when" or (
        first in ("what", "which") and second in ("year", "date", "day", "month", "century", "time")
    ):
        return Asks.TIME
    if first == "where":
        return Asks.PLACE
    if first == "how" and second in (*_AMOUNTS, *_MEASURES):
        return Asks.NUMBER
    if first == "why":
        return Asks.REASON
    return Asks.YES_OR_NO if first and is_auxiliary(first) else Asks.THING


def _pattern(words: list[str], lower: list[str], asks: Asks) -> str | None:
    if asks is Asks.YES_OR_NO:
        return _stated(words[0], words[1:], "", complement=True)
    if asks is Asks.NUMBER:
        return _amount(words, lower)
    if asks is Asks.REASON:
        return _stated(words[1], words[2:], f"because {_BLANK}", complement=True) if is_auxiliary(lower[1]) else None
    if asks in (Asks.TIME, Asks.PLACE):
        start = 1 if lower[0] in ("when", "where") else 2
        if len(words) > start + 1 and is_auxiliary(lower[start]):
            return _stated(words[start], words[start + 1 :], _BLANK)
        return None
    if lower[0] in ("who", "what") and len(words) > 2 and (lower[0] == "who" or is_finite(lower[1])):
        if lower[1] in ("did", "do", "does") or (is_auxiliary(lower[1]) and _inverted(lower)):
            return _stated(words[1], words[2:], _BLANK, inside=True)
        return f"{_BLANK} {' '.join(words[1:])}"
    return _which(words, lower) if lower[0] in ("which", "what") else None


def _which(words: list[str], lower: list[str]) -> str | None:
    """Which city is the capital of Italy · what kind of books does she write · which team won the cup."""
    at = next((place for place in range(2, len(words)) if is_finite(lower[place])), None)
    if at is None or at + 1 == len(words):
        return None
    if lower[at] in ("did", "do", "does"):
        return _stated(words[at], words[at + 1 :], _BLANK, inside=True)
    return f"{_BLANK} {' '.join(words[at:])}"


def _inverted(lower: list[str]) -> bool:
    """Whether a subject follows the auxiliary: "what can she see", but not "who is the mayor"."""
    return lower[1] not in ("is", "are", "was", "were", "am") and lower[2] in (
        "he",
        "she",
        "it",
        "they",
        "we",
        "the",
        "a",
    )


def _amount(words: list[str], lower: list[str]) -> str | None:
    """How many people live here · how tall is the tower · how many books may members borrow."""
    at = next((place for place in range(2, len(words)) if is_auxiliary(lower[place])), None)
    if lower[1] in _AMOUNTS:
        if at is None:
            return f"{_BLANK} {' '.join(words[2:])}" if len(words) > 3 else None
        what = " ".join(words[2:at])
        if at + 1 < len(words) and lower[at] not in ("is", "are", "was", "were"):
            return _stated(words[at], words[at + 1 :], f"{_BLANK} {what}".strip(), inside=True)
        if what:
            return f"{_BLANK} {what} {' '.join(words[at:])}"
        return _stated(words[at], words[at + 1 :], _BLANK)
    return _stated(words[2], words[3:], f"{_BLANK} {words[1]}") if at == 2 and len(words) > 3 else None


def _stated(
    auxiliary: str, rest: list[str], answer: str, *, complement: bool = False, inside: bool = False
) -> str | None:
    """Auxiliary and subject in the order of a statement, with the answer behind.

    Args:
        complement: Whether something must be said of the subject: "is the sky blue", but not "where is the sky".
        inside: Whether the answer is the verb's object, and comes before what else is said.
    """
    verb = auxiliary.lower()
    parts = parted(rest, verb=verb not in ("is", "are", "was", "were", "am"))
    if parts is None:
        return None
    subject, predicate = parts
    if complement and not predicate:
        if len(subject) < 2:
            return None
        subject, predicate = subject[:-1], subject[-1:]
    if verb in ("did", "does", "do") and predicate:
        first = predicate[0]
        if verb != "do":
            first = past_of(first) if verb == "did" else third_person_of(first)
        predicate = [first, *predicate[1:]]
    else:
        predicate = [verb, *predicate]
    if inside:
        object_at = 1 if verb in ("did", "does", "do") else 2
        return " ".join([*subject, *predicate[:object_at], answer, *predicate[object_at:]]).strip()
    return " ".join([*subject, *predicate, answer]).strip()


def _preposition(asks: Asks, answer: str) -> str:
    if asks is Asks.PLACE:
        return "in"
    if re.search(r"\d{1,2}[ ,].*\d{4}|day$", answer):
        return "on"
    return "at" if re.search(r"\d:\d|[ap]\.?m\.?$|o.clock", answer) else "in"


def _sentence(words: str) -> str:
    words = words.strip()
    whole = words[:1].upper() + words[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
