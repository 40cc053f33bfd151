"""A small world: a schema, a judge that believes what is written, and texts."""

from __future__ import annotations

import re

import pytest

from tuili.applications.graph.schema import Schema, parse_schema
from tuili.reasoning.scripted import Scripted

SCHEMA = """
[[relation]]
name = "works_for"
domain = "person"
range = "organization"
hypothesis = "{head} works for {tail}."
inverse = "employs"

[[relation]]
name = "born_in"
domain = "person"
range = "place"
hypothesis = "{head} was born in {tail}."
functional = true

[[relation]]
name = "knows"
domain = "person"
range = "person"
hypothesis = "{head} knows {tail}."
symmetric = true

[[relation]]
name = "killed"
domain = "person"
range = "person"
hypothesis = "{head} killed {tail}."
"""

TEXTS = {
    "a": "Mary Byron works for Acme Institute. Mary Byron was born in Paris.",
    "b": "Mary Byron works for Acme Institute. Mary Byron was born in Rome. Peter Holm knows Mary Byron.",
    "c": "Peter Holm killed Anna Frost.",
}


def literal(premise: str, hypothesis: str) -> str:
    """Entailed is what the premise holds word for word; contradicted, what it denies."""
    said = hypothesis.removesuffix(".")
    if said in premise:
        return "entailment"
    denied = re.sub(r" (works for|was born in|knows|killed) ", r" never \1 ", said)
    return "contradiction" if denied in premise else "neutral"


@pytest.fixture
def judge() -> Scripted:
    return Scripted(literal)


@pytest.fixture
def schema() -> Schema:
    return parse_schema(SCHEMA)
