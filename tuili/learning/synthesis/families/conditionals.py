"""If, unless, only if: what they say, and what they leave open. Labels from truth tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import Tense, capitalised
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family
from tuili.learning.synthesis.worlds import Propositions, Worlds, label_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family("conditionals", "If, unless, only if, because: with or without the news whether the condition holds")
WHY = {
    ENTAILMENT: "whenever the premise holds, the hypothesis does",
    NEUTRAL: "the premise says what depends on what, and leaves this open",
    CONTRADICTION: "the premise rules it out",
}


def _rules(
    p: str, not_p: str, q: str, not_q: str, facts: tuple[Worlds, Worlds], draw: Draw
) -> list[tuple[str, Worlds]]:
    """Ways to say that the second depends on the first."""
    worlds = Propositions(2)
    first, second = facts
    no = worlds.no
    return [
        (draw.one([f"if {p}, {q}", f"if {p}, then {q}", f"{q} if {p}", f"provided that {p}, {q}"]), no(first) | second),
        (draw.one([f"if {p}, {not_q}", f"{not_q} if {p}"]), no(first) | no(second)),
        (draw.one([f"unless {p}, {q}", f"{q} unless {p}", f"if {not_p}, {q}"]), first | second),
        (f"{q} only if {p}", no(second) | first),
    ]


def _news(
    premise: str, told: Worlds, p: str, not_p: str, q: str, not_q: str, facts: tuple[Worlds, Worlds]
) -> Iterator[tuple[str, Worlds]]:
    """The rule alone, and with a second sentence that says what is the case."""
    no = Propositions(2).no
    first, second = facts
    yield premise, told
    for text, fact in ((p, first), (not_p, no(first)), (q, second), (not_q, no(second))):
        if told & fact:
            yield f"{premise}. {capitalised(text)}", told & fact


@FAMILY.pattern()
def rule_and_news(draw: Draw) -> Iterator[Draft]:
    """A rule about the past, and what was the case."""
    tense = draw.one([Tense.PAST, Tense.PERFECT])
    one, two = draw.clauses(2, place=0.1, tense=tense)
    worlds = Propositions(2)
    first, second = worlds.facts
    words = (one.yes, one.no, two.yes, two.no)
    for premise, told in draw.some(_rules(*words, (first, second), draw), 2):
        for text, known in _news(premise, told, *words, (first, second)):
            said = text.removeprefix(premise).strip(". ").lower()
            for hypothesis, asked, form in (
                (one.yes, first, "yes"), (one.no, worlds.no(first), "no"),
                (two.yes, second, "yes"), (two.no, worlds.no(second), "no"),
            ):  # fmt: skip
                if hypothesis.lower() != said:
                    label = label_of(known, asked)
                    yield Draft(text, hypothesis, label, WHY[label], form)


@FAMILY.pattern()
def habits(draw: Draw) -> Iterator[Draft]:
    """A habit that depends on something, and a day."""
    who = draw.names(1)[0]
    condition, denial = draw.one(
        [
            ("it rains", "it does not rain"),
            ("the bus is late", "the bus is not late"),
            ("the shop is open", "the shop is not open"),
            ("the power fails", "the power does not fail"),
            ("the lake is frozen", "the lake is not frozen"),
            ("guests come", "no guests come"),
            ("the phone rings", "the phone does not ring"),
        ]
    )
    does, not_does = draw.one(
        [
            ("takes a taxi", "does not take a taxi"),
            ("stays at home", "does not stay at home"),
            ("bakes a cake", "does not bake a cake"),
            ("wears boots", "does not wear boots"),
            ("calls a friend", "does not call a friend"),
            ("lights the stove", "does not light the stove"),
            ("goes to the library", "does not go to the library"),
        ]
    )
    day = draw.days(1)[0]
    worlds = Propositions(2)
    first, second = worlds.facts
    words = (condition, denial, f"{who} {does}", f"{who} {not_does}")
    for premise, told in draw.some(_rules(*words, (first, second), draw), 2):
        for text, known in _news(premise, told, *words, (first, second)):
            if text == premise:
                continue
            sentence = text.replace(f"{premise}. ", f"{premise}. This {day}, ")
            head, _, tail = sentence.partition(f"This {day}, ")
            news = tail if tail.startswith(who.text) else tail[:1].lower() + tail[1:]
            for hypothesis, asked, form in (
                (f"this {day}, {who} {does}", second, "does"),
                (f"this {day}, {who} {not_does}", worlds.no(second), "does-not"),
                (f"this {day}, {condition}", first, "is"),
                (f"this {day}, {denial}", worlds.no(first), "is-not"),
            ):
                if not hypothesis.endswith(news):
                    label = label_of(known, asked)
                    yield Draft(f"{head}This {day}, {news}", hypothesis, label, WHY[label], form)


@FAMILY.pattern()
def rule_from_rule(draw: Draw) -> Iterator[Draft]:
    """One rule from another: contraposition follows, the converse does not."""
    one, two = draw.clauses(2, place=0.1, tense=Tense.PAST)
    worlds = Propositions(2)
    p, q = worlds.facts
    no = worlds.no
    statements = [
        (f"if {one.yes}, {two.yes}", no(p) | q),
        (f"if {two.yes}, {one.yes}", no(q) | p),
        (f"if {one.no}, {two.no}", p | no(q)),
        (f"if {two.no}, {one.no}", q | no(p)),
        (f"{one.yes} only if {two.yes}", no(p) | q),
        (f"{two.yes} only if {one.yes}", no(q) | p),
        (f"{one.yes}, but {two.no}", p & no(q)),
        (f"{two.yes}, but {one.no}", q & no(p)),
    ]
    for premise, told in draw.some(statements, 3):
        for hypothesis, asked in statements:
            if hypothesis != premise:
                label = label_of(told, asked)
                # A fact that only makes a rule vacuously true is no reason to assert the rule.
                if label is ENTAILMENT and "but" in premise:
                    continue
                form = "only-if" if "only" in hypothesis else "but" if "but" in hypothesis else "if"
                yield Draft(premise, hypothesis, label, WHY[label], form)


@FAMILY.pattern()
def condition_or_cause(draw: Draw) -> Iterator[Draft]:
    """Because says that both hold, if says neither, although and even though say both."""
    tense = draw.one([Tense.PAST, Tense.PERFECT, Tense.PAST_PROGRESSIVE])
    one, two = draw.clauses(2, place=0.1, tense=tense)
    openings = [
        (f"because {one.yes}, {two.yes}", ENTAILMENT, "because asserts cause and effect"),
        (f"even though {one.yes}, {two.yes}", ENTAILMENT, "even though asserts both"),
        (f"if {one.yes}, {two.yes}", NEUTRAL, "if asserts neither side"),
        (f"{two.yes}, as {one.yes}", ENTAILMENT, "as asserts both"),
        (f"suppose that {one.yes} and {two.yes}", NEUTRAL, "a supposition asserts nothing"),
        (f"because {one.no}, {two.no}", CONTRADICTION, "because asserts cause and effect"),
        (f"if {one.no}, {two.no}", NEUTRAL, "if asserts neither side"),
        (f"although {one.no}, {two.no}", CONTRADICTION, "although asserts both"),
    ]
    for premise, label, why in openings:
        for clause in (one, two):
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            yield Draft(premise, clause.yes, label, why, "yes")
            yield Draft(premise, clause.no, flipped, why, "no")


@FAMILY.pattern()
def had_it_been(draw: Draw) -> Iterator[Draft]:
    """What would have been was not."""
    a, b = draw.people(2)
    one, two = draw.verb_phrases(2, place=0.1)
    for premise, label, why in (
        (f"if {a} had {one.participle}, {b} would have {two.participle}", CONTRADICTION, "had says that it was not so"),
        (
            f"had {a} not {one.participle}, {b} would not have {two.participle}",
            ENTAILMENT,
            "had not says that it was so",
        ),
        (f"if {a} {one.past}, {b} {two.past} as well", NEUTRAL, "a plain condition says neither"),
    ):
        flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
        yield Draft(premise, f"{a} {one.past}", label, why, "yes")
        yield Draft(premise, f"{a} did not {one.base}", flipped, why, "no")
