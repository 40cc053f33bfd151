"""The finder that ships: names from the tagger, values from the rules."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuili.applications.graph import trained
from tuili.applications.graph.build import make_settings
from tuili.applications.graph.finder import RuleFinder
from tuili.applications.graph.mentions import fits
from tuili.applications.graph.trained import TrainedFinder, default_finder
from tuili.errors import BundleError, ModelError
from tuili.types import Mention, Span


@pytest.fixture(scope="module")
def finder():
    return TrainedFinder()


def found(finder, text):
    return [(mention.text(text), mention.type) for mention in finder.find(text)]


def test_names_come_from_the_tagger_and_values_from_the_rules(finder):
    text = "Ilse Bergmann moved from Lyon to Quantel Ltd in March 1987, with 1,200 others."
    assert found(finder, text) == [
        ("Ilse Bergmann", "person"),
        ("Lyon", "place"),
        ("Quantel Ltd", "organization"),
        ("March 1987", "date"),
        ("1,200", "number"),
    ]
    assert all(0 < mention.score <= 1 for mention in finder.find(text))


def test_a_name_of_another_kind_is_other_or_what_the_rules_know(finder):
    kinds = dict(found(finder, "The German rider won the World Cup in Vienna."))
    assert kinds["German"] == "other"
    assert kinds["World Cup"] == "event"


def test_a_name_takes_the_place_of_a_value_inside_it(monkeypatch, finder):
    names = [Mention(Span(5, 14), "place")]
    monkeypatch.setattr(finder._tagger, "find", lambda _: names)
    assert finder.find("Near 1984 Lane and 1990.") == [names[0], Mention(Span(19, 23), "date", 0.7)]


def test_other_fits_only_what_is_none_of_the_three():
    assert not fits("other", ("person", "place", "date"))
    assert fits("other", ("work",))
    assert fits("other", ("person", "entity"))
    assert fits("other", ("drug",))


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=120))
def test_mentions_are_in_order_disjoint_and_not_blank(text):
    mentions = default_finder().find(text.replace("\x00", " "))
    assert all(one.span.end <= other.span.start for one, other in pairwise(mentions))
    assert all(mention.text(text).strip() for mention in mentions)


def test_without_its_weights_the_rules_are_the_default(monkeypatch):
    assert isinstance(make_settings(None, None, 0.5, None).finder, TrainedFinder)

    def absent(*_, **__):
        raise ModelError("this installation came without an entity model")

    monkeypatch.setattr(trained.entities, "load", absent)
    default_finder.cache_clear()
    try:
        assert isinstance(make_settings(None, None, 0.5, None).finder, RuleFinder)
    finally:
        default_finder.cache_clear()


def test_a_bundle_of_another_kind_is_refused(tiny_directory):
    with pytest.raises(BundleError, match="not entities"):
        TrainedFinder(tiny_directory)
