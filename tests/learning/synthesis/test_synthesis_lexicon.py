from __future__ import annotations

import sys
from importlib.resources import files

import pytest

from tuili.errors import DataError, UsageError
from tuili.learning.synthesis import Lexicon, generate
from tuili.learning.synthesis.pair import Draft, Family
from tuili.types import Label

OWN = """
[[nouns]]
hypernym = "ghost"
kind = "person"
exclusive = true
members = ["banshee", "poltergeist", "spectre", "wraith", "phantom", "spook", "shade", "wisp", "bogle", "ghoul",
           "revenant", "haunt"]

[[nouns]]
hypernym = "beast"
kind = "animal"
exclusive = true
members = ["dragon", "griffin", "unicorn", "basilisk", "kraken", "hydra"]

[[nouns]]
hypernym = "object"
kind = "object"
members = ["wand", "orb", "sceptre", "grimoire", "goblet", "rune"]

[[verbs]]
subject = "person"
words = ["moan", "float"]

[[verbs]]
subject = "person"
object = "person"
words = ["frighten", "follow"]

[[verbs]]
subject = "person"
object = "object"
words = ["move", "hide"]
"""


def written(tmp_path, text: str):
    path = tmp_path / "words.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_general_vocabulary_has_several_hundred_nouns():
    lexicon = Lexicon.general()
    assert len({word for group in lexicon.nouns for word in group.members}) > 300
    assert lexicon.plural("beekeeper") == "beekeepers"
    assert lexicon.plural("mouse") == "mice"
    assert lexicon.verb("steal").participle == "stolen"


def test_pairs_are_made_of_the_users_own_words(tmp_path):
    lexicon = Lexicon.read(written(tmp_path, OWN))
    pairs = list(generate(300, seed=1, lexicon=lexicon, families=["voice", "overlap", "quantifiers", "coordination"]))
    texts = " ".join(f"{pair.premise} {pair.hypothesis}" for pair in pairs)
    assert "banshee" in texts
    assert "violinist" not in texts
    assert lexicon.people == Lexicon.general().people


def test_every_family_works_with_a_small_vocabulary(tmp_path):
    pairs = list(generate(320, seed=2, lexicon=Lexicon.read(written(tmp_path, OWN))))
    assert len({pair.family for pair in pairs}) == 16


def test_a_vocabulary_that_is_used_up_says_so(monkeypatch):
    family = Family("tiny", "Two pairs and no more")

    @family.pattern()
    def only(draw):
        yield Draft("it rains", "it is wet", Label.ENTAILMENT, "rain is wet", "wet")
        yield Draft("it is hot", "it is wet", Label.NEUTRAL, "heat is dry or wet", "wet")

    monkeypatch.setattr(sys.modules["tuili.learning.synthesis.generate"], "FAMILIES", (family,))
    assert len(list(generate(2, seed=1))) == 2
    with pytest.raises(UsageError, match="2 different pairs were made of it, not 3"):
        list(generate(3, seed=1))


def test_a_family_for_which_there_are_no_words_is_named(monkeypatch):
    family = Family("empty", "Needs what is not there")

    @family.pattern()
    def wants_too_much(draw):
        yield Draft(draw.one([]), "x", Label.NEUTRAL, "x", "x")

    monkeypatch.setattr(sys.modules["tuili.learning.synthesis.generate"], "FAMILIES", (family,))
    with pytest.raises(UsageError, match="'empty'"):
        list(generate(1, seed=1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[nouns]]\nhypernym = 'x'", ["nouns[1]", "lacks 'kind'"]),
        ("[[nouns]]\nhypernym = 'x'\nkind = 'person'\nmembers = 'a'", ["nouns[1].members", "list of words"]),
        ("[[nouns]]\nhypernym = 'x'\nkind = 'person'\nmembers = [1]", ["nouns[1].members", "1"]),
        ("[[nouns]]\nhypernym = 'x'\nkind = 'person'\nmembers = ['a']\nexclusive = 'yes'", ["true or false", "'yes'"]),
        ("[[nouns]]\nhypernym = 'x'\nkind = 'person'\nmembers = ['a']\nsize = 3", ["'size'", "exclusive"]),
        ("nouns = 3", ["nouns", "[[nouns]]"]),
        ("[cats]\na = 1", ["cats", "allowed are"]),
        ("[irregular]\nswim = ['swam']", ["irregular.swim", "two words"]),
        ("[synonyms]\nnouns = [['a', 'b', 'c']]", ["synonyms.nouns[1]", "two words"]),
        ("[names]\npeople = ['Ann']", ["names", "lacks 'surnames'"]),
        ("[plurals]\nox = 3", ["plurals"]),
        ("[[verbs]]\nsubject = 'robot'\nwords = ['beep']", ["verbs[1].subject", "'robot'"]),
        ("[[nouns]]\nhypernym = 'x'\nkind = 'person'\nmembers = ['a']", ["at least 12"]),
        ("[[nouns", ["not valid TOML"]),
    ],
)
def test_a_faulty_vocabulary_is_refused_with_its_place(tmp_path, text, words):
    with pytest.raises(DataError) as error:
        Lexicon.read(written(tmp_path, text))
    for word in words:
        assert word in str(error.value)
    assert "words.toml" in str(error.value)


def test_a_noun_that_is_a_kind_of_itself_is_refused(tmp_path):
    circle = OWN + '\n[[nouns]]\nhypernym = "dragon"\nkind = "animal"\nmembers = ["beast"]\n'
    with pytest.raises(DataError, match="kind of itself"):
        Lexicon.read(written(tmp_path, circle))


def test_a_file_that_is_missing_or_not_text_is_refused(tmp_path):
    with pytest.raises(DataError, match="can't be read"):
        Lexicon.read(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="UTF-8"):
        Lexicon.read(tmp_path / "bytes.toml")


def test_the_general_vocabulary_ships_with_the_package():
    assert files("tuili.learning.synthesis").joinpath("general.toml").is_file()
