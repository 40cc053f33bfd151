"""What a graph may say: relations with their types and hypotheses, written by the user in TOML."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tuili.data.files import READ_ERRORS, open_regular, unreadable
from tuili.data.shown import shown, shown_names
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_RELATIONS = 500
MAX_TEMPLATES = 8
MAX_BYTES = 1_000_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FIELDS = frozenset({"name", "domain", "range", "hypothesis", "inverse", "symmetric", "functional"})
_SLOT = re.compile(r"\{[^{}]*\}|[{}]")


@dataclass(frozen=True, slots=True)
class Relation:
    """One thing that may be said of a head and a tail.

    Attributes:
        name: Lower-case letters, digits and underscores.
        domain: Types that the head may have.
        range: Types that the tail may have.
        hypotheses: Sentences with `{head}` and `{tail}`; more than one are averaged.
        inverse: What the relation is called when read from the tail; it is exported, never asked.
        symmetric: Whether head and tail may change places.
        functional: Whether a head has at most one tail; two are a conflict.
    """

    name: str
    domain: tuple[str, ...]
    range: tuple[str, ...]
    hypotheses: tuple[str, ...]
    inverse: str | None = None
    symmetric: bool = False
    functional: bool = False

    def said_of(self, head: str, tail: str) -> list[str]:
        """The hypotheses about two names. Braces in a name are only characters."""
        said = {"{head}": head, "{tail}": tail}
        return [_SLOT.sub(lambda slot: said[slot[0]], template) for template in self.hypotheses]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "domain": list(self.domain),
            "range": list(self.range),
            "hypothesis": list(self.hypotheses),
            "inverse": self.inverse,
            "symmetric": self.symmetric,
            "functional": self.functional,
        }


@dataclass(frozen=True, slots=True)
class Schema:
    """The relations of a graph, in the order in which they were written."""

    relations: tuple[Relation, ...]

    def __getitem__(self, name: str) -> Relation:
        """The relation of this name.

        Raises:
            UsageError: There is none.
        """
        for relation in self.relations:
            if relation.name == name:
                return relation
        known = shown_names(relation.name for relation in self.relations)
        raise UsageError(f"the schema has no relation {shown(name)}; it has {known}")

    def only(self, names: list[str]) -> Schema:
        """The schema with these relations alone.

        Raises:
            UsageError: One of the names is not in it.
        """
        return Schema(tuple(self[name] for name in dict.fromkeys(names)))

    def to_dict(self) -> dict[str, Any]:
        return {"relation": [relation.to_dict() for relation in self.relations]}


def general_schema() -> Schema:
    """The schema that ships: some twenty relations of people, organizations, places and works."""
    return parse_schema((files("tuili.applications.graph") / "general.toml").read_text("utf-8"), "general.toml")


def read_schema(path: str | Path) -> Schema:
    """The schema in a TOML file.

    Raises:
        DataError: It can't be read, is not TOML, or is not a schema; the message says which relation and field.
    """
    try:
        with open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except READ_ERRORS as error:
        raise unreadable(error, path) from error
    if len(content) > MAX_BYTES:
        raise DataError(f"has more than {MAX_BYTES:,} bytes; that is no schema", path=path)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 at byte {error.start}", path=path) from None
    return parse_schema(text, str(path))


def parse_schema(text: str, name: str = "schema") -> Schema:
    """The schema written in a TOML text; `name` stands for the path in errors.

    Raises:
        DataError: It is not TOML, or not a schema.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: not TOML, or a number of 5,000 digits
        raise DataError(f"is not TOML: {error}", path=name) from None
    if unknown := content.keys() - {"relation"}:
        raise DataError(f"unknown keys {shown_names(sorted(unknown))}; a schema holds [[relation]] tables", path=name)
    tables = content.get("relation")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise DataError("a schema holds one [[relation]] table or more", path=name)
    if len(tables) > MAX_RELATIONS:
        raise DataError(f"has {len(tables)} relations; at most {MAX_RELATIONS}", path=name)
    relations = tuple(_relation(table, number, name) for number, table in enumerate(tables, 1))
    _check_names(relations, name)
    return Schema(relations)


def _relation(table: Mapping[str, Any], number: int, path: str) -> Relation:
    def fail(field: str, reason: str) -> DataError:
        return DataError(f"relation {number}: {reason}", path=path, field=field)

    if unknown := table.keys() - _FIELDS:
        raise fail(min(unknown), f"unknown field; known are {', '.join(sorted(_FIELDS))}")
    for field in ("name", "domain", "range", "hypothesis"):
        if field not in table:
            raise fail(field, "is missing")
    for field in ("name", "inverse"):
        value = table.get(field)
        if field in table and not (isinstance(value, str) and _NAME.fullmatch(value)):
            raise fail(
                field, f"{shown(value)} is not a name: lower-case letters, digits and _, beginning with a letter"
            )
    for field in ("symmetric", "functional"):
        if not isinstance(table.get(field, False), bool):
            raise fail(field, f"must be true or false, got {shown(table[field])}")
    lists = {field: _strings(table[field]) for field in ("domain", "range", "hypothesis")}
    for field, values in lists.items():
        if values is None:
            raise fail(field, "must be a text or a list of texts, none of them blank")
    domain, tail, hypotheses = (lists[field] or () for field in ("domain", "range", "hypothesis"))
    for kind in (*domain, *tail):
        if not _NAME.fullmatch(kind):
            raise fail("domain" if kind in domain else "range", f"{shown(kind)} is not the name of a type")
    if len(hypotheses) > MAX_TEMPLATES:
        raise fail("hypothesis", f"{len(hypotheses)} hypotheses; at most {MAX_TEMPLATES}")
    for hypothesis in hypotheses:
        if sorted(_SLOT.findall(hypothesis)) != ["{head}", "{tail}"]:
            raise fail(
                "hypothesis", f"{shown(hypothesis)} must hold {{head}} and {{tail}} once each, and no other brace"
            )
    symmetric = bool(table.get("symmetric", False))
    if symmetric and domain != tail:
        raise fail("symmetric", "domain and range of a symmetric relation must be the same")
    if symmetric and "inverse" in table:
        raise fail("inverse", "a symmetric relation is its own inverse")
    return Relation(
        table["name"], domain, tail, hypotheses, table.get("inverse"), symmetric, bool(table.get("functional", False))
    )


def _strings(value: object) -> tuple[str, ...] | None:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(v, str) and v.strip() for v in values):
        return None
    return tuple(dict.fromkeys(values))


def _check_names(relations: tuple[Relation, ...], path: str) -> None:
    names: set[str] = set()
    for number, relation in enumerate(relations, 1):
        for name in (relation.name, relation.inverse):
            if name is not None and name in names:
                raise DataError(f"relation {number}: {name!r} is used twice", path=path, field="name")
            names.add(name or relation.name)
