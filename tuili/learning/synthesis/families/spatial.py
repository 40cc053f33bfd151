"""Space: left of, above, north of, in, between; turned round and over several steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import capitalised
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family
from tuili.learning.synthesis.worlds import Orders, label_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family(
    "spatial", "Left of, above, in front of, north of, inside, between: turned round, over steps, left open"
)
AXES = (
    ("to the left of", "to the right of", "stands"),
    ("above", "below", "hangs"),
    ("in front of", "behind", "stands"),
    ("north of", "south of", "lies"),
    ("east of", "west of", "lies"),
    ("further from the door than", "nearer to the door than", "is"),
)
WHY = {
    ENTAILMENT: "it holds wherever things may be according to the premise",
    NEUTRAL: "the premise leaves it open",
    CONTRADICTION: "it holds nowhere things may be according to the premise",
}


def _things(draw: Draw, verb: str, n: int) -> list[str]:
    if verb == "lies":
        places = draw.some(["farm", "house", "field", "orchard", "workshop", "shop"], n)
        return [f"{who.possessive} {place}" for who, place in zip(draw.names(n), places, strict=True)]
    return [f"the {noun}" for noun in draw.nouns("object", n)]


@FAMILY.pattern()
def two_things(draw: Draw) -> Iterator[Draft]:
    """A relation, its converse, and both turned round."""
    one, other, verb = draw.one(AXES)
    a, b = _things(draw, verb, 2)
    worlds = Orders(2)
    order = worlds.before(0, 1)
    room = draw.one(["in the same room", "in the hall", "in the picture"]) if verb != "lies" else "in the same valley"
    for premise, told in (
        (f"{a} {verb} {one} {b}", order),
        (f"{b} {verb} {other} {a}", order),
        (f"{a} {verb} {other} {b}", worlds.every & ~order),
        (f"{a} and {b} are both {room}", worlds.every),
    ):
        for hypothesis, asked, form in (
            (f"{a} is {one} {b}", order, "one"),
            (f"{b} is {other} {a}", order, "other"),
            (f"{b} is {one} {a}", worlds.every & ~order, "one"),
            (f"{a} is {other} {b}", worlds.every & ~order, "other"),
        ):
            label = label_of(told, asked)
            # side by side, on one spot: the converse is only ruled out where one of them is given
            yield Draft(premise, hypothesis, label, WHY[label], f"{one}-{form}")


@FAMILY.pattern()
def three_things(draw: Draw) -> Iterator[Draft]:
    """Over a thing between, or with the order left open."""
    one, other, verb = draw.one(AXES)
    things = _things(draw, verb, 3)
    a, b, c = things
    worlds = Orders(3)
    ab, bc, ac = worlds.before(0, 1), worlds.before(1, 2), worlds.before(0, 2)
    premises = [
        (f"{a} {verb} {one} {b}, and {b} {verb} {one} {c}", ab & bc),
        (f"{c} {verb} {other} {b}. {capitalised(a)} {verb} {one} {b}", ab & bc),
        (f"{a} {verb} {one} {b} and {one} {c}", ab & ac),
        (
            f"{b} {verb} {other} {a}, and so does {c}" if verb != "is" else f"{b} {verb} {other} {a}, and so is {c}",
            ab & ac,
        ),
        (f"{a} and {b} are both {one} {c}", ac & bc),
    ]
    for premise, told in draw.some(premises, 3):
        for i in range(3):
            for j in range(3):
                if i != j:
                    for word, asked, form in ((one, worlds.before(i, j), "one"), (other, worlds.before(j, i), "other")):
                        label = label_of(told, asked)
                        yield Draft(premise, f"{things[i]} is {word} {things[j]}", label, WHY[label], f"{one}-{form}")


@FAMILY.pattern()
def inside(draw: Draw) -> Iterator[Draft]:
    """What is in a thing that is in another."""
    small, other = draw.some(["key", "coin", "ring", "stamp", "button", "pencil", "letter", "ticket"], 2)
    middle, outer = draw.some([noun for noun in draw.lexicon.kind("container") if noun not in ("jar", "tin")], 2)
    a, b, c, d = (f"the {noun}" for noun in (small, middle, outer, other))
    be = draw.one(["is", "was"])
    nested = f"{a} {be} in {b}, which {be} {draw.one(['in', 'inside'])} {c}"
    apart = f"{a} {be} in {b}, and {d} {be} in {c}"
    both = f"{a} and {d} {be.replace('is', 'are').replace('was', 'were')} in {c}"
    out = f"{a} {be} in {b}, and {b} {be} not in {c} but next to it"
    why = "what is in a thing is also in what that is in"
    for premise, a_in_c, a_in_b, d_in_c in (
        (nested, ENTAILMENT, ENTAILMENT, NEUTRAL),
        (apart, NEUTRAL, ENTAILMENT, ENTAILMENT),
        (both, ENTAILMENT, NEUTRAL, ENTAILMENT),
        (out, CONTRADICTION, ENTAILMENT, NEUTRAL),
    ):
        for what, where, label in ((a, c, a_in_c), (a, b, a_in_b), (d, c, d_in_c)):
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            yield Draft(premise, f"{what} {be} in {where}", label, why, "in")
            yield Draft(premise, f"{what} {be} not in {where}", flipped, why, "not-in")
    yield Draft(nested, f"{b} {be} in {a}", CONTRADICTION, "it is the other way round", "in")
    yield Draft(nested, f"{c} {be} in {b}", CONTRADICTION, "it is the other way round", "in")


@FAMILY.pattern()
def between(draw: Draw) -> Iterator[Draft]:
    """Three in a row."""
    a, b, c = _things(draw, "stands", 3)
    first, last = draw.one([("left", "right"), ("right", "left")])
    row = draw.one(["on the shelf", "on the window sill", "along the wall"])
    premise = f"{row} there are, from {first} to {last}, {a}, {b} and {c}"
    loose = f"{a}, {b} and {c} are {row}, in no particular order"
    for text, known in ((premise, True), (loose, False)):
        why = f"the order is {a}, {b}, {c}" if known else "the premise gives no order"
        for middle, x, y in ((b, a, c), (a, b, c), (c, a, b)):
            label = NEUTRAL if not known else ENTAILMENT if middle == b else CONTRADICTION
            yield Draft(text, f"{middle} is between {x} and {y}", label, why, "between")
        for thing in (a, b, c):
            label = NEUTRAL if not known else ENTAILMENT if thing == a else CONTRADICTION
            yield Draft(text, f"{thing} is the one furthest to the {first}", label, why, "end")
        for x, y, holds in ((a, b, True), (b, a, False), (a, c, True), (c, a, False)):
            label = NEUTRAL if not known else ENTAILMENT if holds else CONTRADICTION
            yield Draft(text, f"{x} is to the {first} of {y}", label, why, f"{first}-of")


@FAMILY.pattern()
def from_and_to(draw: Draw) -> Iterator[Draft]:
    """Where a journey begins and ends."""
    who = draw.people(1, plural=False)[0]
    x, y, z = draw.cities(3)
    went = draw.one(["travelled", "drove", "flew", "moved", "cycled"])
    direct = f"{who} {went} from {x} to {y}"
    via = f"{who} {went} from {x} to {y} by way of {z}"
    back = f"{who} {went} from {y} to {x}"
    stayed = f"{who} talked about {x} and {y}"
    for premise, forth, passed in (
        (direct, ENTAILMENT, NEUTRAL),
        (via, ENTAILMENT, ENTAILMENT),
        (back, NEUTRAL, NEUTRAL),
        (stayed, NEUTRAL, NEUTRAL),
    ):
        why = "from and to give the direction, by way of gives what is passed"
        yield Draft(premise, f"{who} {went} to {y} from {x}", forth, why, "direction")
        yield Draft(premise, f"{who} passed through {z}", passed, why, "through")
        if forth is ENTAILMENT:
            yield Draft(premise, f"{who} {went} to {x} from {y}", NEUTRAL, "the direction is turned round", "direction")
            yield Draft(premise, f"the journey that {who} made ended in {y}", ENTAILMENT, why, "end")
            yield Draft(premise, f"the journey that {who} made ended in {x}", CONTRADICTION, "it began there", "end")
            yield Draft(premise, f"the journey that {who} made began in {y}", CONTRADICTION, "it ended there", "begin")
            yield Draft(premise, f"the journey that {who} made began in {x}", ENTAILMENT, why, "begin")
