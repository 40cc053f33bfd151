"""Words: kinds, synonyms, opposites, places that lie in others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import Tense, VerbPhrase, article
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw

FAMILY = Family("lexical", "Kinds of things, synonyms, opposites of verbs and adjectives, cities and countries")


def _identified(draw: Draw, kind: str) -> str:
    """A sentence frame that says what one certain thing is."""
    who = draw.names(1)[0]
    if kind == "person":
        return draw.one(
            [
                f"{who.possessive} neighbour is {{}}",
                f"the person who called {who} is {{}}",
                f"{who.possessive} cousin is {{}}",
            ]
        )
    if kind == "animal":
        return draw.one(
            [
                f"the creature that {who} photographed was {{}}",
                f"{who.possessive} favourite toy looks exactly like {{}}",
                f"what {who} saw {draw.place()} was {{}}",
                f"the animal in {who.possessive} drawing is {{}}",
                "what is hiding under the bench is {}",
            ]
        )
    return draw.one(
        [f"what {who} found {draw.place()} was {{}}", f"the only thing that {who} bought was {{}}",
         "the thing under the cloth is {}", f"what stood {draw.place()} was {{}}", f"{who.possessive} present was {{}}",
         f"the first thing that {who} drew was {{}}"]
    )  # fmt: skip


@FAMILY.pattern()
def what_it_is(draw: Draw) -> Iterator[Draft]:
    """A certain thing is of one kind: wider, narrower and other kinds."""
    low, middle, top, sibling = draw.chain()
    kinds = [group.kind for group in draw.lexicon.nouns if group.hypernym == top]
    frame = _identified(draw, kinds[0] if kinds else "thing")

    def says(noun: str) -> str:
        return frame.format(article(noun))

    if low == middle:  # a vocabulary without three levels
        return
    cousins = [w for group in draw.lexicon.nouns if group.hypernym == sibling for w in group.members]
    yield Draft(says(low), says(middle), ENTAILMENT, f"every {low} is {article(middle)}", "kind")
    yield Draft(says(top), says(middle), NEUTRAL, f"not every {top} is {article(middle)}", "kind")
    yield Draft(says(sibling), says(middle), CONTRADICTION, f"no {sibling} is {article(middle)}", "kind")
    yield Draft(says(low), says(sibling), CONTRADICTION, f"no {low} is {article(sibling)}", "kind")
    if cousins:
        cousin = draw.one(cousins)
        yield Draft(says(cousin), says(sibling), ENTAILMENT, f"every {cousin} is {article(sibling)}", "kind")
        yield Draft(says(cousin), says(low), CONTRADICTION, f"no {cousin} is {article(low)}", "low")
        yield Draft(says(middle), says(low), NEUTRAL, f"not every {middle} is {article(low)}", "low")
        yield Draft(f"{says(low)}, as everybody could see", says(low), ENTAILMENT, "the premise says so", "low")


@FAMILY.pattern(framed=True)
def one_of_a_kind(draw: Draw) -> Iterator[Draft]:
    """There was one, so there was one of the wider kind; denial goes the other way."""
    low, middle, top, _ = draw.chain()
    at = draw.place()
    for positive in (True, False):
        said = f"there was {{}} {at}" if positive else f"there was no {{}} {at}"

        def says(noun: str, frame: str = said, *, yes: bool = positive) -> str:
            return frame.format(article(noun) if yes else noun)

        order = [low, middle, top]
        for premise_noun in order:
            for noun in order:
                if noun == premise_noun or (noun != middle and premise_noun != middle):
                    continue
                wider = order.index(noun) > order.index(premise_noun)
                follows = wider == positive
                why = f"every {low} is {article(middle)} and every {middle} is {article(top)}, not the other way round"
                form = f"{'yes' if positive else 'no'}-{'middle' if noun == middle else 'end'}"
                yield Draft(says(premise_noun), says(noun), ENTAILMENT if follows else NEUTRAL, why, form)
        opposite = f"there was no {{}} {at}" if positive else f"there was {{}} {at}"
        low_or_top = low if positive else top
        hypothesis = opposite.format(middle if positive else article(middle))
        form = f"{'no' if positive else 'yes'}-middle"
        yield Draft(says(low_or_top), hypothesis, CONTRADICTION, f"every {low} is {article(middle)}", form)


@FAMILY.pattern(framed=True)
def same_or_other_word(draw: Draw) -> Iterator[Draft]:
    """Another word for the same thing, against a word for another thing."""
    who, other = draw.people(2, plural=False)
    first, second = draw.some(draw.lexicon.synonyms["nouns"], 2)
    a, b = draw.some(first, 2)
    c = draw.one(second)
    verb = draw.one(
        ["looked for", "asked about", "described", "pointed at", "complained about", "talked about", "noticed"]
    )
    deny = {"looked for": "look for", "asked about": "ask about", "described": "describe", "pointed at": "point at",
            "complained about": "complain about", "talked about": "talk about", "noticed": "notice"}[verb]  # fmt: skip
    same, unrelated = f"{who} {verb} the {a} {draw.place()}", f"{who} {verb} the {c} next to the {a}"
    yield Draft(same, f"{who} {verb} the {b}", ENTAILMENT, f"{article(a)} is {article(b)}", "yes")
    yield Draft(same, f"{who} {verb} the {c}", NEUTRAL, f"{article(a)} is no {c}", "yes")
    yield Draft(same, f"{who} did not {deny} the {b}", CONTRADICTION, f"{article(a)} is {article(b)}", "no")
    yield Draft(unrelated, f"{who} {verb} the {c}", ENTAILMENT, "the premise says so", "yes")
    yield Draft(f"{other} {verb} the {a}", f"{who} {verb} the {b}", NEUTRAL, "that is said of somebody else", "yes")
    yield Draft(
        f"{who} did not {deny} the {a}",
        f"{who} did not {deny} the {b}",
        ENTAILMENT,
        f"{article(a)} is {article(b)}",
        "no",
    )
    yield Draft(
        f"{who} did not {deny} the {a}", f"{who} {verb} the {b}", CONTRADICTION, f"{article(a)} is {article(b)}", "yes"
    )
    yield Draft(
        f"{who} did not {deny} the {a}", f"{who} did not {deny} the {c}", NEUTRAL, f"{article(a)} is no {c}", "no"
    )


@FAMILY.pattern(framed=True)
def verbs_for_the_same(draw: Draw) -> Iterator[Draft]:
    """A more special verb, a more general one, and both denied."""
    who = draw.people(1)[0]
    pair = draw.one(draw.lexicon.verb_pairs)
    tense = draw.one([Tense.PAST, Tense.PERFECT, Tense.PROGRESSIVE, Tense.FUTURE])
    special = VerbPhrase(draw.lexicon.verb(pair.specific), pair.object)
    general = VerbPhrase(draw.lexicon.verb(pair.general), pair.object)

    def says(deed: VerbPhrase, *, negative: bool = False) -> str:
        return f"{who} {deed.finite(tense, plural=who.plural, negative=negative)}"

    why = f"to {pair.specific} is to {pair.general} in a certain way"
    yield Draft(says(special), says(general), ENTAILMENT, why, "general")
    yield Draft(says(general), says(special), NEUTRAL, why, "special")
    yield Draft(says(general, negative=True), says(special, negative=True), ENTAILMENT, why, "not-special")
    yield Draft(says(special, negative=True), says(general, negative=True), NEUTRAL, why, "not-general")
    yield Draft(says(special), says(general, negative=True), CONTRADICTION, why, "not-general")
    yield Draft(says(general, negative=True), says(special), CONTRADICTION, why, "special")
    yield Draft(says(special, negative=True), says(general), NEUTRAL, why, "general")
    yield Draft(says(general), says(special, negative=True), NEUTRAL, why, "not-special")


@FAMILY.pattern(framed=True)
def verbs_that_exclude_each_other(draw: Draw) -> Iterator[Draft]:
    """Won and lost, passed and failed, and what leaves both open."""
    who = draw.people(1, plural=False)[0]
    pair = draw.one(draw.lexicon.verb_opposites)
    i = draw.one([0, 1])
    one, two = pair.words[i], pair.words[1 - i]
    other_base = pair.bases[1 - i]
    premises = [
        (f"{who} {one} {pair.object}", ENTAILMENT, CONTRADICTION),
        (f"{who} {two} {pair.object}", CONTRADICTION, ENTAILMENT),
        (f"{who} {pair.ground} {pair.object}", NEUTRAL, NEUTRAL),
        (f"{who} {pair.ground} {pair.object} but {draw.one(['never', 'at no time'])} {two} it",
         ENTAILMENT if pair.complete else NEUTRAL, CONTRADICTION),
    ]  # fmt: skip
    for premise, first, second in premises:
        why = f"one occasion cannot be both {one} and {two}"
        if first is not ENTAILMENT or not premise.endswith(f"{one} {pair.object}"):
            yield Draft(premise, f"{who} {one} {pair.object}", first, why, "yes")
        else:
            yield Draft(f"{premise} in spite of everything", f"{who} {one} {pair.object}", first, why, "yes")
        flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(second, second)
        yield Draft(premise, f"{who} did not {other_base} {pair.object}", flipped, why, "no")


@FAMILY.pattern()
def where_it_lies(draw: Draw) -> Iterator[Draft]:
    """Cities, countries and continents."""
    city = draw.cities(1)[0]
    country = draw.lexicon.cities[city]
    continent = draw.lexicon.continents[country]
    others = [c for c in draw.lexicon.continents if c != country]
    far = [c for c in others if draw.lexicon.continents[c] != continent]
    if not others or not far:
        return
    other = draw.one(others)
    other_cities = [c for c, k in draw.lexicon.cities.items() if k == other]
    other_city = draw.one(other_cities)
    who, event = draw.names(1)[0], draw.event()
    frame = draw.one(
        [
            f"{event} took place in {{}}",
            f"{who} was born in {{}}",
            f"{who} spent the whole of March in {{}}",
            f"the head office of {draw.one(draw.lexicon.organisations)} is in {{}}",
        ]
    )
    why = f"{city} is in {country}, {other_city} in {other}"
    yield Draft(frame.format(city), frame.format(country), ENTAILMENT, why, "country")
    yield Draft(frame.format(other_city), frame.format(country), CONTRADICTION, why, "country")
    yield Draft(
        frame.format(continent), frame.format(country), NEUTRAL, f"{continent} is larger than {country}", "country"
    )
    yield Draft(frame.format(country), frame.format(city), NEUTRAL, f"{city} is only one place in {country}", "city")
    yield Draft(frame.format(other), frame.format(city), CONTRADICTION, why, "city")
    yield Draft(f"{frame.format(city)}, as planned", frame.format(city), ENTAILMENT, "the premise says so", "city")
    yield Draft(frame.format(city), frame.format(continent), ENTAILMENT, f"{country} is in {continent}", "continent")
    abroad = draw.one(far)
    yield Draft(
        frame.format(abroad), frame.format(continent), CONTRADICTION, f"{abroad} is not in {continent}", "continent"
    )


@FAMILY.pattern()
def what_somebody_is(draw: Draw) -> Iterator[Draft]:
    """Occupations do not exclude each other; kinds of them say more."""
    who = draw.names(1)[0]
    kinds = draw.kinds("person", exclusive=False)
    if kinds.general == "person":
        return
    outside = draw.one([role for role in draw.lexicon.kind("person") if role not in (kinds.specific, kinds.sibling)])
    a = article
    yield Draft(
        f"{who} is {a(kinds.specific)}",
        f"{who} is {a(kinds.general)}",
        ENTAILMENT,
        f"every {kinds.specific} is {a(kinds.general)}",
        "general",
    )
    yield Draft(
        f"{who} is {a(outside)}" if outside not in _members(draw, kinds.general) else f"{who} is tired",
        f"{who} is {a(kinds.general)}",
        NEUTRAL,
        "one can be more than one thing",
        "general",
    )
    yield Draft(
        f"{who} is {a(kinds.general)}",
        f"{who} is {a(kinds.specific)}",
        NEUTRAL,
        f"not every {kinds.general} is {a(kinds.specific)}",
        "specific",
    )
    yield Draft(f"{who} is {a(kinds.sibling)}", f"{who} is {a(kinds.specific)}", NEUTRAL, "one can be both", "specific")
    yield Draft(
        f"{who} is not {a(kinds.general)}",
        f"{who} is {a(kinds.specific)}",
        CONTRADICTION,
        f"every {kinds.specific} is {a(kinds.general)}",
        "specific",
    )
    yield Draft(
        f"{who} is both {a(kinds.specific)} and {a(outside)}",
        f"{who} is {a(kinds.specific)}",
        ENTAILMENT,
        "the premise says so",
        "specific",
    )
    yield Draft(
        f"{who} is not {a(kinds.general)} at all",
        f"{who} is {a(kinds.general)}",
        CONTRADICTION,
        "the premise denies it",
        "general",
    )


def _members(draw: Draw, hypernym: str) -> set[str]:
    return {word for group in draw.lexicon.nouns if group.hypernym == hypernym for word in group.members}


@FAMILY.pattern(framed=True)
def adjectives_for_the_same(draw: Draw) -> Iterator[Draft]:
    """A synonym says the same, an opposite denies it, another property is another matter."""
    thing = draw.one([f"the {noun}" for noun in draw.nouns("object", 1)])
    groups = [
        ("large", "big", "small"),
        ("fast", "quick", "slow"),
        ("silent", "quiet", "noisy"),
        ("broken", "damaged", "intact"),
        ("difficult", "hard", "easy"),
        ("expensive", "costly", "cheap"),
        ("old", "ancient", "new"),
    ]
    subject = {
        "fast": "the train",
        "silent": "the room",
        "difficult": "the exercise",
        "old": "the temple",
        "expensive": "the hotel",
    }
    word, same, opposite = draw.one(groups[:-1])
    subject_text = subject.get(word, thing)
    other = draw.one(["famous", "unusual", "ugly", "beautiful", "popular", "strange"])
    be = draw.one(["was", "is"])
    for a, b in ((word, same), (same, word)):
        yield Draft(
            f"{subject_text} {be} {a} and {other}",
            f"{subject_text} {be} {b}",
            ENTAILMENT,
            f"{a} and {b} mean much the same",
            "is",
        )
    hypothesis = draw.one([word, same])
    yield Draft(
        f"{subject_text} {be} {opposite} and {other}",
        f"{subject_text} {be} {hypothesis}",
        CONTRADICTION,
        f"{opposite} is the opposite of {hypothesis}",
        "is",
    )
    yield Draft(
        f"{subject_text} {be} {other} and well known",
        f"{subject_text} {be} {hypothesis}",
        NEUTRAL,
        f"{other} is another property",
        "is",
    )
    yield Draft(
        f"{subject_text} {be} {other}",
        f"{subject_text} {be} not {hypothesis}",
        NEUTRAL,
        f"{other} is another property",
        "is-not",
    )
    yield Draft(
        f"{subject_text} {be} {opposite}",
        f"{subject_text} {be} not {hypothesis}",
        ENTAILMENT,
        f"{opposite} is the opposite of {hypothesis}",
        "is-not",
    )
    yield Draft(
        f"{subject_text} {be} {word}",
        f"{subject_text} {be} not {same}",
        CONTRADICTION,
        f"{word} and {same} mean much the same",
        "is-not",
    )
