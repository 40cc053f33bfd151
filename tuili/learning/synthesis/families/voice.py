"""Active and passive: who did it to whom, whichever comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import NounPhrase, Tense, Verb, finite, passive
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family("voice", "Active and passive sentences, with roles kept or swapped, and verbs with a converse")
CONVERSES = (
    ("sell", "to", "buy", "from"),
    ("lend", "to", "borrow", "from"),
    ("give", "to", "receive", "from"),
    ("send", "to", "get", "from"),
)


def _active(a: NounPhrase, verb: Verb, b: NounPhrase, tense: Tense, *, negative: bool = False) -> str:
    return f"{a} {finite(verb, tense, plural=a.plural, negative=negative)} {b}"


def _passive(a: NounPhrase, verb: Verb, b: NounPhrase | None, tense: Tense, *, negative: bool = False) -> str:
    by = f" by {b}" if b else ""
    return f"{a} {passive(verb, tense, plural=a.plural, negative=negative)}{by}"


@FAMILY.pattern(framed=True)
def roles_kept_or_swapped(draw: Draw) -> Iterator[Draft]:
    """From active to passive and back."""
    a, b = draw.people(2)
    verb, tense = draw.person_to_person(), draw.tense()
    at = f" {draw.place()}" if draw.chance(0.4) else ""
    for premise in (_active(a, verb, b, tense) + at, _passive(b, verb, a, tense) + at):
        yield Draft(premise, _active(a, verb, b, tense), ENTAILMENT, f"{a} is who acts in both", "active")
        yield Draft(premise, _active(b, verb, a, tense), NEUTRAL, "the roles are swapped", "active")
        yield Draft(premise, _passive(b, verb, a, tense), ENTAILMENT, f"{b} is whom it happens to in both", "passive")
        yield Draft(premise, _passive(a, verb, b, tense), NEUTRAL, "the roles are swapped", "passive")


@FAMILY.pattern(framed=True)
def agent_left_out(draw: Draw) -> Iterator[Draft]:
    """The one to whom it happened, without who did it."""
    a, b = draw.people(2)
    verb, tense = draw.person_to_person(), draw.tense()
    for premise in (_active(a, verb, b, tense), _passive(b, verb, a, tense)):
        yield Draft(premise, _passive(b, verb, None, tense), ENTAILMENT, f"it happened to {b}", "short-passive")
        yield Draft(
            premise,
            _passive(a, verb, None, tense),
            NEUTRAL,
            f"{a} did it, and may not have had it done",
            "short-passive",
        )
        someone = NounPhrase("someone")
        yield Draft(premise, _active(someone, verb, b, tense), ENTAILMENT, f"{a} is someone", "someone")
        yield Draft(premise, _active(someone, verb, a, tense), NEUTRAL, f"{a} acts and need not be acted on", "someone")
    unknown = _passive(b, verb, None, tense)
    yield Draft(unknown, _passive(b, verb, a, tense), NEUTRAL, "the premise does not say who did it", "full-passive")
    full = _active(a, verb, b, tense)
    yield Draft(full, _passive(b, verb, a, tense), ENTAILMENT, "the same in the passive", "full-passive")


@FAMILY.pattern(framed=True)
def voice_and_denial(draw: Draw) -> Iterator[Draft]:
    """Both voices, said and denied."""
    who = draw.people(1)[0]
    verb, (noun, _) = draw.transitive()
    thing, tense = NounPhrase(f"the {noun}"), draw.tense()
    for negative in (False, True):
        said = _active(who, verb, thing, tense, negative=negative)
        turned = _passive(thing, verb, who, tense, negative=negative)
        for premise, form in ((said, "passive"), (turned, "active")):
            for denied in (False, True):
                build = (
                    _passive(thing, verb, who, tense, negative=denied)
                    if form == "passive"
                    else _active(who, verb, thing, tense, negative=denied)
                )
                same = denied == negative
                reason = "both voices say the same" if same else "one says what the other denies"
                yield Draft(premise, build, ENTAILMENT if same else CONTRADICTION, reason, f"{form}-{denied}")
    open_end = f"{who} had a look at {thing}"
    for denied in (False, True):
        hypothesis = _passive(thing, verb, who, tense, negative=denied)
        yield Draft(open_end, hypothesis, NEUTRAL, "a look says nothing of the rest", f"passive-{denied}")


@FAMILY.pattern(framed=True)
def had_it_done(draw: Draw) -> Iterator[Draft]:
    """Who has something done does not do it."""
    a, b = draw.people(2)
    verb, (noun, _) = draw.transitive()
    thing = NounPhrase(f"the {noun}")
    for premise in (
        f"{a} had {thing} {verb.participle} by {b}",
        f"{a} asked for {thing}, and it was {verb.participle} by {b}",
    ):
        for who, label in ((b, ENTAILMENT), (a, NEUTRAL)):
            reason = f"{b} is who did it" if label is ENTAILMENT else f"{a} only ordered it"
            yield Draft(premise, _active(who, verb, thing, Tense.PAST), label, reason, "active")
            yield Draft(premise, _passive(thing, verb, who, Tense.PAST), label, reason, "passive")


@FAMILY.pattern(framed=True)
def converse_verbs(draw: Draw) -> Iterator[Draft]:
    """What one sells, the other buys."""
    a, b = draw.people(2, plural=False)
    give, to, get, from_ = draw.one(CONVERSES)
    give_verb, get_verb = draw.lexicon.verb(give), draw.lexicon.verb(get)
    thing = f"the {draw.one(draw.things(2))}"
    gave = f"{a} {give_verb.past} {thing} {to} {b}"
    got = f"{b} {get_verb.past} {thing} {from_} {a}"
    yield Draft(gave, got, ENTAILMENT, "the same deal from the other side", "get")
    yield Draft(got, gave, ENTAILMENT, "the same deal from the other side", "give")
    yield Draft(
        gave, f"{a} {get_verb.past} {thing} {from_} {b}", NEUTRAL, "the two sides of the deal are swapped", "get"
    )
    yield Draft(got, f"{b} {give_verb.past} {thing} {to} {a}", NEUTRAL, "the two sides of the deal are swapped", "give")
