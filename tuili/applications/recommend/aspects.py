"""What may be said of a thing: aspects with the words that name them and the hypotheses that praise or blame them."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tuili.data.files import READ_ERRORS, open_regular, unreadable
from tuili.data.shown import shown
from tuili.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

GOOD = ("The {aspect} is good.",)
BAD = ("The {aspect} is bad.",)
MAX_ASPECTS = 200
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FIELDS = frozenset({"name", "words", "good", "bad"})
_STOP = frozenset(
    """
    a about after again all also always am an and any anyone are as at back be because been before being best
    better big bit bought but buy can could day did didn't do does doesn't don't done down each easy either else
    enough even ever every everything feel few find first fit for from full get gets give go going good got great
    had happy hard has have having he her here him his how however i if i'm in into is isn't it it's its i've job
    just keep kind know last less like little long look looking looks lot love made make makes many me might money
    more most much my need needed needs never new nice no not nothing now of off ok old on once one only or order
    other our out over own part people perfect piece pretty problem product purchase put quite really recommend
    right said same say see set she should since small so some something star stars still such sure take than
    thank that that's the their them then there these they thing things think this those though thought three
    through time times to too tried try two under up us use used using very want wanted was way we well went were
    what when where which while who why will with without won't work worked working works worth would year years
    yet you your you're item items amazon ordered arrived came bad doing says can't couldn't different both super
    highly definitely far highly second real
    """.split()
)


@dataclass(frozen=True, slots=True)
class Aspect:
    """One side of a thing.

    Attributes:
        name: As it is put into hypotheses, such as "battery life".
        words: Lower-case words or phrases; a sentence is only judged if it holds one of them.
        good, bad: Hypotheses that hold of a thing whose aspect is good, or bad, with `{aspect}` for the name.
    """

    name: str
    words: tuple[str, ...]
    good: tuple[str, ...] = GOOD
    bad: tuple[str, ...] = BAD

    def hypotheses(self) -> tuple[list[str], list[str]]:
        """What is asked, for good and for bad."""
        return [h.replace("{aspect}", self.name) for h in self.good], [
            h.replace("{aspect}", self.name) for h in self.bad
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "words": list(self.words), "good": list(self.good), "bad": list(self.bad)}


def words_of(text: str) -> list[str]:
    """The words of a text, lower-case, plurals cut: for finding, not for showing."""
    return [_single(word) for word in _WORD.findall(text.lower())]


def _single(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def content_words(text: str) -> list[str]:
    """Without words that say nothing of a thing."""
    return [word for word in words_of(text) if len(word) > 2 and word not in _STOP]


class AspectFinder:
    """Which aspects a sentence names."""

    def __init__(self, aspects: Iterable[Aspect]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], Aspect]]] = {}
        for aspect in aspects:
            for phrase in aspect.words:
                parts = tuple(words_of(phrase))
                if parts:
                    self._phrases.setdefault(parts[0], []).append((parts, aspect))

    def find(self, sentence: str) -> list[Aspect]:
        words = words_of(sentence)
        found = {}
        for place, word in enumerate(words):
            for parts, aspect in self._phrases.get(word, ()):
                if tuple(words[place : place + len(parts)]) == parts:
                    found[aspect.name] = aspect
        return list(found.values())


def mine_aspects(texts: Iterable[str], *, most: int = 30, least: int = 3) -> tuple[Aspect, ...]:
    """Words that many texts hold, as aspects: those that come after "the", "its" or "this", as names of parts do.

    Relations: a schema of your own says better what matters; this needs nothing.
    """
    seen: Counter[str] = Counter()
    for text in texts:
        words = words_of(text)
        named = {b for a, b in pairwise(words) if a in {"the", "its", "this", "these", "my"}}
        seen.update(word for word in named if len(word) > 2 and word not in _STOP)
    ranked = sorted(seen.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Aspect(word, (word,)) for word, count in ranked[:most] if count >= least)


def read_aspects(path: str | Path) -> tuple[Aspect, ...]:
    """The aspects of a TOML file of [[aspect]] tables: name, and optionally words, good, bad.

    Raises:
        DataError: It can't be read, or is no such file; the message says which aspect and field.
    """
    try:
        with open_regular(path) as file:
            content = file.read()
    except READ_ERRORS as error:
        raise unreadable(error, path) from error
    try:
        tables = tomllib.loads(content.decode("utf-8")).get("aspect")
    except (ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML, or a number of 5,000 digits
        raise DataError(f"is not TOML: {error}", path=path) from None
    if not isinstance(tables, list) or not 0 < len(tables) <= MAX_ASPECTS:
        raise DataError(f"must hold one to {MAX_ASPECTS} [[aspect]] tables", path=path)
    aspects = tuple(_aspect(table, number, path) for number, table in enumerate(tables, 1))
    if len({aspect.name for aspect in aspects}) < len(aspects):
        raise DataError("two aspects have the same name", path=path, field="name")
    return aspects


def _aspect(table: Mapping[str, Any], number: int, path: str | Path) -> Aspect:
    def fail(field: str, reason: str) -> DataError:
        return DataError(f"aspect {number}: {reason}", path=path, field=field)

    if not isinstance(table, dict) or (unknown := table.keys() - _FIELDS):
        raise fail(
            min(unknown) if isinstance(table, dict) else "aspect", f"known fields are {', '.join(sorted(_FIELDS))}"
        )
    name = table.get("name")
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise fail("name", f"must be a text, got {shown(name)}")
    lists = {}
    for field, default in (("words", (name.lower(),)), ("good", GOOD), ("bad", BAD)):
        values = table.get(field, list(default))
        values = [values] if isinstance(values, str) else values
        if not isinstance(values, list) or not values or not all(isinstance(v, str) and v.strip() for v in values):
            raise fail(field, "must be a text or a list of texts, none of them blank")
        lists[field] = tuple(values)
    return Aspect(name, lists["words"], lists["good"], lists["bad"])
