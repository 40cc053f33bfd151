from __future__ import annotations

import pytest

from tuili.learning.synthesis.grammar import (
    Clause,
    NounPhrase,
    Tense,
    Verb,
    VerbPhrase,
    article,
    gerund,
    join,
    number,
    passive,
    regular_past,
    regular_plural,
    sentence,
    third_person,
)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("apple", "an apple"),
        ("van", "a van"),
        ("hour", "an hour"),
        ("honest cook", "an honest cook"),
        ("uniform", "a uniform"),
        ("umbrella", "an umbrella"),
        ("European city", "a European city"),
        ("one-way street", "a one-way street"),
        ("11 year old", "an 11 year old"),
    ],
)
def test_articles_go_by_sound(phrase, expected):
    assert article(phrase) == expected


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("box", "boxes"), ("ferry", "ferries"), ("tray", "trays"), ("church", "churches"), ("dog", "dogs")],
)
def test_plurals(noun, expected):
    assert regular_plural(noun) == expected


@pytest.mark.parametrize(
    ("verb", "past", "ing", "third"),
    [
        ("drop", "dropped", "dropping", "drops"),
        ("carry", "carried", "carrying", "carries"),
        ("visit", "visited", "visiting", "visits"),
        ("open", "opened", "opening", "opens"),
        ("erase", "erased", "erasing", "erases"),
        ("label", "labelled", "labelling", "labels"),
        ("play", "played", "playing", "plays"),
        ("fix", "fixed", "fixing", "fixes"),
        ("clean", "cleaned", "cleaning", "cleans"),
    ],
)
def test_verb_forms(verb, past, ing, third):
    assert (regular_past(verb), gerund(verb), third_person(verb)) == (past, ing, third)


def test_a_clause_is_said_and_denied_in_every_tense_with_agreement():
    phrase = VerbPhrase(Verb("steal", "stole", "stolen"), "the vase", "in the hall")
    one, many = NounPhrase("the thief"), NounPhrase("the thieves", plural=True)
    assert Clause(one, phrase).yes == "the thief stole the vase in the hall"
    assert Clause(one, phrase).no == "the thief did not steal the vase in the hall"
    assert Clause(many, phrase, Tense.PERFECT).no == "the thieves have not stolen the vase in the hall"
    assert Clause(many, phrase, Tense.PROGRESSIVE).yes == "the thieves are stealing the vase in the hall"
    assert Clause(one, phrase, Tense.PAST_PROGRESSIVE).no == "the thief was not stealing the vase in the hall"
    assert Clause(one, phrase, Tense.FUTURE).no == "the thief will not steal the vase in the hall"


def test_the_passive_in_every_tense():
    verb = Verb("steal", "stole", "stolen")
    said = [passive(verb, tense, plural=True) for tense in Tense]
    assert said == ["were stolen", "are being stolen", "were being stolen", "have been stolen", "will be stolen"]
    assert passive(verb, Tense.PERFECT, plural=False, negative=True) == "has not been stolen"


def test_small_things():
    assert join(["a", "b", "c"], "or") == "a, b or c"
    assert [number(n) for n in (3, 12, 13, 12000)] == ["three", "twelve", "13", "12,000"]
    assert sentence("the end") == "The end."
    assert NounPhrase("the nurses", plural=True).possessive == "the nurses'"
