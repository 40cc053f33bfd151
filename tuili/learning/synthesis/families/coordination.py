"""And, or, neither, only one: labels from truth tables, see `worlds.Propositions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import join
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family
from tuili.learning.synthesis.worlds import Propositions, Worlds, label_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family(
    "coordination", "And, or, either … or, neither … nor, only one of them, but not: of subjects, objects, deeds"
)

Said = tuple[str, Worlds, str]
WHY = {
    ENTAILMENT: "in every case that the premise allows, the hypothesis holds",
    NEUTRAL: "the premise allows cases in which the hypothesis holds and cases in which it does not",
    CONTRADICTION: "in no case that the premise allows does the hypothesis hold",
}


def _all_pairs(draw: Draw, statements: list[Said]) -> Iterator[Draft]:
    """One of the statements as premise, each of the others as hypothesis."""
    for premise, told, _ in draw.some(statements, min(4, len(statements))):
        for hypothesis, asked, form in statements:
            if hypothesis != premise:
                label = label_of(told, asked)
                yield Draft(premise, hypothesis, label, WHY[label], form)


@FAMILY.pattern(framed=True)
def two_subjects(draw: Draw) -> Iterator[Draft]:
    """Two persons and one deed."""
    a, b = draw.people(2, plural=False)
    did = draw.verb_phrases(1)[0]
    worlds = Propositions(2)
    p, q = worlds.facts
    no = worlds.no
    yield from _all_pairs(
        draw,
        [
            (f"{a} {did.past}", p, "one"),
            (f"{b} {did.past}", q, "one"),
            (f"{a} did not {did.base}", no(p), "not"),
            (f"{b} did not {did.base}", no(q), "not"),
            (draw.one([f"{a} and {b} {did.past}", f"both {a} and {b} {did.past}"]), p & q, "both"),
            (draw.one([f"{a} or {b} {did.past}", f"{a} {did.past}, or {b} {did.past}, or both of them"]), p | q, "or"),
            (f"neither {a} nor {b} {did.past}", no(p | q), "neither"),
            (f"only one of the two, {a} or {b}, {did.past}", p ^ q, "only-one"),
            (f"{a} {did.past} but {b} did not", p & no(q), "but-not"),
            (f"{b} {did.past}, unlike {a}", q & no(p), "unlike"),
            (f"{a} and {b} did not both {did.base}", no(p & q), "not-both"),
        ],
    )


@FAMILY.pattern(framed=True)
def two_objects(draw: Draw) -> Iterator[Draft]:
    """One person, two things."""
    who = draw.people(1)[0]
    verb, (x, y) = draw.transitive()
    worlds = Propositions(2)
    p, q = worlds.facts
    no = worlds.no
    yield from _all_pairs(
        draw,
        [
            (f"{who} {verb.past} the {x}", p, "one"),
            (f"{who} {verb.past} the {y}", q, "one"),
            (f"{who} did not {verb.base} the {x}", no(p), "not"),
            (f"{who} did not {verb.base} the {y}", no(q), "not"),
            (f"{who} {verb.past} the {x} and the {y}", p & q, "both"),
            (f"{who} {verb.past} the {x} or the {y}, if not both", p | q, "or"),
            (f"{who} {verb.past} neither the {x} nor the {y}", no(p | q), "neither"),
            (f"{who} {verb.past} either the {x} or the {y}, but not both", p ^ q, "only-one"),
            (f"{who} {verb.past} the {x} but not the {y}", p & no(q), "but-not"),
            (f"{who} {verb.past} the {y} but not the {x}", q & no(p), "but-not"),
        ],
    )


@FAMILY.pattern(framed=True)
def two_deeds(draw: Draw) -> Iterator[Draft]:
    """One person, two deeds."""
    who = draw.people(1)[0]
    one, two = draw.verb_phrases(2, place=0.1)
    worlds = Propositions(2)
    p, q = worlds.facts
    no = worlds.no
    yield from _all_pairs(
        draw,
        [
            (f"{who} {one.past}", p, "one"),
            (f"{who} {two.past}", q, "one"),
            (f"{who} did not {one.base}", no(p), "not"),
            (f"{who} did not {two.base}", no(q), "not"),
            (f"{who} {one.past} and {two.past}", p & q, "both"),
            (f"{who} either {one.past} or {two.past}, or both", p | q, "or"),
            (f"{who} neither {one.past} nor {two.past}", no(p | q), "neither"),
            (f"{who} {one.past} but did not {two.base}", p & no(q), "but-not"),
            (f"{who} {two.past} but did not {one.base}", q & no(p), "but-not"),
        ],
    )


@FAMILY.pattern(framed=True)
def three_in_a_list(draw: Draw) -> Iterator[Draft]:
    """Lists of three, with and, or and exceptions."""
    a, b, c = draw.people(3, plural=False)
    did = draw.verb_phrases(1)[0]
    worlds = Propositions(3)
    p, q, r = worlds.facts
    no = worlds.no
    three = [str(a), str(b), str(c)]
    yield from _all_pairs(
        draw,
        [
            (f"{a} {did.past}", p, "one"),
            (f"{b} {did.past}", q, "one"),
            (f"{c} did not {did.base}", no(r), "not"),
            (f"{b} did not {did.base}", no(q), "not"),
            (f"{join(three)} {did.past}", p & q & r, "all"),
            (f"{join(three, 'or')} {did.past}", p | q | r, "or"),
            (f"{a} and {c} {did.past}", p & r, "two"),
            (f"{a} or {b} {did.past}", p | q, "or-two"),
            (f"{a} and {b} {did.past}, but {c} did not", p & q & no(r), "but-not"),
            (f"of {join(three)}, only {b} {did.past}", q & no(p | r), "only"),
            (f"of {join(three)}, all but {b} {did.past}", p & r & no(q), "all-but"),
            (f"{b} {did.past}, and so did {a} or {c}", q & (p | r), "and-or"),
            (f"none of the three, {join(three)}, {did.past}", no(p | q | r), "none"),
        ],
    )


@FAMILY.pattern()
def either_and_a_hint(draw: Draw) -> Iterator[Draft]:
    """One of two, and which one it was not."""
    a, b = draw.people(2, plural=False)
    did = draw.verb_phrases(1)[0]
    other = draw.verb_phrases(1, avoid=(did.verb.base,))[0]
    worlds = Propositions(2)
    p, q = worlds.facts
    no = worlds.no
    either = draw.one([f"either {a} or {b} {did.past}", f"it was {a} or {b} who {did.past}"])
    premises = [
        (f"{either}. {a} did not", (p | q) & no(p)),
        (f"{either}. It was not {b}", (p | q) & no(q)),
        (f"{either}. {b} also {other.past}", p | q),
        (f"{either}. Nobody else was there", p | q),
    ]
    for premise, told in premises:
        text = premise.replace(". the ", ". The ")
        for hypothesis, asked, form in (
            (f"{a} {did.past}", p, "yes"), (f"{b} {did.past}", q, "yes"),
            (f"{a} did not {did.base}", no(p), "no"), (f"{b} did not {did.base}", no(q), "no"),
        ):  # fmt: skip
            label = label_of(told, asked)
            yield Draft(text, hypothesis, label, WHY[label], form)
