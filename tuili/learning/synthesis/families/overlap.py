"""Word-overlap traps: every word of the hypothesis stands in the premise, whether it follows or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import Tense, finite
from tuili.learning.synthesis.pair import ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family("overlap", "All words of the hypothesis stand in the premise: parts of it, its phrases, swapped roles")


@FAMILY.pattern(framed=True)
def modified_subject(draw: Draw) -> Iterator[Draft]:
    """What stands beside the verb is not its subject."""
    who, other = draw.people(2, plural=False)
    did = draw.verb_phrases(1)[0]
    link = draw.one(
        [
            "who had trained with",
            "sitting opposite",
            "in charge of",
            "who works for",
            "who resembles",
            "travelling with",
            "waiting for",
            "recommended by",
            "who is related to",
            "accompanied by",
            "standing in for",
        ]
    )
    premise = (
        f"{who} {link} {other} {did.past}" if str(who).startswith("the ") else f"{who}, {link} {other}, {did.past}"
    )
    yield Draft(premise, f"{who} {did.past}", ENTAILMENT, f"the subject of the sentence is {who}", "did")
    yield Draft(premise, f"{other} {did.past}", NEUTRAL, f"{other} only describes who did it", "did")
    bare = did.bare
    if bare != did:
        yield Draft(premise, f"{who} {bare.past}", ENTAILMENT, f"the subject of the sentence is {who}", "did-short")
        yield Draft(premise, f"{other} {bare.past}", NEUTRAL, f"{other} only describes who did it", "did-short")


@FAMILY.pattern(framed=True)
def neighbouring_clauses(draw: Draw) -> Iterator[Draft]:
    """An object of one clause stands beside the verb of the next."""
    a, b, c = draw.people(3)
    verb = draw.person_to_person()
    did = draw.verb_phrases(1)[0]
    link = draw.one([", and", ", while", ", but", "; a little later"])
    premise = f"{a} {verb.past} {b}{link} {c} {did.past}"
    swapped = f"{c} {did.past}{link.replace('; a little later', ', and then')} {a} {verb.past} {b}"
    for text in (premise, swapped):
        yield Draft(text, f"{c} {did.past}", ENTAILMENT, f"that is said of {c}", "did")
        yield Draft(text, f"{b} {did.past}", NEUTRAL, f"{b} only belongs to the other clause", "did")
        yield Draft(text, f"{a} {did.past}", NEUTRAL, f"{a} is the subject of the other clause", "did")
        yield Draft(text, f"{a} {verb.past} {b}", ENTAILMENT, "one of the two clauses says so", "pair")
        yield Draft(text, f"{b} {verb.past} {a}", NEUTRAL, "the roles are swapped", "pair")
        yield Draft(text, f"{a} {verb.past} {c}", NEUTRAL, f"{c} is not the object of that clause", "pair")


@FAMILY.pattern(framed=True)
def emphasis_on_one(draw: Draw) -> Iterator[Draft]:
    """A cleft says the same as the plain sentence, with the roles kept."""
    a, b = draw.people(2)
    verb = draw.person_to_person()
    for premise in (f"it was {a} who {verb.past} {b}", f"it was {b} that {a} {verb.past}"):
        yield Draft(premise, f"{a} {verb.past} {b}", ENTAILMENT, "the emphasis changes no role", "pair")
        yield Draft(premise, f"{b} {verb.past} {a}", NEUTRAL, "the roles are swapped", "pair")


@FAMILY.pattern()
def whose_property(draw: Draw) -> Iterator[Draft]:
    """A property belongs to the one whom it describes."""
    first, second = draw.roles(2)
    verb = draw.person_to_person()
    one, other = draw.some(draw.lexicon.properties["person"], 2)
    premise = f"the {one} {first} {verb.past} the {other} {second}"
    if draw.chance(0.4):
        premise = f"the {other} {second} was {verb.participle} by the {one} {first}"
    yield Draft(premise, f"the {first} is {one}", ENTAILMENT, f"the {first} is called {one}", "is")
    yield Draft(premise, f"the {second} is {other}", ENTAILMENT, f"the {second} is called {other}", "is")
    yield Draft(premise, f"the {first} is {other}", NEUTRAL, f"only the {second} is called {other}", "is")
    yield Draft(premise, f"the {second} is {one}", NEUTRAL, f"only the {first} is called {one}", "is")
    yield Draft(
        premise,
        f"the {first} {verb.past} the {second}",
        ENTAILMENT,
        "leaving out the adjectives changes no role",
        "pair",
    )
    yield Draft(premise, f"the {second} {verb.past} the {first}", NEUTRAL, "the roles are swapped", "pair")


@FAMILY.pattern(framed=True)
def giver_and_receiver(draw: Draw) -> Iterator[Draft]:
    """Two ways to name a receiver, and the swap of giver and receiver."""
    a, b = draw.people(2)
    verb = draw.lexicon.verb(draw.one(["give", "send", "show", "lend"]))
    thing = draw.one([f"the {noun}" for noun in draw.things(3)])
    tense = draw.one([Tense.PAST, Tense.PERFECT, Tense.FUTURE])

    def said(who: object, whom: object, *, plural: bool, short: bool) -> str:
        group = finite(verb, tense, plural=plural)
        return f"{who} {group} {whom} {thing}" if short else f"{who} {group} {thing} to {whom}"

    for short in (True, False):
        premise = said(a, b, plural=a.plural, short=short)
        same = said(a, b, plural=a.plural, short=not short)
        swap = said(b, a, plural=b.plural, short=not short)
        yield Draft(premise, same, ENTAILMENT, f"{a} stays the giver and {b} the receiver", f"to-{short}")
        yield Draft(premise, swap, NEUTRAL, "giver and receiver are swapped", f"to-{short}")


@FAMILY.pattern(framed=True)
def each_their_own(draw: Draw) -> Iterator[Draft]:
    """Two persons, two deeds: who did which."""
    a, b = draw.people(2)
    first, second = draw.verb_phrases(2, place=0.1)
    link = draw.one([", and", ", whereas", ", while", "; then"])
    premise = f"{a} {first.past}{link} {b} {second.past}"
    for who, did, label in (
        (a, first, ENTAILMENT), (b, second, ENTAILMENT), (a, second, NEUTRAL), (b, first, NEUTRAL)
    ):  # fmt: skip
        reason = "the premise says so" if label is ENTAILMENT else "the premise says so of the other one only"
        yield Draft(premise, f"{who} {did.past}", label, reason, "did")


@FAMILY.pattern(framed=True)
def owner_and_owned(draw: Draw) -> Iterator[Draft]:
    """What somebody's relative does, they need not do."""
    a, b = draw.people(2, plural=False)
    relative = draw.one(["brother", "sister", "cousin", "colleague", "neighbour", "landlord", "assistant", "manager"])
    did, other = draw.verb_phrases(2)
    own = f"{a.possessive} {relative} {did.past}, and {b} {other.past}"
    plain = f"{a} {did.past}, and {b.possessive} {relative} {other.past}"
    yield Draft(own, f"{a.possessive} {relative} {did.past}", ENTAILMENT, "that is the first clause", "relative")
    yield Draft(own, f"{a} {did.past}", NEUTRAL, f"it is {a.possessive} {relative} who did, not {a}", "self")
    yield Draft(own, f"{b} {other.past}", ENTAILMENT, "that is the second clause", "self")
    yield Draft(plain, f"{a} {did.past}", ENTAILMENT, "that is the first clause", "self")
    yield Draft(plain, f"{a.possessive} {relative} {did.past}", NEUTRAL, f"it is {a} who did", "relative")


@FAMILY.pattern(framed=True)
def seen_doing(draw: Draw) -> Iterator[Draft]:
    """Seeing somebody do it is not doing it, and planning it for somebody is not their doing it."""
    a, b = draw.people(2, plural=False)
    did = draw.verb_phrases(1)[0]
    see = draw.one(["saw", "heard", "watched", "noticed"])
    for premise, doer in (
        (f"{a} {see} {b} before {a} {did.past}", a),
        (f"{a} {see} how {b} {did.past}", b),
        (f"{a}, whom {b} {see}, {did.past}", a),
    ):
        other = b if doer is a else a
        yield Draft(premise, f"{doer} {did.past}", ENTAILMENT, f"{doer} is the one who did it", "did")
        yield Draft(premise, f"{other} {did.past}", NEUTRAL, f"it is said of {doer}, not of {other}", "did")
