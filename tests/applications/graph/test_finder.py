"""The rule finder."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuili.applications.graph.finder import RuleFinder


def found(text: str) -> list[tuple[str, str]]:
    return [(mention.text(text), mention.type) for mention in RuleFinder().find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. John Smith left.", [("John Smith", "person")]),
        (
            "the International Monetary Fund (IMF)",
            [("International Monetary Fund", "organization"), ("IMF", "organization")],
        ),
        ("It flows through New York.", [("New York", "place")]),
        ("born on March 4, 1952 there", [("March 4, 1952", "date")]),
        ("on 4 March 1952", [("4 March 1952", "date")]),
        ("in 1952", [("1952", "date")]),
        ("some 1,200,345 people", [("1,200,345", "number")]),
        ("the University of Oslo", [("University of Oslo", "organization")]),
        ("near Lake Vostok", [("Lake Vostok", "place")]),
        ("Smith's dog", [("Smith", "entity")] * 0),
        ("He saw Anna's House", [("Anna", "person"), ("House", "entity")]),
        ("Nothing here.", []),
        ("U.S. President John Adams spoke.", [("John Adams", "person")]),
    ],
)
def test_names_and_values(text, expected):
    assert found(text) == expected


@given(st.text(max_size=200))
def test_mentions_are_in_order_disjoint_and_not_blank(text):
    end = 0
    for mention in RuleFinder().find(text):
        assert end <= mention.span.start < mention.span.end <= len(text)
        assert mention.text(text).strip()
        end = mention.span.end


@pytest.mark.parametrize("unit", ["Aa ", "1,", "A.", "U.S. of ", "x", "Mr. "])
def test_time_is_linear(unit):
    def seconds(size: int) -> float:
        begun = time.process_time()
        RuleFinder().find(unit * (size // len(unit)))
        return time.process_time() - begun

    assert seconds(80_000) < 12 * seconds(20_000) + 0.2
