"""Comparisons: taller than, less tall than, as tall as, the tallest, turned round and over several steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import capitalised
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family
from tuili.learning.synthesis.worlds import Orders, label_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw
    from tuili.learning.synthesis.lexicon import Opposite

FAMILY = Family(
    "comparatives", "More, less and as … as; the most; turned round, over several steps, and against the plain word"
)
WHY = {
    ENTAILMENT: "it holds in every order that the premise allows",
    NEUTRAL: "the premise allows orders in which it holds and others in which it does not",
    CONTRADICTION: "it holds in no order that the premise allows",
}


def _gradable(draw: Draw) -> tuple[Opposite, list[str]]:
    """Adjectives that compare, and three things to compare by them."""
    opposites = [each for each in draw.lexicon.adjectives if each.comparative and each.superlative]
    opposite = draw.one(opposites)
    kinds = [kind for kind in opposite.of if len(draw.lexicon.kind(kind)) > 2]
    kind = draw.one(kinds or ["person"])
    if kind == "person":
        return opposite, [str(who) for who in draw.people(3, plural=False)]
    return opposite, [f"the {noun}" for noun in draw.nouns(kind, 3)]


@FAMILY.pattern()
def two_compared(draw: Draw) -> Iterator[Draft]:
    """More, less, as much, and the plain word."""
    opposite, (a, b, _) = _gradable(draw)
    (word, anti), (more, less) = opposite.words, opposite.comparative or opposite.words
    not_as = f"is not as {word} as"
    for premise, first, same in (
        (f"{a} is {more} than {b}", ENTAILMENT, CONTRADICTION),
        (f"{b} is {less} than {a}", ENTAILMENT, CONTRADICTION),
        (f"{b} {not_as} {a}", ENTAILMENT, CONTRADICTION),
        (f"{a} is exactly as {word} as {b}", CONTRADICTION, ENTAILMENT),
        (f"{b} is {more} than {a}", CONTRADICTION, CONTRADICTION),
        (f"{a} is {word}, and so is {b}", NEUTRAL, NEUTRAL),
        (f"{a} and {b} are both {anti}", NEUTRAL, NEUTRAL),
        (f"{a} is {word}, but {b} is {anti}", ENTAILMENT, CONTRADICTION),
    ):
        why = f"{more} and {less} are two views of one order"
        equal = same is ENTAILMENT
        turned = first if first is NEUTRAL else CONTRADICTION if first is ENTAILMENT or equal else ENTAILMENT
        for hypothesis, label, form in (
            (f"{a} is {more} than {b}", first, "more"), (f"{b} is {more} than {a}", turned, "more"),
            (f"{b} is {less} than {a}", first, "less"), (f"{a} is {less} than {b}", turned, "less"),
            (f"{a} is exactly as {word} as {b}", same, "same"),
        ):  # fmt: skip
            if hypothesis != premise:
                yield Draft(premise, hypothesis, label, why, form)
        if "both" in premise or "so is" in premise or "but" in premise:
            continue
        yield Draft(premise, f"{a} is {word}", NEUTRAL, "a comparison does not give the plain word", "plain")
        yield Draft(
            f"{premise}, and {b} is {word}" if premise.startswith(f"{a} is {more}") else f"{a} is very {word}",
            f"{a} is {word}",
            ENTAILMENT,
            "it is above one to whom the word applies, or the word is given",
            "plain",
        )
        yield Draft(f"{a} is {anti}", f"{a} is {word}", CONTRADICTION, f"{anti} is the opposite", "plain")


@FAMILY.pattern()
def three_compared(draw: Draw) -> Iterator[Draft]:
    """Over a third one, and the most and least of three."""
    opposite, things = _gradable(draw)
    more, less = opposite.comparative or opposite.words
    most, least = opposite.superlative or opposite.words
    a, b, c = things
    worlds = Orders(3)
    ab, bc, ac = worlds.before(0, 1), worlds.before(1, 2), worlds.before(0, 2)
    premises = [
        (f"{a} is {more} than {b}, and {b} is {more} than {c}", ab & bc),
        (f"{c} is {less} than {b}. {capitalised(a)} is {more} than {b}", ab & bc),
        (f"{a} is {more} than {b} and also {more} than {c}", ab & ac),
        (f"{b} and {c} are both {less} than {a}", ab & ac),
        (f"of {a}, {b} and {c}, {c} is the {least}", ac & bc),
        (f"{b} is {more} than {c} but {less} than {a}", ab & bc),
    ]
    for premise, told in draw.some(premises, 3):
        for i in range(3):
            for j in range(3):
                if i != j:
                    for word, asked, form in ((more, worlds.before(i, j), "more"), (less, worlds.before(j, i), "less")):
                        label = label_of(told, asked)
                        yield Draft(premise, f"{things[i]} is {word} than {things[j]}", label, WHY[label], form)
            for word, asked, form in ((most, worlds.first(i), "most"), (least, worlds.last(i), "least")):
                label = label_of(told, asked)
                yield Draft(premise, f"{things[i]} is the {word} of the three", label, WHY[label], form)


@FAMILY.pattern()
def measured(draw: Draw) -> Iterator[Draft]:
    """Two measures, and what they say of each other."""
    unit, more, less, low, high, verb = draw.one(
        [("centimetres tall", "taller", "shorter", 150, 200, "is"), ("years old", "older", "younger", 18, 90, "is"),
         ("kilometres from here", "further away", "nearer", 3, 90, "lives"), ("euros", "more", "less", 20, 300, "paid")]
    )  # fmt: skip
    a, b = draw.people(2, plural=False)
    x, y = draw.some(range(low, high), 2)
    if verb == "paid":
        premise, frame = f"{a} paid {x} euros in all and {b} paid {y}", "{} paid {} than {}"
    elif verb == "lives":
        premise, frame = (
            f"{a} lives {x} kilometres from here and {b} lives {y} kilometres from here",
            "{} lives {} than {}",
        )
    else:
        premise, frame = f"{a} is {x} {unit} and {b} is {y}", "{} is {} than {}"
    lone = premise.split(" and ")[0] + f", and {b} {'does not tell' if verb != 'paid' else 'did not tell anybody'}"
    for text, known in ((premise, True), (lone, False)):
        for first, second, is_more in ((a, b, x > y), (b, a, y > x)):
            for word, holds, form in ((more, is_more, "more"), (less, not is_more, "less")):
                label = NEUTRAL if not known else ENTAILMENT if holds else CONTRADICTION
                why = f"{max(x, y)} is more than {min(x, y)}" if known else "only one of the two measures is given"
                yield Draft(text, frame.format(first, word, second), label, why, form)


@FAMILY.pattern()
def the_most_of_all(draw: Draw) -> Iterator[Draft]:
    """The most is more than any other; not the most is less than some."""
    opposite, (a, b, _) = _gradable(draw)
    more, less = opposite.comparative or opposite.words
    most, _least = opposite.superlative or opposite.words
    group = draw.one(["in the group", "of them all", "in the whole town"])
    for premise, above, top, why in (
        (
            f"{a} is the {most} {group}, and {b} belongs to it"
            if group == "in the group"
            else f"{a} is the {most} {group}, {b} included",
            ENTAILMENT,
            ENTAILMENT,
            f"the {most} is {more} than any other",
        ),
        (f"{b} is {more} than {a}, and many are {more} than both", CONTRADICTION, CONTRADICTION, f"others are {more}"),
        (f"{a} is {more} than {b}, but not the {most} {group}", ENTAILMENT, CONTRADICTION, "the premise says both"),
        (f"neither {a} nor {b} is the {most} {group}", NEUTRAL, CONTRADICTION, "how the two compare is left open"),
        (f"{a} is one of the {most} {group}, and so is {b}", NEUTRAL, NEUTRAL, "one of the most need not be the most"),
    ):
        flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}
        yield Draft(premise, f"{a} is {more} than {b}", above, why, "more")
        yield Draft(premise, f"{a} is {less} than {b}", flipped.get(above, above), why, "less")
        yield Draft(premise, f"{a} is the {most} {group}", top, why, "most")
