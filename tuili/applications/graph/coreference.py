"""Which mentions of a text are one entity: repeated names, surnames, initials, acronyms, the clearest pronouns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.applications.graph.mentions import ANY, OTHER, VALUES, Mention
from tuili.applications.graph.words import words
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SMALL = frozenset({"of", "the", "and", "for", "de", "&", "in", "on"})
_PRONOUN = re.compile(r"(He|She|It)\b(?=\s+[a-z])")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Named:
    """A mention and whom it names.

    Attributes:
        mention: The mention; of a pronoun, its antecedent in the sentence before.
        name: The fullest form of the name in this text.
        type: The type that most of its mentions agree on.
        at: Where the mention or its pronoun stands, which is where its sentence is.
    """

    mention: Mention
    name: str
    type: str
    at: Span


def resolve(text: str, mentions: Sequence[Mention], sentences: Sequence[Span]) -> list[Named]:
    """Every mention with the full name of its entity, and pronouns that can mean only one.

    A shorter name joins the one longer name that it can stand for: its surname ("Ada Byron", "Byron"), its initials
    ("A. Byron"), its acronym ("Ada Byron Society", "ABS"). Where two longer names would do, it stays by itself. A
    sentence's first word `He`, `She` or `It` is resolved only if the sentence before it names exactly one entity of the
    pronoun's kind.
    """
    forms: dict[str, list[str]] = {}
    for mention in mentions:
        forms.setdefault(_flat(mention.text(text)), []).append(mention.type)
    full = _full_forms(forms)
    surface: dict[str, str] = {}
    types: dict[str, list[str]] = {}
    for mention in mentions:
        key = full[_flat(mention.text(text))]
        types.setdefault(key, []).append(mention.type)
        if _flat(mention.text(text)) == key:
            surface.setdefault(key, " ".join(mention.text(text).split()))
    commonest = {key: _commonest(found) for key, found in types.items()}
    named = []
    for mention in mentions:
        key = full[_flat(mention.text(text))]
        kind = mention.type if mention.type in VALUES else commonest[key]
        named.append(Named(mention, surface[key], kind, mention.span))
    return sorted([*named, *_pronouns(text, named, sentences)], key=lambda one: one.at)


def _flat(name: str) -> str:
    return " ".join(name.casefold().split())


def _commonest(types: list[str]) -> str:
    """The type that is seen most, the first of equals; `entity` only where nothing else was said."""
    told = [kind for kind in types if kind != ANY] or types
    return max(dict.fromkeys(told), key=told.count)


def _full_forms(forms: dict[str, list[str]]) -> dict[str, str]:
    """The fullest form of each name. Linear: each name is looked up by its last word, its initials and its acronym."""
    by_short: dict[str, set[str]] = {}
    for name, types in forms.items():
        for short in _shorter(name, set(types)):
            by_short.setdefault(short, set()).add(name)
    full = {}
    for name in forms:
        longer = {other for other in by_short.get(name, set()) if other != name}
        full[name] = longer.pop() if len(longer) == 1 else name
    return {name: full[target] for name, target in full.items()}


def _shorter(name: str, types: set[str]) -> Iterator[str]:
    """The shorter forms that a name may be given later in the same text."""
    parts = name.split()
    if len(parts) < 2 or types <= VALUES:
        return
    person = "person" in types or types == {ANY}
    if person and not {"organization", "place"} & types:
        first, last = parts[0], parts[-1] if parts[-1].strip(".") not in {"jr", "sr", "ii", "iii"} else parts[-2]
        yield last
        yield f"{first[0]}. {last}"
        if len(parts) > 2:
            yield f"{first} {last}"
            yield f"{first[0]}. {parts[1][0]}. {last}"
    if types & {"organization", "place", "event", ANY, OTHER}:
        letters = "".join(part[0] for part in parts if part not in _SMALL)
        if len(letters) > 1:
            yield letters
            yield ".".join(letters) + "."
    if "organization" in types and parts[-1].strip(".") in {"inc", "corp", "co", "ltd", "llc", "plc"}:
        yield " ".join(parts[:-1])


def _pronouns(text: str, named: Sequence[Named], sentences: Sequence[Span]) -> Iterator[Named]:
    inside = by_sentence(named, sentences)
    for before, (here, span) in zip(inside, list(zip(inside, sentences, strict=True))[1:], strict=False):
        found = _PRONOUN.match(text, *span)
        if found is None:
            continue
        wanted = {"person"} if found[1] != "It" else {"organization", "place", "work", "event"}
        gender = {"He": "m", "She": "f"}.get(found[1])
        possible = {
            one.name: one
            for one in before
            if one.type in wanted and (gender is None or _gender(text, one.mention) in {gender, None})
        }
        if len(possible) == 1 and not any(one.at.start < found.end() for one in here):
            (one,) = possible.values()
            yield Named(one.mention, one.name, one.type, Span(*found.span()))


def by_sentence(named: Sequence[Named], sentences: Sequence[Span]) -> list[list[Named]]:
    inside: list[list[Named]] = [[] for _ in sentences]
    place = 0
    for one in sorted(named, key=lambda one: one.at):
        while place < len(sentences) and sentences[place].end <= one.at.start:
            place += 1
        if place < len(sentences) and sentences[place].start <= one.at.start and one.at.end <= sentences[place].end:
            inside[place].append(one)
    return inside


def _gender(text: str, mention: Mention) -> str | None:
    """`f` or `m` where the first name or the title before it tells."""
    before = _WORD.findall(text[max(0, mention.span.start - 20) : mention.span.start].lower())
    first = _WORD.findall(mention.text(text).lower())
    for letter, kind in (("f", "female"), ("m", "male")):
        if first and first[0] in words(f"{kind}_names"):
            return letter
        if before and before[-1] in words(f"{kind}_titles"):
            return letter
    return None
