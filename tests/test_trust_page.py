"""R6: what docs/trust.md promises names tests that are there, and that name the promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "trust.md"
ROW = re.compile(r"^\| (.+?) \| (.+?) \|$", re.MULTILINE)
NAMES = re.compile(r"\*\*([A-Z]\d{0,2}(?:, [A-Z]\d{1,2})*)\*\*")
UNITED = {"I"}  # a whole table: its rows have no names of their own


def promises():
    if not PAGE.exists():
        return []
    found = []
    for promise, tests in ROW.findall(PAGE.read_text("utf-8")):
        named = NAMES.match(promise)
        if named:
            found += [(name, re.findall(r"`(tests/[^`]+)`", tests)) for name in named[1].split(", ")]
    return found


def sources(path):
    place = ROOT / path
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not here")
def test_the_page_is_read():
    assert len(promises()) > 40


@pytest.mark.parametrize(("name", "paths"), promises(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_promise_has_a_test_that_names_it(name, paths):
    """R6"""
    assert paths, f"{name} names no test"
    for path in paths:
        assert (ROOT / path).exists(), f"{name}: {path} is not there"
    if name in UNITED:
        return
    told = "".join(source.read_text("utf-8") for path in paths for source in sources(path))
    assert re.search(rf"\b{name}\b", told), f"{name}: none of {paths} says so"
