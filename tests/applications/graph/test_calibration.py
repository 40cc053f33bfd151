from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuili.applications.graph.calibration import FEATURES, EdgeCalibration, features, shipped_calibration
from tuili.applications.graph.candidates import candidates, short_sentences
from tuili.applications.graph.coreference import resolve
from tuili.applications.graph.mentions import Mention
from tuili.applications.graph.schema import parse_schema
from tuili.errors import DataError
from tuili.perception.sentences import split_sentences
from tuili.types import Span

SCHEMA = parse_schema("""
[[relation]]
name = "located_in"
domain = "place"
range = "place"
hypothesis = "{head} is in {tail}."
[[relation]]
name = "born_in"
domain = "person"
range = "place"
hypothesis = "{head} was born in {tail}."
""")
TYPES = {"Ashby": "place", "Wales": "place", "Mary": "person", "Peter": "person"}


def described(text):
    """The features of each candidate of a sentence, by relation, head and tail."""
    places = sorted((text.index(name), name) for name in TYPES if name in text)
    mentions = [Mention(Span(at, at + len(name)), TYPES[name]) for at, name in places]
    sentences = short_sentences(text, split_sentences(text))
    found = [one for chunk in candidates(resolve(text, mentions, sentences), sentences, SCHEMA) for one in chunk]
    return {
        (c.relation.name, c.head.name, c.tail.name): dict(zip(FEATURES, features(text, c, 2.0, 0.5), strict=True))
        for c in found
    }


def test_features_tell_where_the_names_stand():
    found = described("Mary and Peter met in Ashby, Wales.")
    inside = found["located_in", "Ashby", "Wales"]
    assert (inside["comma"], inside["comma_forward"], inside["forward"], inside["same_type"]) == (1, 1, 1, 1)
    assert inside["characters"] == pytest.approx(math.log1p(2))
    outside = found["located_in", "Wales", "Ashby"]
    assert (outside["comma"], outside["comma_forward"], outside["forward"]) == (1, 0, 0)
    assert outside["direction"] == inside["direction"] == 1.5
    far = found["born_in", "Mary", "Wales"]
    assert (far["mentions"], far["linked"], far["same_type"]) == (2, 0, 0)


def test_features_count_who_else_could_stand_there():
    found = described("Mary and Peter met in Ashby, Wales.")
    for head in ("Mary", "Peter"):
        for tail in ("Ashby", "Wales"):
            assert found["born_in", head, tail]["heads"] == pytest.approx(math.log(2))
            assert found["born_in", head, tail]["tails"] == pytest.approx(math.log(2))
    assert found["located_in", "Ashby", "Wales"]["heads"] == 0
    assert found["located_in", "Ashby", "Wales"]["tails"] == 0


def test_a_possessive_is_told_from_a_link():
    found = described("Wales's capital welcomed Peter; Mary of Ashby stayed.")
    assert found["born_in", "Mary", "Ashby"]["linked_forward"] == 1
    assert found["born_in", "Peter", "Wales"]["possessive"] == 1
    assert found["born_in", "Peter", "Wales"]["possessive_forward"] == 0


@given(st.lists(st.floats(-5, 5), min_size=len(FEATURES), max_size=len(FEATURES)), st.floats(0, 5))
def test_a_judge_that_is_surer_never_makes_an_edge_less_probable(values, more):
    shipped = shipped_calibration()
    surer = [value + more * (name in ("support", "direction")) for name, value in zip(FEATURES, values, strict=True)]
    assert 0 <= shipped.probability(values) <= shipped.probability(surer) <= 1


def test_a_calibration_comes_back_from_its_dictionary():
    shipped = shipped_calibration()
    assert EdgeCalibration.from_dict(shipped.to_dict()) == shipped


@pytest.mark.parametrize(
    "spoilt",
    [
        {"weights": {}},
        {"weights": [1.0]},
        {"weights": {**dict.fromkeys(FEATURES, 0.1), "more": 1.0}},
        {"weights": {**dict.fromkeys(FEATURES, 0.1), "support": -0.1}},
        {"weights": {**dict.fromkeys(FEATURES, 0.1), "tails": math.nan}},
        {"weights": {**dict.fromkeys(FEATURES, 0.1), "tails": "1"}},
        {"intercept": None},
    ],
)
def test_what_is_no_calibration_is_refused(spoilt):
    with pytest.raises(DataError):
        EdgeCalibration.from_dict({**shipped_calibration().to_dict(), **spoilt})
