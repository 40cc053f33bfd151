"""Quantifiers and monotonicity: what follows when the group or the deed becomes narrower or wider.

All labels are worked out over populations, see `worlds.Populations`: a group with a part, a deed with a narrower one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import Tense, VerbPhrase, number
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, Draft, Family
from tuili.learning.synthesis.worlds import Populations, Worlds, label_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuili.learning.synthesis.draw import Draw
    from tuili.types import Label

FAMILY = Family("quantifiers", "All, no, some, most, few, at least n…: the group or the deed made narrower or wider")
LOW, HIGH = 2, 3
"""The two numbers of the worlds; the text shows larger ones in the same order."""


@dataclass(frozen=True, slots=True)
class Determiner:
    """A condition on (how many did it, how many there are), and the ways to say it.

    In `texts`, `{one}` and `{many}` are the noun, `{low}` and `{high}` the numbers.
    """

    name: str
    holds: Callable[[int, int], bool]
    texts: tuple[str, ...]
    premise_only: bool = False
    also: Callable[[int, int], bool] | None = None
    """A second reading, where speakers differ; only labels that hold for both are used."""


DETERMINERS = (
    Determiner(
        "every", lambda did, all_: did == all_, ("every {one}", "all the {many}", "each {one}", "all of the {many}")
    ),
    Determiner("no", lambda did, _: did == 0, ("no {one}", "none of the {many}", "not a single {one}")),
    Determiner(
        "some", lambda did, _: did > 0, ("at least one {one}", "some {one} or other", "one or more of the {many}")
    ),
    Determiner(
        "not-every", lambda did, all_: did < all_, ("not every {one}", "not all the {many}", "not all of the {many}")
    ),
    Determiner("most", lambda did, all_: 2 * did > all_, ("most of the {many}", "more than half of the {many}")),
    Determiner(
        "minority", lambda did, all_: 2 * did < all_, ("fewer than half of the {many}", "less than half of the {many}")
    ),
    Determiner(
        "few",
        lambda did, all_: 2 * did < all_,
        ("few of the {many}", "very few of the {many}"),
        premise_only=True,
        also=lambda did, all_: 0 < 2 * did < all_,
    ),
    Determiner("at-least-low", lambda did, _: did >= LOW, ("at least {low} {many}", "no fewer than {low} {many}")),
    Determiner("at-least-high", lambda did, _: did >= HIGH, ("at least {high} {many}", "no fewer than {high} {many}")),
    Determiner("at-most-low", lambda did, _: did <= LOW, ("at most {low} {many}", "no more than {low} {many}")),
    Determiner("at-most-high", lambda did, _: did <= HIGH, ("at most {high} {many}", "no more than {high} {many}")),
    Determiner("more-than-low", lambda did, _: did > LOW, ("more than {low} {many}",)),
    Determiner("fewer-than-high", lambda did, _: did < HIGH, ("fewer than {high} {many}",)),
    Determiner("exactly-low", lambda did, _: did == LOW, ("exactly {low} {many}",)),
)
BY_NAME = {determiner.name: determiner for determiner in DETERMINERS}
SINGULAR = ("{one}",)


@cache
def _populations() -> Populations:
    return Populations()


@cache
def _worlds(name: str, part: bool, narrow: bool) -> Worlds:  # noqa: FBT001 - a cache takes positions only
    return _populations().of(BY_NAME[name].holds, part=part, narrow=narrow)


@cache
def _other_worlds(name: str, part: bool, narrow: bool) -> Worlds:  # noqa: FBT001 - as above
    determiner = BY_NAME[name]
    return _populations().of(determiner.also or determiner.holds, part=part, narrow=narrow)


@dataclass(frozen=True, slots=True)
class Setting:
    """The words of a group of pairs: noun phrases (singular, plural) and deeds, each as (narrow, wide)."""

    nouns: tuple[tuple[str, str], tuple[str, str]]
    deeds: tuple[VerbPhrase, VerbPhrase]
    tense: Tense
    low: int
    high: int

    def says(self, text: str, *, part: bool, narrow: bool) -> str:
        one, many = self.nouns[0 if part else 1]
        plural = "{one}" not in text
        subject = text.format(one=one, many=many, low=number(self.low), high=number(self.high))
        return f"{subject} {self.deeds[0 if narrow else 1].finite(self.tense, plural=plural)}"


def _drafts(draw: Draw, setting: Setting, *, parts: bool, scopes: bool, same: bool) -> Iterator[Draft]:
    """Pairs of statements; `parts`, `scopes`: whether group and deed change; `same`: also with the same determiner."""
    determiner = draw.one(DETERMINERS)
    part, narrow = draw.chance(0.5), draw.chance(0.5)
    text = draw.one(determiner.texts)
    premise = setting.says(text, part=part, narrow=narrow)
    told = _worlds(determiner.name, part, narrow)
    others = [determiner, *draw.some(DETERMINERS, 3)] if same else draw.some(DETERMINERS, 6)
    others = list(dict.fromkeys(others))
    for other in others:
        if other.premise_only:
            continue
        other_part, other_narrow = part != parts, narrow != scopes
        other_text = text if other is determiner else draw.one(other.texts)
        hypothesis = setting.says(other_text, part=other_part, narrow=other_narrow)
        if hypothesis == premise:
            continue
        asked = _worlds(other.name, other_part, other_narrow)
        label = label_of(told, asked)
        if label is not label_of(_other_worlds(determiner.name, part, narrow), asked):
            continue
        yield Draft(
            premise, hypothesis, label, _reason(label, setting, text, other_text),
            other.name,
        )  # fmt: skip


def _reason(label: Label, setting: Setting, text: str, other: str) -> str:
    (part, _), (whole, _) = setting.nouns
    narrow, wide = setting.deeds
    known = f"every {part} is a {whole}, and who {narrow.past} also {wide.past}".replace("a a", "an a")
    shown = [t.format(one="…", many="…", low=setting.low, high=setting.high) for t in (text, other)]
    if label is ENTAILMENT:
        return f'since {known}, "{shown[0]}" cannot hold without "{shown[1]}"'
    if label is CONTRADICTION:
        return f'since {known}, "{shown[0]}" and "{shown[1]}" cannot hold together'
    return f'even though {known}, "{shown[0]}" leaves "{shown[1]}" open'


def _numbers(draw: Draw) -> tuple[int, int]:
    low = draw.rng.randint(3, 9)
    return low, low + draw.rng.randint(1, 6)


def _nouns(draw: Draw) -> tuple[tuple[str, str], tuple[str, str], str]:
    """The part, the whole, and of which kind they are."""
    plural = draw.lexicon.plural
    if draw.chance(0.5):
        kinds = draw.kinds(draw.one(["person", "animal"]))
        return (kinds.specific, plural(kinds.specific)), (kinds.general, plural(kinds.general)), kinds.kind
    noun = draw.roles(1)[0]
    if draw.chance(0.4):
        adjective = draw.one(draw.lexicon.properties["person"])
        return (f"{adjective} {noun}", f"{adjective} {plural(noun)}"), (noun, plural(noun)), "person"
    detail = draw.one(
        [f"from {draw.cities(1)[0]}", "with grey hair", "who spoke French", "in uniform", "over sixty",
         "with two children", f"who knew {draw.names(1)[0]}", "without a ticket"]
    )  # fmt: skip
    return (f"{noun} {detail}", f"{plural(noun)} {detail}"), (noun, plural(noun)), "person"


def _deeds(draw: Draw, kind: str) -> tuple[VerbPhrase, VerbPhrase]:
    lexicon = draw.lexicon
    if kind == "person" and draw.chance(0.4):
        pair = draw.one(lexicon.verb_pairs)
        return VerbPhrase(lexicon.verb(pair.specific), pair.object), VerbPhrase(lexicon.verb(pair.general), pair.object)
    if kind == "animal":
        groups = [group for group in lexicon.verbs if group.subject == "animal" and not group.object]
        wide = (
            VerbPhrase(lexicon.verb(draw.one(draw.one(groups).words))) if groups else draw.verb_phrases(1, place=0)[0]
        )
    else:
        wide = draw.verb_phrases(1, place=0, avoid=("leave", "arrive"))[0]
    return VerbPhrase(
        wide.verb, wide.object, draw.one([draw.place(), draw.place(), "for a long time", "for the second time"])
    ), wide


def _setting(draw: Draw) -> Setting:
    part, whole, kind = _nouns(draw)
    low, high = _numbers(draw)
    tense = draw.one([Tense.PAST, Tense.PAST, Tense.PERFECT, Tense.FUTURE])
    return Setting((part, whole), _deeds(draw, kind), tense, low, high)


@FAMILY.pattern(framed=True)
def group_narrower_or_wider(draw: Draw) -> Iterator[Draft]:
    """The same determiner of a part and of the whole."""
    yield from _drafts(draw, _setting(draw), parts=True, scopes=False, same=True)


@FAMILY.pattern(framed=True)
def deed_narrower_or_wider(draw: Draw) -> Iterator[Draft]:
    """The same determiner with a narrower and a wider deed."""
    yield from _drafts(draw, _setting(draw), parts=False, scopes=True, same=True)


@FAMILY.pattern(framed=True)
def group_and_deed(draw: Draw) -> Iterator[Draft]:
    """Both change at once."""
    yield from _drafts(draw, _setting(draw), parts=True, scopes=True, same=draw.chance(0.5))


@FAMILY.pattern(framed=True)
def other_determiner(draw: Draw) -> Iterator[Draft]:
    """Another determiner of the same group and deed."""
    yield from _drafts(draw, _setting(draw), parts=False, scopes=False, same=False)


@FAMILY.pattern(framed=True)
def other_determiner_of_another_group(draw: Draw) -> Iterator[Draft]:
    """Another determiner, and the part for the whole or the whole for the part."""
    yield from _drafts(draw, _setting(draw), parts=True, scopes=False, same=False)


@FAMILY.pattern(framed=True)
def other_determiner_of_another_deed(draw: Draw) -> Iterator[Draft]:
    """Another determiner, and the narrower deed for the wider or the other way round."""
    yield from _drafts(draw, _setting(draw), parts=False, scopes=True, same=False)


@FAMILY.pattern(framed=True)
def one_person_and_denial(draw: Draw) -> Iterator[Draft]:
    """Of one person: what is said may be made wider, what is denied narrower."""
    who = draw.people(1)[0]
    narrow, wide = _deeds(draw, "person")
    for premise_deed, deed in ((narrow, wide), (wide, narrow)):
        widened = deed is wide
        yes = [each.finite(Tense.PAST, plural=who.plural) for each in (premise_deed, deed)]
        no = [each.finite(Tense.PAST, plural=who.plural, negative=True) for each in (premise_deed, deed)]
        worlds = {(0, 0): 1, (0, 1): 2, (1, 1): 4}  # (narrow, wide)
        told = sum(bit for (n, w), bit in worlds.items() if (n if premise_deed is narrow else w))
        asked = sum(bit for (n, w), bit in worlds.items() if (n if deed is narrow else w))
        for premise, known in ((yes[0], told), (no[0], 7 & ~told)):
            for hypothesis, claim, form in ((yes[1], asked, "yes"), (no[1], 7 & ~asked, "no")):
                label = label_of(known, claim)
                why = f"who {narrow.past} also {wide.past}, but not the other way round"
                yield Draft(f"{who} {premise}", f"{who} {hypothesis}", label, why, f"{form}-{widened}")
