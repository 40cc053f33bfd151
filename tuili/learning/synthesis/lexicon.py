"""The vocabulary: read from TOML, checked, and put in order for drawing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tuili.data.shown import shown
from tuili.errors import DataError
from tuili.learning.synthesis.grammar import Verb, regular_past, regular_plural
from tuili.learning.synthesis.lexicon_checks import check_tables

MAX_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class NounGroup:
    """A noun and kinds of it. `exclusive`: nothing is two of the members at once."""

    hypernym: str
    kind: str
    members: tuple[str, ...]
    exclusive: bool


@dataclass(frozen=True, slots=True)
class VerbGroup:
    """Verbs that take a subject of one kind and an object of another, or none."""

    subject: str
    object: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerbPair:
    """Who does the first has done the second."""

    specific: str
    general: str
    object: str


@dataclass(frozen=True, slots=True)
class VerbOpposite:
    """Two past forms that exclude each other of one occasion; `complete`: one of them holds where `ground` does."""

    words: tuple[str, str]
    bases: tuple[str, str]
    ground: str
    object: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Opposite:
    """Two adjectives that exclude each other. `complete`: what is not the one is the other."""

    words: tuple[str, str]
    of: tuple[str, ...]
    comparative: tuple[str, str] | None
    superlative: tuple[str, str] | None
    complete: bool
    attributive: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that pairs are made of. Read it with `Lexicon.read(path)`; `Lexicon.general()` is the shipped one."""

    nouns: tuple[NounGroup, ...]
    kinds: dict[str, tuple[str, ...]]
    plurals: dict[str, str]
    verbs: tuple[VerbGroup, ...]
    irregular: dict[str, tuple[str, str]]
    verb_pairs: tuple[VerbPair, ...]
    verb_opposites: tuple[VerbOpposite, ...]
    adjectives: tuple[Opposite, ...]
    properties: dict[str, tuple[str, ...]]
    synonyms: dict[str, tuple[tuple[str, str], ...]]
    people: tuple[str, ...]
    surnames: tuple[str, ...]
    organisations: tuple[str, ...]
    cities: dict[str, str]
    continents: dict[str, str]
    scenes: tuple[str, ...]
    events: tuple[str, ...]
    distractors: tuple[str, ...]

    @staticmethod
    def general() -> Lexicon:
        """The vocabulary that ships with tuili."""
        return _general()

    @staticmethod
    def read(path: str | Path) -> Lexicon:
        """A vocabulary of your own. Tables that the file leaves out are those of the general vocabulary.

        Raises:
            DataError: The file is missing, not TOML, or a table or a word of it is not as `docs/synthesis.md` says.
        """
        try:
            with Path(path).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            raise DataError(f"can't be read: {getattr(error, 'strerror', None) or error}", path=path) from error
        if len(content) > MAX_BYTES:
            raise DataError(f"is larger than {MAX_BYTES:,} bytes, too large for a vocabulary", path=path)
        own = _parsed(content, path)
        check_tables(own, path)
        merged = {**_parsed(_shipped(), "general.toml"), **own}
        check_tables(merged, path, whole=True)
        return _built(merged)

    def plural(self, noun: str) -> str:
        """ "two ..." """
        head, _, last = noun.rpartition(" ")
        return f"{head} {self.plurals.get(last) or regular_plural(last)}".strip()

    def verb(self, base: str) -> Verb:
        """The forms of a verb."""
        past, participle = self.irregular.get(base) or (regular_past(base), regular_past(base))
        return Verb(base, past, participle)

    def kind(self, kind: str) -> tuple[str, ...]:
        """The most specific nouns of a kind."""
        return self.kinds.get(kind, ())


def _leaves(rows: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    hypernyms = {row["hypernym"] for row in rows}
    words: dict[str, dict[str, None]] = {}
    for row in rows:
        words.setdefault(row["kind"], {}).update(
            dict.fromkeys(word for word in row["members"] if word not in hypernyms)
        )
    return {kind: tuple(found) for kind, found in words.items()}


def _shipped() -> bytes:
    return files("tuili.learning.synthesis").joinpath("general.toml").read_bytes()


@cache
def _general() -> Lexicon:
    tables = _parsed(_shipped(), "general.toml")
    check_tables(tables, "general.toml", whole=True)
    return _built(tables)


def _parsed(content: bytes, path: str | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise DataError("is not UTF-8", path=path) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not valid TOML: {shown(str(error))}", path=path) from None


def _two(value: list[str] | None) -> tuple[str, str] | None:
    return None if value is None else (value[0], value[1])


def _pairs(value: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in value)


def _built(tables: dict[str, Any]) -> Lexicon:
    return Lexicon(
        nouns=tuple(
            NounGroup(row["hypernym"], row["kind"], tuple(row["members"]), row.get("exclusive", False))
            for row in tables["nouns"]
        ),
        kinds=_leaves(tables["nouns"]),
        plurals=dict(tables["plurals"]),
        verbs=tuple(VerbGroup(row["subject"], row.get("object", ""), tuple(row["words"])) for row in tables["verbs"]),
        irregular={base: (forms[0], forms[1]) for base, forms in tables["irregular"].items()},
        verb_pairs=tuple(VerbPair(row["specific"], row["general"], row["object"]) for row in tables["verb_pairs"]),
        verb_opposites=tuple(
            VerbOpposite(
                (row["words"][0], row["words"][1]),
                (row["bases"][0], row["bases"][1]),
                row["ground"],
                row["object"],
                row.get("complete", False),
            )
            for row in tables["verb_opposites"]
        ),
        adjectives=tuple(
            Opposite(
                (row["words"][0], row["words"][1]),
                tuple(row["of"]),
                _two(row.get("comparative")),
                _two(row.get("superlative")),
                row.get("complete", False),
                row.get("attributive", True),
            )
            for row in tables["adjectives"]
        ),
        properties={name: tuple(words) for name, words in tables["properties"].items()},
        synonyms={name: _pairs(words) for name, words in tables["synonyms"].items()},
        people=tuple(tables["names"]["people"]),
        surnames=tuple(tables["names"]["surnames"]),
        organisations=tuple(tables["names"]["organisations"]),
        cities=dict(tables["places"]["cities"]),
        continents=dict(tables["places"]["continents"]),
        scenes=tuple(tables["places"]["scenes"]),
        events=tuple(tables["places"]["events"]),
        distractors=tuple(tables["distractors"]["sentences"]),
    )
