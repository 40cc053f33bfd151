"""Random words and phrases from a vocabulary: what patterns draw from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tuili.errors import UsageError
from tuili.learning.synthesis.grammar import Clause, NounPhrase, Tense, Verb, VerbPhrase, article

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from tuili.learning.synthesis.lexicon import Lexicon, NounGroup

T = TypeVar("T")
TENSES = (Tense.PAST, Tense.PAST, Tense.PAST, Tense.PERFECT, Tense.PAST_PROGRESSIVE, Tense.PROGRESSIVE, Tense.FUTURE)
BACKGROUND = ("animal", "food", "vehicle", "tool", "instrument", "garment", "container", "device", "text", "object")


class TooFewWords(UsageError):
    """The vocabulary has not the words that a pattern needs; the pattern is left out."""


class Kinds(NamedTuple):
    """A noun, what it is a kind of, and another kind of the same."""

    specific: str
    general: str
    sibling: str
    exclusive: bool
    kind: str


class Draw:
    """One group's worth of choices."""

    def __init__(self, rng: random.Random, lexicon: Lexicon) -> None:
        self.rng = rng
        self.lexicon = lexicon

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def one(self, values: Sequence[T]) -> T:
        """Any one of them.

        Raises:
            TooFewWords: There are none.
        """
        if not values:
            raise TooFewWords("the vocabulary has no words for this pattern")
        return self.rng.choice(values)

    def some(self, values: Sequence[T], n: int) -> list[T]:
        """`n` different ones, in random order.

        Raises:
            TooFewWords: There are not as many.
        """
        if len(values) < n:
            raise TooFewWords(f"the vocabulary has {len(values)} words where this pattern needs {n}")
        return self.rng.sample(values, n)

    # --- who -------------------------------------------------------------------------------------------------

    def names(self, n: int) -> list[NounPhrase]:
        return [NounPhrase(name) for name in self.some(self.lexicon.people, n)]

    def roles(self, n: int) -> list[str]:
        """Nouns for persons of which none is a kind of another."""
        return self.some(self.lexicon.kind("person"), n)

    def people(self, n: int, *, plural: bool = True) -> list[NounPhrase]:
        """Different persons that a text can go on to speak of: names, or "the nurse", or "the nurses"."""
        style = self.rng.random()
        if style < 0.4:
            return self.names(n)
        roles = self.roles(n)
        if style < 0.65 or n > 3:
            return [NounPhrase(f"the {role}") for role in roles]
        if style < 0.75:
            adjectives = self.some(["tall", "young", "old", "blond", "friendly", "tired", "quiet", "retired"], n)
            return [NounPhrase(f"the {adjective} {role}") for adjective, role in zip(adjectives, roles, strict=True)]
        if style < 0.88 and plural:
            return [NounPhrase(f"the {self.lexicon.plural(role)}", plural=True) for role in roles]
        places = self.some(list(self.lexicon.cities), n)
        return [NounPhrase(f"the {role} from {place}") for role, place in zip(roles, places, strict=True)]

    # --- what ------------------------------------------------------------------------------------------------

    def nouns(self, kind: str, n: int) -> list[str]:
        return self.some(self.lexicon.kind(kind), n)

    def things(self, n: int) -> list[str]:
        """Different nouns of one kind of thing, none of them a person."""
        kinds = [kind for kind in BACKGROUND if len(self.lexicon.kind(kind)) >= n]
        return self.nouns(self.one(kinds), n)

    def kinds(self, kind: str | None = None, *, exclusive: bool | None = None, lowest: bool = True) -> Kinds:
        """A noun with its hypernym and a sibling. `lowest`: the noun has no kinds of its own."""
        hypernyms = {group.hypernym for group in self.lexicon.nouns}

        def fits(group: NounGroup) -> bool:
            wanted = kind is None or group.kind == kind
            enough = len([word for word in group.members if word not in hypernyms]) > 1
            # an object is hardly a kind of anything
            return (
                wanted and enough and (exclusive is None or group.exclusive == exclusive) and group.hypernym != "object"
            )

        group = self.one([group for group in self.lexicon.nouns if fits(group)])
        members = [word for word in group.members if not lowest or word not in hypernyms]
        specific, sibling = self.some(members, 2)
        return Kinds(specific, group.hypernym, sibling, group.exclusive, group.kind)

    def chain(self) -> tuple[str, str, str, str]:
        """A noun, its hypernym, that one's hypernym, and a sibling of the middle one that excludes it."""
        below = {group.hypernym: group for group in self.lexicon.nouns}
        chains = [
            (group, middle)
            for group in self.lexicon.nouns
            if group.exclusive
            for middle in group.members
            if middle in below
        ]
        if not chains:
            kinds = self.kinds(exclusive=True)
            return kinds.specific, kinds.specific, kinds.general, kinds.sibling
        group, middle = self.one(chains)
        sibling = self.one([word for word in group.members if word != middle])
        return self.one(below[middle].members), middle, group.hypernym, sibling

    # --- what they do ----------------------------------------------------------------------------------------

    def person_to_person(self) -> Verb:
        groups = [group for group in self.lexicon.verbs if group.subject == group.object == "person"]
        return self.lexicon.verb(self.one(self.one(groups).words))

    def transitive(self) -> tuple[Verb, list[str]]:
        """A verb of a person, and two different nouns of a kind that it takes as an object."""
        groups = [
            group
            for group in self.lexicon.verbs
            if group.subject == "person"
            and group.object not in ("", "person")
            and len(self.lexicon.kind(group.object)) > 1
        ]
        group = self.one(groups)
        return self.lexicon.verb(self.one(group.words)), self.nouns(group.object, 2)

    def verb_phrases(
        self, n: int, *, place: float = 0.25, objects: bool = True, avoid: Sequence[str] = ()
    ) -> list[VerbPhrase]:
        """Different things that a person may do, of which none says anything of another."""
        phrases: list[VerbPhrase] = []
        verbs: set[str] = set()
        nouns: set[str] = set()
        places = self.some(self.lexicon.scenes, min(n, len(self.lexicon.scenes)))
        while len(phrases) < n:
            at = places[len(phrases) % len(places)] if self.chance(place) else ""
            if objects and self.chance(0.65):
                verb, (noun, _) = self.transitive()
                # "the", since "did not buy a van" says more than "did not buy the van"
                phrase = VerbPhrase(verb, f"the {noun}", at)
            else:
                groups = [group for group in self.lexicon.verbs if group.subject == "person" and not group.object]
                verb, noun = self.lexicon.verb(self.one(self.one(groups).words)), ""
                phrase = VerbPhrase(verb, "", at)
            if verb.base in verbs or verb.base in avoid or (noun and noun in nouns):
                continue
            verbs.add(verb.base)
            nouns.add(noun)
            phrases.append(phrase)
        return phrases

    def tense(self) -> Tense:
        return self.one(TENSES)

    def clauses(self, n: int, *, place: float = 0.25, tense: Tense | None = None) -> list[Clause]:
        """Statements of different persons doing different things, in one tense."""
        tense = tense or self.tense()
        people, phrases = self.people(n), self.verb_phrases(n, place=place)
        return [Clause(who, phrase, tense) for who, phrase in zip(people, phrases, strict=True)]

    # --- where and when --------------------------------------------------------------------------------------

    def cities(self, n: int) -> list[str]:
        return self.some(list(self.lexicon.cities), n)

    def place(self) -> str:
        return self.one(self.lexicon.scenes)

    def event(self) -> str:
        return self.one(self.lexicon.events)

    def days(self, n: int) -> list[str]:
        return self.some(DAYS, n)

    def occasion(self) -> str:
        """A time of the past, as it stands at the end of a sentence."""
        return self.one(
            [
                f"on {self.one(DAYS)}",
                f"in {self.one(MONTHS)}",
                "yesterday",
                "last week",
                f"during {self.event()}",
                f"after {self.event()}",
                "this morning",
                f"before {self.event()}",
            ]
        )

    def a(self, noun: str) -> str:
        return article(noun)


DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
