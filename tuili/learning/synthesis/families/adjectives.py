"""Adjectives: those that add, those that depend on the noun, those that take it back, and opposites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import article
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family(
    "adjectives", "Danish, skilful, fake, former, alleged; opposites with and without a middle; denied details"
)
OPEN = ("supposed", "alleged", "apparent", "purported")


@FAMILY.pattern()
def with_another_noun(draw: Draw) -> Iterator[Draft]:
    """Some adjectives hold whatever the noun, others only for the noun they stand by."""
    who = draw.names(1)[0]
    x, y = draw.roles(2)
    stable = draw.one([word for word in draw.lexicon.properties["person"] if word != "married"])
    skill = draw.one(draw.lexicon.properties["skill"])
    for adjective, label, why in (
        (stable, ENTAILMENT, f"{stable} does not depend on the noun"),
        (skill, NEUTRAL, f"{skill} is measured by the noun it stands by"),
    ):
        one, two = f"{article(adjective)} {x}", f"{article(adjective)} {y}"
        premise = draw.one([f"{who} is both {one} and {article(y)}", f"{who}, {article(y)}, is also {one}"])
        form = "stable" if adjective == stable else "skill"
        yield Draft(premise, f"{who} is {two}", label, why, form)
        yield Draft(premise, f"{who} is {article(y)}", ENTAILMENT, "the premise says so", "plain")
        yield Draft(
            f"{who} is no {y} but {one}", f"{who} is {article(y)}", CONTRADICTION, "the premise denies it", "plain"
        )
        near = f"{who} works with {two} and is {article(y)}"
        yield Draft(near, f"{who} is {two}", NEUTRAL, "that is said of somebody else", form)
        yield Draft(f"{who} is {two} and {article(x)}", f"{who} is {two}", ENTAILMENT, "the premise says so", form)
        yield Draft(f"{who} is {one} but no {y}", f"{who} is {two}", CONTRADICTION, f"{who} is no {y}", form)


@FAMILY.pattern()
def real_or_not(draw: Draw) -> Iterator[Draft]:
    """A fake one is none, an alleged one may be one."""
    who = draw.people(1, plural=False)[0]
    noun = draw.one(
        [
            "passport",
            "certificate",
            "banknote",
            "diamond",
            "painting by an old master",
            "antique",
            "police badge",
            "signature",
            "Roman coin",
        ]
    )
    has = draw.one(
        [
            f"what {who} showed us is {{}}",
            f"the object that {who} sold is {{}}",
            f"the thing in the drawer of {who} is {{}}",
        ]
    )
    genuine: tuple[str, ...] = ("genuine", "real")
    fake: tuple[str, ...] = ("fake", "forged", "counterfeit")
    if noun in ("painting by an old master", "Roman coin", "antique"):
        genuine, fake = ("genuine", "authentic"), ("fake", "forged")
    elif noun == "diamond":
        fake = ("fake", "counterfeit", "imitation")
    for words, label, why in (
        (genuine, ENTAILMENT, f"a genuine one is {article(noun)}"),
        (fake, CONTRADICTION, f"a fake one is no {noun}"),
        (OPEN, NEUTRAL, "it may or may not be one"),
    ):
        premise = has.format(f"{article(draw.one(words))} {noun}")
        flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
        yield Draft(premise, has.format(f"indeed {article(noun)}"), label, why, "is")
        yield Draft(premise, has.format(f"not {article(noun)}"), flipped, why, "is-not")


@FAMILY.pattern()
def former_and_future(draw: Draw) -> Iterator[Draft]:
    """A former one was, a future one will be, an acting one is."""
    who = draw.names(1)[0]
    firm = draw.one(draw.lexicon.organisations)
    post, place = draw.one(
        [
            ("mayor", f"of {draw.cities(1)[0]}"),
            (draw.one(["director", "president", "treasurer", "chairman"]), f"of {firm}"),
            (draw.one(["president", "treasurer", "captain", "manager", "chairman"]), "of the club"),
            ("head teacher", f"of the school in {draw.cities(1)[0]}"),
        ]
    )
    for adjective, now, was in (
        ("former", CONTRADICTION, ENTAILMENT), ("ex-", CONTRADICTION, ENTAILMENT), ("future", CONTRADICTION, NEUTRAL),
        ("current", ENTAILMENT, NEUTRAL), ("long-standing", ENTAILMENT, ENTAILMENT), ("alleged", NEUTRAL, NEUTRAL),
        ("possible next", NEUTRAL, NEUTRAL), ("would-be", CONTRADICTION, NEUTRAL),
    ):  # fmt: skip
        title = f"{adjective}{'' if adjective.endswith('-') else ' '}{post}"
        premise = f"{who} is {'the' if adjective != 'would-be' else 'a'} {title} {place}"
        if adjective in ("alleged", "would-be", "possible next"):
            premise = f"{who} is {article(title)} {place}"
        why = f"{adjective.strip('-')} says when one is {post}, or whether"
        yes, no = f"{who} is {post} {place} today", f"{who} is not {post} {place} today"
        flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}
        if adjective not in ("possible next",):
            yield Draft(premise, yes, now, why, "now")
            yield Draft(premise, no, flipped.get(now, now), why, "not-now")
        yield Draft(premise, f"{who} was {post} {place} some years ago", was, why, "was")
    never = f"{who}, the current {post} {place}, had never held that post before this year"
    yield Draft(never, f"{who} was {post} {place} some years ago", CONTRADICTION, "the premise denies it", "was")
    yield Draft(never, f"{who} is {post} {place} today", ENTAILMENT, "the premise says so", "now")


@FAMILY.pattern()
def opposites(draw: Draw) -> Iterator[Draft]:
    """Two words that exclude each other, with a middle or without one."""
    opposite = draw.one(draw.lexicon.adjectives)
    kinds = [kind for kind in opposite.of if draw.lexicon.kind(kind)]
    if not kinds:
        return
    kind = draw.one(kinds)
    subject = draw.names(1)[0].text if kind == "person" else f"the {draw.nouns(kind, 1)[0]}"
    one, two = draw.some(opposite.words, 2)
    be = draw.one(["is", "was"])
    whole = opposite.complete
    other = draw.one(["admired by many", "known to everybody", "in the north of the town"])
    premises = [
        (f"{subject} {be} {one}", ENTAILMENT, CONTRADICTION),
        (f"{subject} {be} {two}", CONTRADICTION, ENTAILMENT),
        (f"{subject} {be} not {one}", CONTRADICTION, ENTAILMENT if whole else NEUTRAL),
        (f"{subject} {be} not {two}", ENTAILMENT if whole else NEUTRAL, CONTRADICTION),
        (f"{subject} {be} {other}", NEUTRAL, NEUTRAL),
    ]
    if not whole:
        premises.append((f"{subject} {be} neither {one} nor {two}", CONTRADICTION, CONTRADICTION))
    for premise, first, second in premises:
        why = f"{one} and {two} exclude each other" + (
            ", and there is nothing else" if whole else ", with much in between"
        )
        for word, label in ((one, first), (two, second)):
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            if premise != f"{subject} {be} {word}":
                yield Draft(premise, f"{subject} {be} {word}", label, why, "yes")
            if premise != f"{subject} {be} not {word}":
                yield Draft(premise, f"{subject} {be} not {word}", flipped, why, "no")


@FAMILY.pattern(framed=True)
def detail_said_or_denied(draw: Draw) -> Iterator[Draft]:
    """A detail may be left out of what is said and added to what is denied."""
    who = draw.people(1)[0]
    verb, (noun, other) = draw.transitive()
    living = {*draw.lexicon.kind("animal"), *draw.lexicon.kind("food"), *draw.lexicon.kind("plant")}
    colours = ["black", "white", "brown"] if noun in living else ["red", "blue", "green", "expensive", "heavy", "old"]
    adjective, second = draw.some(colours, 2)
    detailed, plain = f"{article(adjective)} {noun}", article(noun)

    def verb_no(thing: str) -> str:
        return f"{who} did not {verb.base} {thing}"

    def verb_yes(thing: str) -> str:
        return f"{who} {verb.past} {thing}"

    why = f"{article(adjective)} {noun} is {article(noun)}, but not every {noun} is {adjective}"
    yield Draft(verb_yes(detailed), verb_yes(plain), ENTAILMENT, why, "yes-plain")
    yield Draft(verb_yes(plain), verb_yes(detailed), NEUTRAL, why, "yes-detail")
    yield Draft(verb_no(plain), verb_no(detailed), ENTAILMENT, why, "no-detail")
    yield Draft(verb_no(detailed), verb_no(plain), NEUTRAL, why, "no-plain")
    yield Draft(verb_yes(detailed), verb_no(plain), CONTRADICTION, why, "no-plain")
    yield Draft(verb_no(plain), verb_yes(detailed), CONTRADICTION, why, "yes-detail")
    yield Draft(verb_no(detailed), verb_yes(plain), NEUTRAL, why, "yes-plain")
    yield Draft(verb_yes(plain), verb_no(detailed), NEUTRAL, why, "no-detail")
    both = f"{verb_yes(detailed)} and {article(second)} {other}"
    yield Draft(both, verb_yes(f"{article(second)} {other}"), ENTAILMENT, f"{second} is said of the {other}", "swap")
    yield Draft(both, verb_yes(f"{article(adjective)} {other}"), NEUTRAL, f"{adjective} is said of the {noun}", "swap")
    yield Draft(both, verb_yes(f"{article(second)} {noun}"), NEUTRAL, f"{second} is said of the {other}", "swap")
    yield Draft(both, verb_yes(detailed), ENTAILMENT, f"{adjective} is said of the {noun}", "swap")


@FAMILY.pattern()
def result_of_a_deed(draw: Draw) -> Iterator[Draft]:
    """What was made so, is so afterwards; what was to be made so, may not be."""
    who = draw.people(1)[0]
    noun = draw.one(draw.nouns("object", 3))
    thing = f"the {noun}"
    colour, other = draw.some(["red", "blue", "green", "yellow", "white", "black"], 2)
    tail = f"from {other} to {colour}"
    for premise, first, second in (
        (f"{who} painted the whole of {thing} {colour}", ENTAILMENT, CONTRADICTION),
        (f"{who} repainted the whole of {thing} {tail}", ENTAILMENT, CONTRADICTION),
        (f"{who} wanted to paint {thing} {colour}", NEUTRAL, NEUTRAL),
        (f"{who} put {thing} beside a {colour} wall", NEUTRAL, NEUTRAL),
        (f"{who} painted all of {thing} {other} instead of {colour}", CONTRADICTION, ENTAILMENT),
    ):
        for word, label in ((colour, first), (other, second)):
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            why = "paint gives a thing its colour; a wish or a neighbour does not"
            yield Draft(premise, f"afterwards {thing} was {word} all over", label, why, "is")
            yield Draft(premise, f"afterwards {thing} was not {word} all over", flipped, why, "is-not")
