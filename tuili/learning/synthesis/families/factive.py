"""Verbs that say whether what follows them is so: factives, implicatives, reports and modals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import Tense
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw
    from tuili.types import Label

FAMILY = Family("factive", "Know, think, claim; manage, fail, forget, refuse, pretend; may, must, could have")

# What follows "to" is so (+), is not so (-), is open (0), or is better left out (x): when the verb is affirmed, and
# when it is denied.
TO = {
    "managed": ("manage", "+-"),
    "failed": ("fail", "-+"),
    "forgot": ("forget", "-+"),
    "remembered": ("remember", "+-"),
    "refused": ("refuse", "-0"),
    "tried": ("try", "0x"),
    "wanted": ("want", "00"),
    "hoped": ("hope", "00"),
    "promised": ("promise", "0x"),
    "planned": ("plan", "00"),
    "neglected": ("neglect", "-+"),
    "happened": ("happen", "+x"),
    "dared": ("dare", "+-"),
    "offered": ("offer", "0x"),
    "agreed": ("agree", "0x"),
    "intended": ("intend", "00"),
    "expected": ("expect", "00"),
    "decided": ("decide", "00"),
}
THAT = {
    "knew": ("know", "+"),
    "realised": ("realise", "+"),
    "noticed": ("notice", "+"),
    "found out": ("find out", "+"),
    "regretted": ("regret", "+"),
    "was glad": ("be glad", "+"),
    "was aware": ("be aware", "+"),
    "overlooked": ("overlook", "+"),
    "thought": ("think", "0"),
    "believed": ("believe", "0"),
    "said": ("say", "0"),
    "claimed": ("claim", "0"),
    "hoped": ("hope", "0"),
    "feared": ("fear", "0"),
    "suspected": ("suspect", "0"),
    "was told": ("be told", "0"),
    "guessed": ("guess", "0"),
    "assumed": ("assume", "0"),
    "wrongly believed": ("", "-"),
    "was mistaken in thinking": ("", "-"),
    "falsely claimed": ("", "-"),
    "pretended": ("", "-"),
    "lied": ("", "-"),
}
LABELS = {"+": ENTAILMENT, "-": CONTRADICTION, "0": NEUTRAL}
WHY = {
    ENTAILMENT: "{} can only be said of what is so",
    CONTRADICTION: "{} can only be said of what is not so",
    NEUTRAL: "{} leaves open whether it is so",
}


def _flip(label: Label) -> Label:
    return {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)


@FAMILY.pattern()
def to_do(draw: Draw) -> Iterator[Draft]:
    """Managed to, failed to, tried to…, affirmed and denied."""
    who = draw.people(1)[0]
    did = draw.verb_phrases(1, avoid=("sleep", "cough", "sneeze", "yawn"))[0]
    # one of each kind, so that no label is rare
    for past in draw.some(list(TO), 5):
        base, signature = TO[past]
        for premise, sign in (
            (f"{who} {past} to {did.base}", signature[0]),
            (f"{who} did not {base} to {did.base}", signature[1]),
        ):
            if sign == "x":
                continue
            label = LABELS[sign]
            why = WHY[label].format(f'"{premise.removeprefix(str(who)).strip().split(" to ")[0]} to"')
            yield Draft(premise, f"{who} {did.past}", label, why, "yes")
            yield Draft(premise, f"{who} did not {did.base}", _flip(label), why, "no")


@FAMILY.pattern()
def that_clause(draw: Draw) -> Iterator[Draft]:
    """Knew that, thought that, wrongly believed that…"""
    who = draw.people(1, plural=False)[0]
    clause = draw.clauses(1, tense=draw.one([Tense.PAST, Tense.PAST_PROGRESSIVE]))[0]
    if clause.subject == who or str(clause.subject) in str(who):
        return
    signs = draw.some([verb for verb, (_, sign) in THAT.items() if sign == "+"], 2)
    signs += draw.some([verb for verb, (_, sign) in THAT.items() if sign == "0"], 2)
    signs += draw.some([verb for verb, (_, sign) in THAT.items() if sign == "-"], 2)
    for past in signs:
        base, sign = THAT[past]
        for said, turn in ((clause.yes, False), (clause.no, True)):
            label = LABELS[sign]
            label = _flip(label) if turn else label
            why = WHY[LABELS[sign]].format(f'"{past} that"')
            yield Draft(f"{who} {past} that {said}", clause.yes, label, why, "yes")
            yield Draft(f"{who} {past} that {said}", clause.no, _flip(label), why, "no")
        if base and not base.startswith("be ") and sign == "+":
            denied = f"{who} did not {base} that {clause.yes}"
            yield Draft(denied, clause.yes, ENTAILMENT, f"not to {base} it does not change that it is so", "yes")
            yield Draft(denied, clause.no, CONTRADICTION, f"not to {base} it does not change that it is so", "no")
        if base and not base.startswith("be ") and sign == "0":
            denied = f"{who} did not {base} that {clause.yes}"
            yield Draft(denied, clause.yes, NEUTRAL, f"whether somebody would {base} it does not decide it", "yes")
            yield Draft(denied, clause.no, NEUTRAL, f"whether somebody would {base} it does not decide it", "no")


@FAMILY.pattern(framed=True)
def modals(draw: Draw) -> Iterator[Draft]:
    """May have, could have but, certainly did."""
    who = draw.people(1)[0]
    did = draw.verb_phrases(1)[0]
    for premise, label in (
        (f"{who} may have {did.participle}", NEUTRAL),
        (f"{who} might not have {did.participle}", NEUTRAL),
        (f"{who} should have {did.participle}, but nobody knows whether it happened", NEUTRAL),
        (f"{who} was supposed to {did.base}", NEUTRAL)
        if not who.plural
        else (f"{who} were supposed to {did.base}", NEUTRAL),
        (f"{who} could have {did.participle} but chose not to", CONTRADICTION),
        (f"{who} should have {did.participle} but did not", CONTRADICTION),
        (f"{who} would have {did.participle}, had there been time", CONTRADICTION),
        (f"{who} need not have {did.participle} but did so all the same", ENTAILMENT),
        (f"{who} certainly {did.past}", ENTAILMENT),
        (f"{who} had to {did.base} and did so", ENTAILMENT),
        (f"{who} was able to {did.base} and did so at once", ENTAILMENT)
        if not who.plural
        else (f"{who} did indeed {did.base}", ENTAILMENT),
    ):
        why = {
            ENTAILMENT: "the premise says that it happened",
            NEUTRAL: "possible or due is not done",
            CONTRADICTION: "the premise says that it did not happen",
        }[label]
        yield Draft(premise, f"{who} {did.past}", label, why, "yes")
        yield Draft(premise, f"{who} did not {did.base}", _flip(label), why, "no")


@FAMILY.pattern()
def made_or_asked(draw: Draw) -> Iterator[Draft]:
    """Made somebody do it, asked somebody to, kept somebody from it."""
    a, b = draw.people(2)
    did = draw.verb_phrases(1, place=0.1)[0]
    for middle, label in (
        (f"made {b} {did.base}", ENTAILMENT),
        (f"saw {b} {did.base}", ENTAILMENT),
        (f"got {b} to {did.base}", ENTAILMENT),
        (f"helped {b} when {b} {did.past}", ENTAILMENT),
        (f"asked {b} to {did.base}", NEUTRAL),
        (f"advised {b} to {did.base}", NEUTRAL),
        (f"wanted {b} to {did.base}", NEUTRAL),
        (f"asked {b} not to {did.base}", NEUTRAL),
        (f"kept {b} from {did.ing}", CONTRADICTION),
        (f"stopped {b} before {b} could {did.base}", CONTRADICTION),
        (f"talked {b} out of {did.ing}", CONTRADICTION),
    ):
        why = {
            ENTAILMENT: f"so {b} did it",
            NEUTRAL: f"a wish does not say whether {b} did it",
            CONTRADICTION: f"so {b} did not do it",
        }[label]
        yield Draft(f"{a} {middle}", f"{b} {did.past}", label, why, "yes")
        yield Draft(f"{a} {middle}", f"{b} did not {did.base}", _flip(label), why, "no")


@FAMILY.pattern(veridical=False)
def sources(draw: Draw) -> Iterator[Draft]:
    """According to somebody, rumours, proof."""
    clause = draw.clauses(1, tense=draw.one([Tense.PAST, Tense.PERFECT]))[0]
    name = draw.one([name for name in draw.lexicon.people if name not in clause.yes])
    for opening, label in (
        (f"according to {name},", NEUTRAL),
        ("rumour has it that", NEUTRAL),
        (f"{name} asked whether", NEUTRAL),
        ("some people suspect that", NEUTRAL),
        ("it is possible that", NEUTRAL),
        (f"{name} dreamt that", NEUTRAL),
        ("it has been proved that", ENTAILMENT),
        ("it is a fact that", ENTAILMENT),
        (f"{name} could prove that", ENTAILMENT),
        ("it came to light that", ENTAILMENT),
        ("it is strange that", ENTAILMENT),
        ("it is a pity that", ENTAILMENT),
        ("the rumour is false that", CONTRADICTION),
        ("it is a myth that", CONTRADICTION),
        ("it has been disproved that", CONTRADICTION),
        (f"{name} told the lie that", CONTRADICTION),
    ):
        why = {
            ENTAILMENT: "the premise vouches for it",
            NEUTRAL: "nobody vouches for it",
            CONTRADICTION: "the premise calls it false",
        }[label]
        for said, turn in ((clause.yes, False), (clause.no, True)):
            result = _flip(label) if turn else label
            yield Draft(f"{opening} {said}", clause.yes, result, why, "yes")
            yield Draft(f"{opening} {said}", clause.no, _flip(result), why, "no")
