"""Negation: not, nobody, never, without, neither, twice, and words that deny."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw
    from tuili.types import Label

FAMILY = Family("negation", "Not, nobody, never, without, neither, double negation, and what is left open by them")


def _flip(label: Label) -> Label:
    return {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)


@FAMILY.pattern()
def denied_with_a_detail(draw: Draw) -> Iterator[Draft]:
    """Denying a detailed statement leaves open whether it holds without the detail."""
    who = draw.people(1)[0]
    did = draw.verb_phrases(1, place=0)[0]
    detail = draw.one([draw.place(), f"at {draw.event()}", f"on {draw.one(['Monday', 'Friday', 'Sunday'])}"])
    yes, no = f"{who} {did.past}", f"{who} did not {did.base}"
    tail = f", and {draw.names(1)[0]} knew it" if draw.chance(0.4) else ""
    for premise, positive in ((f"{yes} {detail}{tail}", True), (f"{no} {detail}{tail}", False)):
        told = "the premise says so" if positive else "the premise denies it"
        short = ENTAILMENT if positive else NEUTRAL
        yield Draft(premise, yes, short, told + ("" if positive else " only with the detail"), "yes")
        yield Draft(
            premise, no, _flip(short), "the rest is not denied without the detail" if not positive else told, "no"
        )
        full = ENTAILMENT if positive else CONTRADICTION
        yield Draft(premise, f"{yes} {detail}", full, told, "yes-detail")
        yield Draft(premise, f"{no} {detail}", _flip(full), told, "no-detail")
    yield Draft(yes, f"{yes} {detail}", NEUTRAL, "the premise does not give the detail", "yes-detail")
    yield Draft(yes, f"{no} {detail}", NEUTRAL, "the premise does not give the detail", "no-detail")
    yield Draft(no + tail, f"{no} {detail}", ENTAILMENT, "what did not happen did not happen there either", "no-detail")
    yield Draft(no + tail, f"{yes} {detail}", CONTRADICTION, "it did not happen at all", "yes-detail")
    yield Draft(no + tail, yes, CONTRADICTION, "the premise denies it", "yes")
    yield Draft(no + tail, no, ENTAILMENT, "the premise says so", "no")


@FAMILY.pattern()
def nobody(draw: Draw) -> Iterator[Draft]:
    """Nobody, somebody, and one of them."""
    role = draw.roles(1)[0]
    did = draw.verb_phrases(1, place=0)[0]
    at = draw.place()
    one = f"the {role} {at} {did.past}"
    premises = {
        f"{draw.one(['nobody', 'no one'])} {at} {did.past}": (
            CONTRADICTION,
            ENTAILMENT,
            CONTRADICTION,
            ENTAILMENT,
            CONTRADICTION,
        ),
        f"{draw.one(['somebody', 'someone'])} {at} {did.past}": (ENTAILMENT, CONTRADICTION, NEUTRAL, NEUTRAL, NEUTRAL),
        f"there was only one {role} {at}, and the {role} {at} {did.past}": (
            ENTAILMENT,
            CONTRADICTION,
            ENTAILMENT,
            CONTRADICTION,
            NEUTRAL,
        ),
        f"the only {role} {at} did not {did.base}": (NEUTRAL, NEUTRAL, CONTRADICTION, ENTAILMENT, CONTRADICTION),
        f"everybody {at} {did.past}, among them the {role}": (
            ENTAILMENT,
            CONTRADICTION,
            ENTAILMENT,
            CONTRADICTION,
            ENTAILMENT,
        ),
    }
    for premise, (some, none, it, no_role, everyone) in premises.items():
        why = f"it follows from what is said of those {at}"
        yield Draft(premise, f"somebody {at} {did.past}", some, why, "somebody")
        yield Draft(premise, f"nobody {at} {did.past}", none, why, "nobody")
        yield Draft(premise, f"no {role} {at} {did.past}", no_role, why, "no-role")
        yield Draft(premise, one, it, why, "one")
        yield Draft(premise, f"everybody {at} {did.past}", everyone, why, "everybody")


@FAMILY.pattern()
def never(draw: Draw) -> Iterator[Draft]:
    """Never excludes each time; not this time does not exclude the others."""
    who = draw.people(1, plural=False)[0]
    did = draw.verb_phrases(1, place=0)[0]
    when = draw.one(["last year", "in 2019", "last summer", "as a child", "in spring"])
    premises = {
        f"{who} has never {did.participle}": (CONTRADICTION, ENTAILMENT, ENTAILMENT, CONTRADICTION),
        f"{who} {did.past} {when}": (ENTAILMENT, CONTRADICTION, CONTRADICTION, ENTAILMENT),
        f"{who} did not {did.base} {when}": (NEUTRAL, NEUTRAL, ENTAILMENT, CONTRADICTION),
        f"{who} has {did.participle} more than once": (ENTAILMENT, CONTRADICTION, NEUTRAL, NEUTRAL),
    }
    for premise, (ever, not_ever, not_then, then) in premises.items():
        why = "never covers every time, and a single time only itself"
        yield Draft(premise, f"{who} has {did.participle} at least once", ever, why, "ever")
        yield Draft(premise, f"{who} has never {did.participle}", not_ever, why, "never")
        yield Draft(premise, f"{who} did not {did.base} {when}", not_then, why, "not-then")
        yield Draft(premise, f"{who} {did.past} {when}", then, why, "then")


@FAMILY.pattern(framed=True)
def without(draw: Draw) -> Iterator[Draft]:
    """Without denies what it brings in; after says that it was done."""
    who = draw.people(1)[0]
    did, other = draw.verb_phrases(2, place=0, avoid=("leave", "enter", "arrive", "resign", "sleep"))
    goes = draw.one(["left", "went home", "left the room", "went to bed", "drove off"])
    premises = {
        f"{who} {goes} without {did.ing}": (ENTAILMENT, CONTRADICTION),
        f"{who} {goes} after {did.ing}": (ENTAILMENT, ENTAILMENT),
        f"{who} {did.past} without {other.ing}": (NEUTRAL, ENTAILMENT),
        f"{who} {other.past} without {did.ing}": (NEUTRAL, CONTRADICTION),
        f"{who} {goes}": (ENTAILMENT, NEUTRAL),
        f"instead of {did.ing}, {who} {other.past}": (NEUTRAL, CONTRADICTION),
    }
    for premise, (went, done) in premises.items():
        yield Draft(premise, f"{who} {goes}", went, f"only the premise can say whether they {goes}", "went")
        why = "without and instead of deny it, after says it"
        yield Draft(premise, f"{who} {did.past}", done, why, "did")
        yield Draft(premise, f"{who} did not {did.base}", _flip(done), why, "did-not")


@FAMILY.pattern()
def denied_twice(draw: Draw) -> Iterator[Draft]:
    """Two negations cancel, one does not, and doubt does neither."""
    clause = draw.clauses(1)[0]
    yes, no = clause.yes, clause.no
    deny = draw.one(["it is not true that", "it is false that", "it is not the case that", "it is wrong that",
                     "it is a lie that", "it is untrue that"])  # fmt: skip
    doubt = draw.one(
        ["it is not clear whether", "nobody knows whether", "it is doubtful whether", "they wonder whether"]
    )
    surely = draw.one(["there is no doubt that", "nobody can deny that", "it is undeniable that", "it is true that"])
    for said, label in ((yes, ENTAILMENT), (no, CONTRADICTION)):
        for opening, result in ((deny, _flip(label)), (doubt, NEUTRAL), (surely, label)):
            why = {deny: "what is denied does not hold", doubt: "it is left open", surely: "it is affirmed"}[opening]
            yield Draft(f"{opening} {said}", yes, result, why, "yes")
            yield Draft(f"{opening} {said}", no, _flip(result), why, "no")


@FAMILY.pattern(framed=True)
def not_this_but_that(draw: Draw) -> Iterator[Draft]:
    """The one that is denied, and the one that is put in its place."""
    a, b = draw.people(2)
    verb, (first, second) = draw.transitive()
    did = draw.verb_phrases(1)[0]
    for premise in (
        f"{a} {verb.past} not the {first} but the {second}",
        f"{a} {verb.past} the {second}, not the {first}",
        f"{a} did not {verb.base} the {first} but the {second}",
        f"{a} {verb.past} the {second} instead of the {first}",
    ):
        yield Draft(premise, f"{a} {verb.past} the {second}", ENTAILMENT, f"the {second} is affirmed", "thing")
        yield Draft(premise, f"{a} {verb.past} the {first}", CONTRADICTION, f"the {first} is denied", "thing")
        yield Draft(premise, f"{a} did not {verb.base} the {first}", ENTAILMENT, f"the {first} is denied", "not")
        yield Draft(premise, f"{a} did not {verb.base} the {second}", CONTRADICTION, f"the {second} is affirmed", "not")
    for premise in (f"it was not {a} but {b} who {did.past}", f"it was {b} and not {a} who {did.past}"):
        yield Draft(premise, f"{b} {did.past}", ENTAILMENT, f"{b} is affirmed", "who")
        yield Draft(premise, f"{a} {did.past}", CONTRADICTION, f"{a} is denied", "who")
    either = f"{a} {verb.past} either the {first} or the {second}, but nobody knows which"
    for noun in (first, second):
        yield Draft(either, f"{a} {verb.past} the {noun}", NEUTRAL, "it may have been the other one", "thing")
        yield Draft(either, f"{a} did not {verb.base} the {noun}", NEUTRAL, "it may have been the other one", "not")


@FAMILY.pattern(framed=True)
def nearly(draw: Draw) -> Iterator[Draft]:
    """Nearly is not; only just is."""
    who = draw.people(1)[0]
    did = draw.verb_phrases(1)[0]
    verb = did.verb
    place = " ".join(part for part in (did.object, did.place) if part)
    for opening, label, why in (
        (f"nearly {verb.past}", CONTRADICTION, "what nearly happens does not happen"),
        (f"almost {verb.past}", CONTRADICTION, "what almost happens does not happen"),
        (f"finally {verb.past}", ENTAILMENT, "what finally happens happens"),
        (f"also {verb.past}", ENTAILMENT, "also adds to what happens"),
        (f"may have {verb.participle}", NEUTRAL, "it is only possible"),
        (f"came close to {verb.ing}", CONTRADICTION, "to come close is not to get there"),
        (f"perhaps {verb.past}", NEUTRAL, "it is only possible"),
    ):
        premise = f"{who} {opening} {place}".strip()
        yield Draft(premise, f"{who} {did.past}", label, why, "yes")
        yield Draft(premise, f"{who} did not {did.base}", _flip(label), why, "no")


@FAMILY.pattern()
def no_longer(draw: Draw) -> Iterator[Draft]:
    """What has ended, goes on, or has not begun."""
    who = draw.people(1, plural=False)[0]
    city = draw.cities(1)[0]
    does, do, did = draw.one(
        [("works", "work", "worked"), ("lives", "live", "lived"), ("teaches", "teach", "taught")]
    )  # fmt: skip
    at = f"in {city}"
    for premise, now, before in (
        (f"{who} no longer {does} {at}", CONTRADICTION, ENTAILMENT),
        (f"{who} still {does} {at}", ENTAILMENT, ENTAILMENT),
        (f"{who} does not {do} {at} any more", CONTRADICTION, ENTAILMENT),
        (f"{who} does not {do} {at} yet", CONTRADICTION, CONTRADICTION),
        (f"{who} {does} {at} now", ENTAILMENT, NEUTRAL),
        (f"{who} does not {do} {at}", CONTRADICTION, NEUTRAL),
        (f"{who} has never {did} {at} and will hardly begin to", CONTRADICTION, CONTRADICTION),
        (f"{who} would like to {do} {at}", NEUTRAL, NEUTRAL),
    ):
        why = "no longer tells of an end, still of no end, not yet of no beginning"
        yield Draft(premise, f"{who} {does} {at}", now, why, "now")
        yield Draft(premise, f"{who} does not {do} {at}", _flip(now), why, "not-now")
        yield Draft(premise, f"{who} {did} {at} in the past", before, why, "before")
        yield Draft(premise, f"{who} did not {do} {at} in the past", _flip(before), why, "not-before")


@FAMILY.pattern()
def neither(draw: Draw) -> Iterator[Draft]:
    """Neither denies both, not both denies neither of them by itself."""
    a, b = draw.people(2, plural=False)
    did = draw.verb_phrases(1)[0]
    for premise, first, second in (
        (f"neither {a} nor {b} {did.past}", CONTRADICTION, CONTRADICTION),
        (f"both {a} and {b} {did.past}", ENTAILMENT, ENTAILMENT),
        (f"{a} {did.past}, unlike {b}", ENTAILMENT, CONTRADICTION),
        (f"unlike {b}, {a} did not {did.base}", CONTRADICTION, ENTAILMENT),
        (f"only one of the two, {a} or {b}, {did.past}", NEUTRAL, NEUTRAL),
        (f"{a} and {b} did not both {did.base}", NEUTRAL, NEUTRAL),
    ):
        for who, label in ((a, first), (b, second)):
            why = "neither denies both, not both leaves either open"
            yield Draft(premise, f"{who} {did.past}", label, why, "yes")
            yield Draft(premise, f"{who} did not {did.base}", _flip(label), why, "no")
