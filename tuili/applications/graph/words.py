"""The word lists of the rules, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def words(kind: str) -> frozenset[str]:
    """The words of one list of `words.toml`, or of several joined by +: lower-case, with spaces between words."""
    return frozenset().union(*(_lists()[name] for name in kind.split("+")))


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = (files("tuili.applications.graph") / "words.toml").read_text("utf-8")
    return {
        kind: frozenset(word.replace("_", " ") for word in value.split()) for kind, value in tomllib.loads(text).items()
    }
