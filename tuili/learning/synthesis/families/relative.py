"""Relative clauses: who did what, when one clause stands inside another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family("relative", "Relative clauses with subject or object gaps, nested, negated, of persons and things")


@FAMILY.pattern(framed=True)
def subject_or_object_gap(draw: Draw) -> Iterator[Draft]:
    """ "The nurse who called the pilot" and "the nurse whom the pilot called"."""
    first, second = draw.roles(2)
    a, b = f"the {first}", f"the {second}"
    verb = draw.person_to_person()
    did = draw.verb_phrases(1)[0]
    for premise, (doer, other) in (
        (f"{a} who {verb.past} {b} {did.past}", (a, b)),
        (f"{a} {draw.one(['whom', 'that', 'who'])} {b} {verb.past} {did.past}", (b, a)),
        (f"{b} {verb.past} {a} who {did.past}", (b, a)),
    ):
        yield Draft(premise, f"{a} {did.past}", ENTAILMENT, f"the whole clause is about {a}", "did")
        yield Draft(premise, f"{b} {did.past}", NEUTRAL, f"{b} only stands in the other clause", "did")
        yield Draft(premise, f"{doer} {verb.past} {other}", ENTAILMENT, f"{doer} is the subject of that verb", "pair")
        yield Draft(premise, f"{other} {verb.past} {doer}", NEUTRAL, f"{doer} is the subject of that verb", "pair")


@FAMILY.pattern(framed=True)
def side_remark(draw: Draw) -> Iterator[Draft]:
    """A clause between commas adds a second statement."""
    a, b = draw.people(2, plural=False)
    verb = draw.person_to_person()
    also = draw.verb_phrases(1, place=0.1)[0]
    for premise, facts in (
        (f"{a}, who {also.past}, {verb.past} {b}", {(a, also), "ab"}),
        (f"{a} {verb.past} {b}, who {also.past}", {(b, also), "ab"}),
        (f"{a}, whom {b} {verb.past}, {also.past}", {(a, also), "ba"}),
    ):
        for who in (a, b):
            holds = (who, also) in facts
            why = f"the clause about that belongs to {who}" if holds else f"that is said of somebody else than {who}"
            yield Draft(premise, f"{who} {also.past}", ENTAILMENT if holds else NEUTRAL, why, "also")
        for x, y, key in ((a, b, "ab"), (b, a, "ba")):
            holds = key in facts
            why = "the roles are those of the premise" if holds else "the roles are swapped"
            yield Draft(premise, f"{x} {verb.past} {y}", ENTAILMENT if holds else NEUTRAL, why, "pair")


@FAMILY.pattern(framed=True)
def thing_with_a_history(draw: Draw) -> Iterator[Draft]:
    """A thing that one did something to and another something else."""
    a, b = draw.people(2)
    verb, (noun, _) = draw.transitive()
    other = verb
    while other.base == verb.base:
        other, (_, _) = draw.transitive()
        groups = [group.words for group in draw.lexicon.verbs if noun in draw.lexicon.kind(group.object)]
        other = draw.lexicon.verb(draw.one(draw.one(groups)))
    thing = f"the {noun}"
    for premise in (
        f"{a} {verb.past} {thing} that {b} {other.past}",
        f"{thing} that {b} {other.past} was {verb.participle} by {a}",
        f"{b} {other.past} {thing}, which was {verb.participle} by {a}",
    ):
        for who, did, holds in ((a, verb, True), (b, other, True), (a, other, False), (b, verb, False)):
            why = f"that is what {who} did" if holds else "that is what the other one did"
            yield Draft(premise, f"{who} {did.past} {thing}", ENTAILMENT if holds else NEUTRAL, why, "active")


@FAMILY.pattern(framed=True)
def negated_clause(draw: Draw) -> Iterator[Draft]:
    """One of the two clauses is denied."""
    role, other = draw.roles(2)
    a, b = f"the {role}", f"the {other}"
    one, two = draw.verb_phrases(2, place=0.1)
    for premise, first, second in (
        (f"{a}, who did not {one.base}, {two.past}", CONTRADICTION, ENTAILMENT),
        (f"{a}, who {one.past}, did not {two.base}", ENTAILMENT, CONTRADICTION),
        (f"{a} met {b}, who {one.past} but did not {two.base}", NEUTRAL, NEUTRAL),
        (f"{a}, who {two.past}, did not {one.base}", CONTRADICTION, ENTAILMENT),
    ):
        for did, label in ((one, first), (two, second)):
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            why = f"the premise says so of {a}" if label is not NEUTRAL else f"that is said of {b} only"
            yield Draft(premise, f"{a} {did.past}", label, why, "yes")
            yield Draft(premise, f"{a} did not {did.base}", flipped, why, "no")


@FAMILY.pattern(framed=True)
def nested(draw: Draw) -> Iterator[Draft]:
    """A clause inside a clause."""
    a, b, c = (f"the {role}" for role in draw.roles(3))
    v, w = draw.person_to_person(), draw.person_to_person()
    did = draw.verb_phrases(1)[0]
    for premise, pairs in (
        (f"{a} who {v.past} {b} who {w.past} {c} {did.past}", {(a, v, b), (b, w, c)}),
        (f"{a} who {v.past} {b}, who in turn {w.past} {c}, {did.past}", {(a, v, b), (b, w, c)}),
    ):
        if v.base == w.base:
            return
        yield Draft(premise, f"{a} {did.past}", ENTAILMENT, f"the outermost clause is about {a}", "did")
        for who in (b, c):
            yield Draft(premise, f"{who} {did.past}", NEUTRAL, f"the outermost clause is about {a}", "did")
        for x, verb, y in ((a, v, b), (b, w, c), (a, w, c), (c, w, b), (a, v, c), (b, v, a)):
            holds = (x, verb, y) in pairs
            why = "the inner clauses say so" if holds else "none of the clauses says so"
            yield Draft(premise, f"{x} {verb.past} {y}", ENTAILMENT if holds else NEUTRAL, why, "pair")


@FAMILY.pattern(framed=True)
def which_one_of_them(draw: Draw) -> Iterator[Draft]:
    """A clause that tells which one is meant."""
    role = draw.roles(1)[0]
    one, two = draw.verb_phrases(2, place=0)
    city, other = draw.cities(2)
    a, b = f"the {role} who lives in {city}", f"the {role} who lives in {other}"
    premise = f"{a} {one.past}, and {b} {two.past}"
    for who, did, holds in ((a, one, True), (b, two, True), (a, two, False), (b, one, False)):
        why = f"that is said of {who}" if holds else f"that is not said of {who}"
        yield Draft(premise, f"{who} {did.past}", ENTAILMENT if holds else NEUTRAL, why, "did")
    denial = f"{a} {one.past}, but {b} did not"
    yield Draft(denial, f"{b} {one.past}", CONTRADICTION, f"that is denied of {b}", "did")
    yield Draft(denial, f"{a} {one.past}", ENTAILMENT, f"that is said of {a}", "did")
    unlike = f"{b} {one.past}, unlike {a}"
    yield Draft(unlike, f"{a} {one.past}", CONTRADICTION, f"that is denied of {a}", "did")
