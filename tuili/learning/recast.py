"""Entity recognition recast as inference: "X is a person.", given the sentence that names X.

The hypothesis alone must not give the answer away (Poliak et al. 2018, hypothesis-only baselines). So what is true of
one sentence is also put to another that does not say it, and wrong types are those that the name has elsewhere, where
it has any. White et al. (2017, "Inference is Everything") recast other annotations likewise.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from tuili.data.example import Example
from tuili.errors import UsageError
from tuili.evaluation.spans import chunks
from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuili.learning.entities.documents import TaggedSentence

Origin: TypeAlias = Literal["named", "elsewhere", "wrong type", "other span", "no name"]
"""Where a pair comes from. `named` is entailed. `elsewhere`: true of another sentence. `wrong type`: the name, another
type. `other span`: words around a name or a part of one. `no name`: a word that is none."""

KINDS = {"PER": "a person", "ORG": "an organization", "LOC": "a place"}
"""What is said of a type; of others nothing is, but names of theirs are called what they are not."""

PHRASINGS = (
    "{name} is {kind}.",
    "{name} is the name of {kind}.",
    "The text names {kind} called {name}.",
    "Here, {name} means {kind}.",
)

NO_SPACE_BEFORE = re.compile(r"[,.;:!?)\]%]|\.\.\.|['’](?:s|S|re|ve|ll|d|m)|n['’]t")
NO_SPACE_AFTER = ("(", "[", "$")


@dataclass(frozen=True, slots=True)
class Recast:
    """A pair, the name that it is about, and how it was made.

    Attributes:
        two_types: Whether the name has more than one type in these sentences, so that only the sentence can tell.
    """

    example: Example
    name: str
    origin: Origin
    two_types: bool


@dataclass(frozen=True, slots=True)
class _Name:
    sentence: int
    start: int
    end: int
    kind: str
    text: str


def recast(sentences: Sequence[TaggedSentence], *, seed: int = 1, least: int = 4) -> Iterator[Example]:
    """Two-way examples from tagged sentences.

    Args:
        sentences: See `tuili.learning.entities.documents.read_tagged`.
        seed: Of everything that is drawn.
        least: Sentences of fewer words are left out: a table's cell says nothing of what it names.

    Raises:
        UsageError: `least` is less than 1.
        DataError: A tag can't be read.
    """
    return (pair.example for pair in recast_pairs(sentences, seed=seed, least=least))


def recast_pairs(sentences: Sequence[TaggedSentence], *, seed: int = 1, least: int = 4) -> Iterator[Recast]:
    """As `recast`, with how each pair was made. Of five pairs about two are entailed."""
    if least < 1:
        raise UsageError(f"least must be at least 1 word, got {least}")
    names = [_names(sentence, number) for number, sentence in enumerate(sentences)]
    return _Caster(sentences, names, random.Random(f"{seed}/recast"), least).pairs()  # noqa: S311  an order, no secret


def two_typed(sentences: Sequence[TaggedSentence]) -> dict[str, set[str]]:
    """Names, in lower case, that have more than one type in these sentences, with their types."""
    types: dict[str, set[str]] = {}
    for number, sentence in enumerate(sentences):
        for name in _names(sentence, number):
            types.setdefault(name.text.lower(), set()).add(name.kind)
    return {name: kinds for name, kinds in types.items() if len(kinds) > 1}


def joined(words: Sequence[str]) -> str:
    """Words as a text: no space before a comma, after an opening bracket, and so on."""
    text = ""
    for word in words:
        glued = not text or text.endswith(NO_SPACE_AFTER) or NO_SPACE_BEFORE.fullmatch(word)
        text += word if glued else f" {word}"
    return text


def _names(sentence: TaggedSentence, number: int) -> list[_Name]:
    return [
        _Name(number, start, end, kind, joined(sentence.words[start:end]))
        for start, end, kind in sorted(chunks(sentence.tags))
    ]


class _Caster:
    def __init__(
        self, sentences: Sequence[TaggedSentence], names: list[list[_Name]], rng: random.Random, least: int
    ) -> None:
        self.sentences = sentences
        self.names = names
        self.rng = rng
        self.eligible = [number for number, sentence in enumerate(sentences) if len(sentence.words) >= least]
        self.types: dict[str, set[str]] = {}
        self.with_name: dict[str, list[int]] = {}
        self.with_word: dict[str, list[int]] = {}
        for number in self.eligible:
            for name in names[number]:
                self.types.setdefault(name.text.lower(), set()).add(name.kind)
                self.with_name.setdefault(name.text.lower(), []).append(number)
                for word in name.text.lower().split():
                    self.with_word.setdefault(word, []).append(number)

    def pairs(self) -> Iterator[Recast]:
        for number in self.eligible:
            seen: set[tuple[str, str]] = set()
            for name in self.names[number]:
                if name.kind in KINDS and (name.text, name.kind) not in seen:
                    seen.add((name.text, name.kind))
                    yield self._pair(number, name.text, name.kind, "named")
                    if self.rng.random() < 0.75:
                        yield from self._elsewhere(name)
                if self.rng.random() < 0.75:
                    yield from self._negative(name)

    def _pair(self, number: int, text: str, kind: str, origin: Origin) -> Recast:
        hypothesis = self.rng.choice(PHRASINGS).format(name=text, kind=KINDS[kind])
        label = Label.ENTAILMENT if origin == "named" else Label.NOT_ENTAILMENT
        example = Example(joined(self.sentences[number].words), hypothesis, label, number + 1)
        return Recast(example, text, origin, len(self.types.get(text.lower(), ())) > 1)

    def _elsewhere(self, name: _Name) -> Iterator[Recast]:
        """What is true of one sentence, put to one that does not say it; best one that holds the same words."""
        text = name.text.lower()
        places = [n for n in self.with_name[text] if not self._says(n, text, name.kind)]
        if not places:
            near = {n for word in text.split() for n in self.with_word[word][:50] if not self._says(n, text, None)}
            places = sorted(near)
        if not places or self.rng.random() < 0.5:
            places = [n for n in self.rng.choices(self.eligible, k=8) if not self._says(n, text, None)][:1] or places
        if places:
            yield self._pair(self.rng.choice(places), name.text, name.kind, "elsewhere")

    def _says(self, number: int, text: str, kind: str | None) -> bool:
        """Whether a sentence names this, as this kind or (None) as any."""
        if kind is None:
            return f" {text} " in f" {' '.join(self.sentences[number].words).lower()} " or self._says_any(number, text)
        return any(other.text.lower() == text and other.kind == kind for other in self.names[number])

    def _says_any(self, number: int, text: str) -> bool:
        return any(text in other.text.lower() for other in self.names[number])

    def _negative(self, name: _Name) -> Iterator[Recast]:
        origin = self.rng.choices(get_args(Origin)[2:], weights=(6, 2, 2))[0]
        number, text = name.sentence, name.text
        here = {other.kind for other in self.names[number] if other.text.lower() == text.lower()}
        others = [kind for kind in KINDS if kind not in here]
        if origin == "wrong type":
            elsewhere = [kind for kind in others if kind in self.types[text.lower()]]
            if others:
                yield self._pair(number, text, self.rng.choice(elsewhere or others), origin)
            return
        words = self.sentences[number].words
        if origin == "other span":
            # one word more, before or behind: it begins or ends where no name does
            start, end = self.rng.choice([(name.start - 1, name.end), (name.start, name.end + 1)])
            bounds = {edge for other in self.names[number] for edge in (other.start, other.end)}
            wrong = start if start != name.start else end
            if (
                start >= 0
                and end <= len(words)
                and wrong not in bounds
                and self._is_word(words[wrong - (wrong == end)])
            ):
                kind = name.kind if name.kind in KINDS else self.rng.choice(list(KINDS))
                yield self._pair(number, joined(words[start:end]), kind, origin)
            return
        inside = {place for other in self.names[number] for place in range(other.start, other.end)}
        plain = [word for place, word in enumerate(words) if place not in inside and self._is_word(word)]
        if plain:
            yield self._pair(number, self.rng.choice(plain), self.rng.choice(list(KINDS)), origin)

    @staticmethod
    def _is_word(word: str) -> bool:
        return len(word) > 2 and word.isalpha()
