"""What a vocabulary file must look like; every fault is named with its table and its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.data.shown import shown, shown_names
from tuili.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED: dict[str, dict[str, type | int]] = {
    "nouns": {"hypernym": str, "kind": str, "members": list},
    "verbs": {"subject": str, "words": list},
    "verb_pairs": {"specific": str, "general": str, "object": str},
    "verb_opposites": {"words": 2, "bases": 2, "ground": str, "object": str},
    "adjectives": {"words": 2, "of": list},
}
OPTIONAL: dict[str, dict[str, type | int]] = {
    "nouns": {"exclusive": bool},
    "verbs": {"object": str},
    "verb_pairs": {},
    "verb_opposites": {"complete": bool},
    "adjectives": {"comparative": 2, "superlative": 2, "complete": bool, "attributive": bool},
}
TABLES: dict[str, dict[str, type | int]] = {
    "properties": {"person": list, "skill": list},
    "names": {"people": list, "surnames": list, "organisations": list},
    "places": {"cities": dict, "continents": dict, "scenes": list, "events": list},
    "distractors": {"sentences": list},
}
LEAST = {"person": 12, "animal": 6, "object": 6}
"""How many nouns of a kind, without their hypernyms, the patterns draw at once; and of the whole."""
LEAST_NAMES = 8


def check_tables(tables: dict[str, Any], path: str | Path, *, whole: bool = False) -> None:
    """Check the form of every table; with `whole`, also that there is enough to draw from.

    Raises:
        DataError: With the table and the entry.
    """
    known = {*REQUIRED, *TABLES, "plurals", "irregular", "synonyms"}
    for name, table in tables.items():
        if name not in known:
            raise DataError(f"has no such table; allowed are {shown_names(sorted(known))}", path=path, field=name)
        if name in REQUIRED:
            _check_rows(name, table, path)
        elif name in TABLES:
            _check_table(name, table, path)
    _check_plurals(tables.get("plurals", {}), path)
    _check_irregular(tables.get("irregular", {}), path)
    _check_synonyms(tables.get("synonyms", {}), path)
    if whole:
        _check_whole(tables, path)


def _check_rows(name: str, rows: Any, path: str | Path) -> None:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"must be one or more [[{name}]] tables", path=path, field=name)
    for position, row in enumerate(rows, start=1):
        place = f"{name}[{position}]"
        allowed = REQUIRED[name] | OPTIONAL[name]
        for key in REQUIRED[name]:
            if key not in row:
                raise DataError(f"lacks {key!r}", path=path, field=place)
        for key, value in row.items():
            if key not in allowed:
                names = shown_names(sorted(allowed))
                raise DataError(f"does not know {shown(key)}; allowed are {names}", path=path, field=place)
            _check_value(value, allowed[key], path, f"{place}.{key}")


def _check_table(name: str, table: Any, path: str | Path) -> None:
    if not isinstance(table, dict):
        raise DataError("must be a table", path=path, field=name)
    for key, expected in TABLES[name].items():
        if key not in table:
            raise DataError(f"lacks {key!r}", path=path, field=name)
        _check_value(table[key], expected, path, f"{name}.{key}")


def _check_value(value: Any, expected: Any, path: str | Path, place: str) -> None:
    if expected is str:
        # what a verb takes may be nothing
        if not isinstance(value, str) or (not value.strip() and not place.endswith(".object")):
            raise DataError(f"must be a word, got {shown(value)}", path=path, field=place)
    elif expected is bool:
        if not isinstance(value, bool):
            raise DataError(f"must be true or false, got {shown(value)}", path=path, field=place)
    elif expected is dict:
        if not isinstance(value, dict) or not value:
            raise DataError("must be a table of names", path=path, field=place)
        _check_words(list(value.values()), path, place)
    else:
        _check_words(value, path, place)
        if expected == 2 and len(value) != 2:
            raise DataError(f"must be two words, got {len(value)}", path=path, field=place)


def _check_words(words: Any, path: str | Path, place: str) -> None:
    if not isinstance(words, list) or not words:
        raise DataError(f"must be a list of words, got {shown(words)}", path=path, field=place)
    for word in words:
        if not isinstance(word, str) or not word.strip() or not word.isprintable():
            raise DataError(f"must hold words only, got {shown(word)}", path=path, field=place)


def _check_plurals(plurals: Any, path: str | Path) -> None:
    if not isinstance(plurals, dict):
        raise DataError("must be a table: noun = plural", path=path, field="plurals")
    _check_words(list(plurals.values()) or ["none"], path, "plurals")


def _check_irregular(irregular: Any, path: str | Path) -> None:
    if not isinstance(irregular, dict):
        raise DataError("must be a table: verb = [past, participle]", path=path, field="irregular")
    for base, forms in irregular.items():
        _check_value(forms, 2, path, f"irregular.{base}")


def _check_synonyms(synonyms: Any, path: str | Path) -> None:
    if not isinstance(synonyms, dict):
        raise DataError("must be a table of lists of pairs", path=path, field="synonyms")
    for name, pairs in synonyms.items():
        if not isinstance(pairs, list):
            raise DataError("must be a list of pairs", path=path, field=f"synonyms.{name}")
        for position, pair in enumerate(pairs, start=1):
            _check_value(pair, 2, path, f"synonyms.{name}[{position}]")


def _check_whole(tables: dict[str, Any], path: str | Path) -> None:
    hypernyms = {row["hypernym"] for row in tables["nouns"]}
    _check_no_circle(tables["nouns"], path)
    for kind, least in LEAST.items():
        words = {word for row in tables["nouns"] if row["kind"] == kind for word in row["members"]} - hypernyms
        if len(words) < least:
            reason = f"has {len(words)} nouns of kind {kind!r}; at least {least} are needed"
            raise DataError(reason, path=path, field="nouns")
    kinds = {row["kind"] for row in tables["nouns"]}
    for position, row in enumerate(tables["verbs"], start=1):
        for key in ("subject", "object"):
            if row.get(key) and row[key] not in kinds:
                reason = f"names the kind {shown(row[key])}, which no noun has; there are {shown_names(sorted(kinds))}"
                raise DataError(reason, path=path, field=f"verbs[{position}].{key}")
    if not any(row["subject"] == "person" and not row.get("object") for row in tables["verbs"]):
        raise DataError("needs verbs of a person without an object", path=path, field="verbs")
    if not any(row["subject"] == row.get("object") == "person" for row in tables["verbs"]):
        raise DataError("needs verbs of a person to a person", path=path, field="verbs")
    if len(tables["names"]["people"]) < LEAST_NAMES:
        raise DataError(f"needs at least {LEAST_NAMES} names", path=path, field="names.people")
    for city, country in tables["places"]["cities"].items():
        if country not in tables["places"]["continents"]:
            raise DataError(f"{shown(country)} has no continent", path=path, field=f"places.cities.{city}")


def _check_no_circle(rows: list[dict[str, Any]], path: str | Path) -> None:
    above: dict[str, set[str]] = {}
    for row in rows:
        for member in row["members"]:
            above.setdefault(member, set()).add(row["hypernym"])
    for word in above:
        seen: set[str] = set()
        waiting = [word]
        while waiting:
            for hypernym in above.get(waiting.pop(), ()):
                if hypernym == word:
                    raise DataError(f"{shown(word)} is a kind of itself", path=path, field="nouns")
                if hypernym not in seen:
                    seen.add(hypernym)
                    waiting.append(hypernym)
