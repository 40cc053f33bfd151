"""Named entities: another person, place, day or firm, with everything else the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.draw import DAYS, MONTHS
from tuili.learning.synthesis.grammar import join
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family(
    "entities", "Names swapped or exchanged: persons, namesakes, places, days, firms, and which goes with which"
)


@FAMILY.pattern()
def which_goes_with_which(draw: Draw) -> Iterator[Draft]:
    """Three persons, three values of something that each has one of."""
    people = draw.names(3)
    relation, values = draw.one(
        [
            ("was born in {}", draw.cities(3)),
            ("is {} years old", [str(n) for n in draw.some(range(18, 80), 3)]),
            ("has a birthday in {}", draw.some(MONTHS, 3)),
            ("sat in row {}", [str(n) for n in draw.some(range(1, 30), 3)]),
            ("has only ever worked for {}", draw.some(draw.lexicon.organisations, 3)),
        ]
    )
    facts = [f"{who} {relation.format(value)}" for who, value in zip(people, values, strict=True)]
    premise = join(facts)
    lone = join([*facts[:2], f"{people[2]} knows both of them"])
    for i, who in enumerate(people):
        for j, value in enumerate(values):
            label = ENTAILMENT if i == j else CONTRADICTION
            why = f"of {who} the premise says: {relation.format(values[i])}"
            yield Draft(premise, f"{who} {relation.format(value)}", label, why, "relation")
            flipped = CONTRADICTION if i == j else ENTAILMENT
            negated = _negated(relation).format(value)
            yield Draft(premise, f"{who} {negated}", flipped, why, "negated")
            if i == 2:
                yield Draft(
                    lone,
                    f"{who} {relation.format(value)}",
                    NEUTRAL,
                    f"the premise does not say it of {who}",
                    "relation",
                )
                yield Draft(lone, f"{who} {negated}", NEUTRAL, f"the premise does not say it of {who}", "negated")


def _negated(relation: str) -> str:
    for yes, no in (("was ", "was not "), ("is ", "is not "), ("has a ", "does not have a "), ("sat ", "did not sit "),
                    ("has only ever worked", "has not only ever worked")):  # fmt: skip
        if relation.startswith(yes):
            return no + relation.removeprefix(yes)
    return relation


@FAMILY.pattern()
def namesakes(draw: Draw) -> Iterator[Draft]:
    """The same first name or surname is not the same person."""
    a, b = draw.some(draw.lexicon.people, 2)
    x, y = draw.some(draw.lexicon.surnames, 2)
    one, namesake, relative = f"{a} {x}", f"{a} {y}", f"{b} {x}"
    did, other = draw.verb_phrases(2)
    second = draw.one([namesake, relative])
    premise = f"{one} {did.past}, and {second} {other.past}"
    for who, deed, holds in ((one, did, True), (second, other, True), (one, other, False), (second, did, False)):
        why = f"{one} and {second} are two persons" if not holds else f"that is said of {who}"
        yield Draft(premise, f"{who} {deed.past}", ENTAILMENT if holds else NEUTRAL, why, "did")
    unlike = f"{one} {did.past}, but {second} did not"
    yield Draft(unlike, f"{second} {did.past}", CONTRADICTION, f"that is denied of {second}", "did")
    yield Draft(unlike, f"{one} {did.past}", ENTAILMENT, f"that is said of {one}", "did")
    converse = f"{second} {did.past}, unlike {one}"
    yield Draft(converse, f"{one} {did.past}", CONTRADICTION, f"that is denied of {one}", "did")


@FAMILY.pattern()
def person_place_day(draw: Draw) -> Iterator[Draft]:
    """One of the parts of a report exchanged: for one that can't be as well, or for one that can."""
    a, b, c = draw.names(3)
    city, town = draw.cities(2)
    day, other = draw.some(DAYS, 2)
    event = draw.one(
        [
            "the wedding of {} took place",
            "the only interview with {} was recorded",
            "the funeral of {} was held",
            "the trial of {} began",
        ]
    )
    said = f"{event.format(a)} in {city} on a {day}"
    swap = f"{event.format(b)} in {town} on a {other}"
    premise = draw.one([f"{said}, {swap}", f"{said}; {swap}"]).replace(", the", ", and the")
    for who, place, when, wrong_place, wrong_when in ((a, city, day, town, other), (b, town, other, city, day)):
        head = event.format(who)
        yield Draft(premise, f"{head} in {place}", ENTAILMENT, f"that is where, for {who}", "in")
        yield Draft(premise, f"{head} in {wrong_place}", CONTRADICTION, f"for {who} it was {place}", "in")
        yield Draft(premise, f"{head} on a {when}", ENTAILMENT, f"that is the day, for {who}", "on")
        yield Draft(premise, f"{head} on a {wrong_when}", CONTRADICTION, f"for {who} it was a {when}", "on")
    lone = f"{said}, and {c} wrote about it on a {other} in {town}"
    about = event.format(b)
    for verb in (" took place", " was held", " was recorded", " began"):
        about = about.removesuffix(verb)
    written = f"{c} wrote about {about} in {city} on a {day}"
    why = "the premise only says where and when somebody wrote about it"
    yield Draft(written, f"{event.format(b)} in {city}", NEUTRAL, why, "in")
    yield Draft(written, f"{event.format(b)} on a {day}", NEUTRAL, why, "on")
    yield Draft(lone, f"{event.format(a)} in {city}", ENTAILMENT, "that is where it was", "in")


@FAMILY.pattern(framed=True)
def somebody_else(draw: Draw) -> Iterator[Draft]:
    """Another name that the premise does or does not bring in."""
    a, b, c = draw.names(3)
    did = draw.verb_phrases(1)[0]
    other = draw.verb_phrases(1, avoid=(did.verb.base,))[0]
    for premise, labels in (
        (f"{a} {did.past} together with {b}", {a: ENTAILMENT, b: ENTAILMENT, c: NEUTRAL}),
        (f"{a} {did.past} for {b}, who was ill", {a: ENTAILMENT, c: NEUTRAL}),
        (f"{a} {did.past}, and nobody else did", {a: ENTAILMENT, b: CONTRADICTION, c: CONTRADICTION}),
        (f"{b} {other.past} because of {a}", {a: NEUTRAL, b: NEUTRAL}),
        (f"everybody except {b} {did.past}, even {a}", {a: ENTAILMENT, b: CONTRADICTION}),
    ):
        for who, label in labels.items():
            why = {
                ENTAILMENT: f"the premise says so of {who}",
                NEUTRAL: f"the premise does not say it of {who}",
                CONTRADICTION: f"the premise excludes {who}",
            }[label]
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            yield Draft(premise, f"{who} {did.past}", label, why, "yes")
            yield Draft(premise, f"{who} did not {did.base}", flipped, why, "no")


@FAMILY.pattern()
def firms_and_deals(draw: Draw) -> Iterator[Draft]:
    """Who bought, sued or merged with whom."""
    x, y, z = draw.some(draw.lexicon.organisations, 3)
    verb, participle = draw.one(
        [
            ("sued", "sued"),
            ("took over", "taken over"),
            ("overtook", "overtaken"),
            ("supplied", "supplied"),
            ("warned", "warned"),
        ]
    )
    year, other = draw.some(range(1995, 2024), 2)
    premise = f"{x} {verb} {y} in {year} and {z} in {other}"
    for a, b, when, label in (
        (x, y, year, ENTAILMENT),
        (x, z, other, ENTAILMENT),
        (y, x, year, NEUTRAL),
        (z, x, other, NEUTRAL),
        (y, z, year, NEUTRAL),
    ):
        why = "the premise says so" if label is ENTAILMENT else "the premise has other firms in these roles"
        yield Draft(premise, f"{a} {verb} {b} in {when}", label, why, "active")
        yield Draft(premise, f"{b} was {participle} by {a} in {when}", label, why, "passive")
    single = f"{x} {verb} {y} only once, in {year}, a year in which {z} made a loss"
    yield Draft(single, f"{x} {verb} {y} in {other}", CONTRADICTION, f"the only time was {year}", "active")
    yield Draft(
        single, f"{y} was {participle} by {x} in {other}", CONTRADICTION, f"the only time was {year}", "passive"
    )
    yield Draft(single, f"{x} {verb} {z} in {year}", NEUTRAL, f"of {z} that is not said", "active")
    yield Draft(single, f"{x} {verb} {y} in {year}", ENTAILMENT, "the premise says so", "active")
