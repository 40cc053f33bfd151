"""Appositions: a second name for the same one, and whom it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import article
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family("apposition", "A noun phrase between commas names the same one again: whose it is, and what it says")


@FAMILY.pattern()
def who_is_what(draw: Draw) -> Iterator[Draft]:
    """Two persons, each with an apposition."""
    a, b = draw.names(2)
    x, y = (article(role) for role in draw.roles(2))
    verb = draw.person_to_person()
    city, other = draw.cities(2)
    for premise in (
        f"{a}, {x} from {city}, {verb.past} {b}, {y} from {other}",
        f"{b}, {y} from {other}, was {verb.participle} by {a}, {x} from {city}",
    ):
        for who, role, place, own, away in ((a, x, city, y, other), (b, y, other, x, city)):
            yield Draft(premise, f"{who} is {role}", ENTAILMENT, f"the apposition says so of {who}", "role")
            yield Draft(
                premise, f"{who} is {own}", NEUTRAL, f"that is said of the other one, and {who} may be both", "role"
            )
            yield Draft(premise, f"{who} is from {place}", ENTAILMENT, f"the apposition says so of {who}", "from")
            yield Draft(premise, f"{who} is from {away}", CONTRADICTION, f"{who} is from {place}", "from")
            yield Draft(premise, f"{who} is not {role}", CONTRADICTION, f"the apposition says so of {who}", "not-role")
            yield Draft(
                premise,
                f"{who} is not {own}",
                NEUTRAL,
                f"that is said of the other one, and {who} may be both",
                "not-role",
            )


@FAMILY.pattern()
def what_the_other_name_does(draw: Draw) -> Iterator[Draft]:
    """What the one does, the one with the other name does."""
    a, b = draw.names(2)
    first, second = draw.roles(2)
    did, also = draw.verb_phrases(2)
    colour, other = draw.some(["red", "blue", "green"], 2)
    one, two = f"the {first} in the {colour} coat", f"the {second} in the {other} coat"
    pairs = f"{a}, {one}, {did.past}, while {b}, {two}, {also.past}"
    turned = f"{one}, {a}, {did.past}, but {two}, {b}, {also.past}"
    for premise in (pairs, turned):
        for who, deed, holds in ((one, did, True), (two, also, True), (one, also, False), (two, did, False)):
            why = f"{one} is {a} and {two} is {b}"
            yield Draft(premise, f"{who} {deed.past}", ENTAILMENT if holds else NEUTRAL, why, "described")
        for named, deed, holds in ((a, did, True), (b, also, True), (a, also, False), (b, did, False)):
            why = f"{one} is {a} and {two} is {b}"
            yield Draft(premise, f"{named} {deed.past}", ENTAILMENT if holds else NEUTRAL, why, "named")
        yield Draft(premise, f"{a} is {one}", ENTAILMENT, "the apposition says so", "is")
        yield Draft(premise, f"{a} is {two}", CONTRADICTION, f"that is {b}", "is")


@FAMILY.pattern()
def relation_in_apposition(draw: Draw) -> Iterator[Draft]:
    """The manager of somebody is not that somebody."""
    a, b = draw.names(2)
    did, other = draw.verb_phrases(2)
    relation = draw.one(["manager", "teacher", "landlord", "employer", "doctor", "lawyer", "coach", "assistant"])
    for premise in (f"{a}, {b.possessive} {relation}, {did.past}", f"{b.possessive} {relation}, {a}, {did.past}",
                    f"{a}, the {relation} of {b}, {did.past}"):  # fmt: skip
        yield Draft(premise, f"{a} {did.past}", ENTAILMENT, f"{a} is the one that the sentence is about", "did")
        yield Draft(premise, f"{b} {did.past}", NEUTRAL, f"{b} only tells who {a} is", "did")
        yield Draft(premise, f"{a} is {b.possessive} {relation}", ENTAILMENT, "the apposition says so", "is")
        yield Draft(premise, f"{b} is {a.possessive} {relation}", NEUTRAL, "the relation is turned round", "is")
    plain = f"{b} {did.past}, and {a}, {b.possessive} {relation}, {other.past}"
    yield Draft(plain, f"{b} {did.past}", ENTAILMENT, "the first clause says so", "did")
    yield Draft(plain, f"{a} {did.past}", NEUTRAL, f"that is said of {b}", "did")


@FAMILY.pattern()
def once_and_now(draw: Draw) -> Iterator[Draft]:
    """What somebody used to be, is and wants to be."""
    a = draw.names(1)[0]
    x, y = draw.roles(2)
    did = draw.verb_phrases(1)[0]
    for premise, first, second in (
        (f"{a}, once {article(x)} and now {article(y)}, {did.past}", NEUTRAL, ENTAILMENT),
        (f"{a}, no longer {article(x)} but {article(y)}, {did.past}", CONTRADICTION, ENTAILMENT),
        (f"{a}, still {article(x)} and hoping to become {article(y)}, {did.past}", ENTAILMENT, CONTRADICTION),
        (f"{a}, not {article(y)} but {article(x)}, {did.past}", ENTAILMENT, CONTRADICTION),
    ):
        for role, label in ((x, first), (y, second)):
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            why = "the apposition says what is, what was and what is to come"
            yield Draft(premise, f"{a} is {article(role)} now", label, why, "now")
            yield Draft(premise, f"{a} is not {article(role)} now", flipped, why, "not-now")
    both = f"{a}, {article(draw.one([x, y]))} by trade, {did.past}"
    other = x if both.split(", ")[1].endswith(f"{y} by trade") else y
    yield Draft(both, f"{a} is {article(other)} now", NEUTRAL, "one can be more than one thing", "now")
    yield Draft(both, f"{a} is not {article(other)} now", NEUTRAL, "one can be more than one thing", "not-now")


@FAMILY.pattern()
def places_and_firms(draw: Draw) -> Iterator[Draft]:
    """Where a firm is, who founded it, what it is."""
    firm, rival = draw.some(draw.lexicon.organisations, 2)
    a, b = draw.names(2)
    city, other = draw.cities(2)
    verb = draw.one(["bought", "sued", "took over", "supplied", "praised"])
    for premise in (
        f"{firm}, a company based in {city}, {verb} {rival}, a company based in {other}",
        f"{firm}, founded by {a} and based in {city}, {verb} {rival}, founded by {b} and based in {other}",
    ):
        for who, place, away in ((firm, city, other), (rival, other, city)):
            yield Draft(premise, f"{who} is based in {place}", ENTAILMENT, f"that is said of {who}", "based")
            yield Draft(premise, f"{who} is based in {away}", CONTRADICTION, f"{who} is based in {place}", "based")
        yield Draft(premise, f"{firm} {verb} {rival}", ENTAILMENT, "the main clause says so", "verb")
        yield Draft(premise, f"{rival} {verb} {firm}", NEUTRAL, "the roles are swapped", "verb")
        if "founded" in premise:
            for who, founder, wrong in ((firm, a, b), (rival, b, a)):
                yield Draft(premise, f"{who} was founded by {founder}", ENTAILMENT, f"that is said of {who}", "founded")
                yield Draft(
                    premise,
                    f"{who} was founded by {wrong}",
                    NEUTRAL,
                    f"that is said of the other firm; {wrong} may have helped",
                    "founded",
                )
