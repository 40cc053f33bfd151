"""English as far as the generator needs it: forms of nouns and verbs, articles, agreement, clauses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

VOWELS = "aeiou"
# Spelt with a vowel and spoken without one, or the other way round.
TAKES_A = re.compile(r"(uni|use|usual|euro|one\b|once|ukulele|ewe)", re.IGNORECASE)
TAKES_AN = re.compile(r"(hour|honest|heir|honou?r|8|11\b|18\b|x-ray)", re.IGNORECASE)
DOUBLED = {"label", "unplug", "forget", "win", "run", "swim", "admit", "refer", "begin"}
NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
# Verbs of more than one syllable that are stressed on another one than the last: no doubling.
SINGLE_CONSONANT = {
    "visit",
    "open",
    "enter",
    "water",
    "whistle",
    "order",
    "answer",
    "empty",
    "offer",
    "label",
    "follow",
}


class Tense(Enum):
    """The tenses that clauses are put in."""

    PAST = "past"
    PROGRESSIVE = "is -ing"
    PAST_PROGRESSIVE = "was -ing"
    PERFECT = "has -ed"
    FUTURE = "will"


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it."""
    if TAKES_AN.match(phrase):
        return f"an {phrase}"
    vowel = phrase[:1].lower() in VOWELS and not TAKES_A.match(phrase)
    return f"an {phrase}" if vowel else f"a {phrase}"


def regular_plural(noun: str) -> str:
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun + "es"
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    if noun in ("potato", "tomato", "hero"):
        return noun + "es"
    return noun + "s"


def third_person(verb: str) -> str:
    """ "she ..." """
    if verb in ("have", "do", "go"):
        return {"have": "has", "do": "does", "go": "goes"}[verb]
    return regular_plural(verb)


def _doubles(verb: str) -> bool:
    one_vowel = re.search(r"[^aeiou][aeiou][bdfgklmnprtvz]$", verb)
    return bool(one_vowel) and verb not in SINGLE_CONSONANT and len(re.findall(r"[aeiou]+", verb)) == 1


def regular_past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    return (verb + verb[-1] if _doubles(verb) or verb in DOUBLED else verb) + "ed"


def gerund(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    doubles = _doubles(verb) or verb in DOUBLED
    return (verb + verb[-1] if doubles else verb) + "ing"


def join(words: Sequence[str], conjunction: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def number(value: int) -> str:
    """In words up to twelve, as most styles have it; else in digits."""
    return NUMBER_WORDS[value] if 0 <= value < len(NUMBER_WORDS) else f"{value:,}" if value >= 10_000 else str(value)


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return capitalised(text) + ("" if text.endswith((".", "!", "?")) else ".")


@dataclass(frozen=True, slots=True)
class Verb:
    """The forms of a verb."""

    base: str
    past: str
    participle: str

    @property
    def third(self) -> str:
        return third_person(self.base)

    @property
    def ing(self) -> str:
        return gerund(self.base)


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A subject or object, written out. `nouns`: the content words in it, so that distractors can avoid them."""

    text: str
    plural: bool = False

    def __str__(self) -> str:
        return self.text

    @property
    def be(self) -> str:
        return "are" if self.plural else "is"

    @property
    def was(self) -> str:
        return "were" if self.plural else "was"

    @property
    def has(self) -> str:
        return "have" if self.plural else "has"

    @property
    def possessive(self) -> str:
        return self.text + ("'" if self.plural and self.text.endswith("s") else "'s")


def finite(verb: Verb, tense: Tense, *, plural: bool, negative: bool = False, adverb: str = "") -> str:
    """ "chased", "did not chase", "has been chasing"…, the verb group without its object."""
    no = " not" if negative else ""
    adverb = f" {adverb}" if adverb else ""
    match tense:
        case Tense.PAST:
            return f"did not{adverb} {verb.base}" if negative else f"{adverb} {verb.past}".strip()
        case Tense.PROGRESSIVE:
            return f"{'are' if plural else 'is'}{no}{adverb} {verb.ing}"
        case Tense.PAST_PROGRESSIVE:
            return f"{'were' if plural else 'was'}{no}{adverb} {verb.ing}"
        case Tense.PERFECT:
            return f"{'have' if plural else 'has'}{no}{adverb} {verb.participle}"
        case Tense.FUTURE:
            return f"will{no}{adverb} {verb.base}"


def passive(verb: Verb, tense: Tense, *, plural: bool, negative: bool = False) -> str:
    """ "was chased", "will not be chased"…"""
    no = " not" if negative else ""
    match tense:
        case Tense.PAST:
            return f"{'were' if plural else 'was'}{no} {verb.participle}"
        case Tense.PROGRESSIVE:
            return f"{'are' if plural else 'is'}{no} being {verb.participle}"
        case Tense.PAST_PROGRESSIVE:
            return f"{'were' if plural else 'was'}{no} being {verb.participle}"
        case Tense.PERFECT:
            return f"{'have' if plural else 'has'}{no} been {verb.participle}"
        case Tense.FUTURE:
            return f"will{no} be {verb.participle}"


@dataclass(frozen=True, slots=True)
class VerbPhrase:
    """A verb with what it takes: "repaired the van in the courtyard"."""

    verb: Verb
    object: str = ""
    place: str = ""

    def _with(self, verb: str) -> str:
        return " ".join(part for part in (verb, self.object, self.place) if part)

    @property
    def past(self) -> str:
        return self._with(self.verb.past)

    @property
    def base(self) -> str:
        return self._with(self.verb.base)

    @property
    def ing(self) -> str:
        return self._with(self.verb.ing)

    @property
    def participle(self) -> str:
        return self._with(self.verb.participle)

    @property
    def third(self) -> str:
        return self._with(self.verb.third)

    @property
    def bare(self) -> VerbPhrase:
        """Without the place."""
        return VerbPhrase(self.verb, self.object)

    def finite(self, tense: Tense, *, plural: bool = False, negative: bool = False) -> str:
        return self._with(finite(self.verb, tense, plural=plural, negative=negative))


@dataclass(frozen=True, slots=True)
class Clause:
    """Somebody did something; can be said and denied."""

    subject: NounPhrase
    verb_phrase: VerbPhrase
    tense: Tense = field(default=Tense.PAST)

    @property
    def yes(self) -> str:
        return f"{self.subject} {self.verb_phrase.finite(self.tense, plural=self.subject.plural)}"

    @property
    def no(self) -> str:
        return f"{self.subject} {self.verb_phrase.finite(self.tense, plural=self.subject.plural, negative=True)}"
