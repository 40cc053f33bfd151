from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("torch")

from tuili.errors import UsageError
from tuili.learning.entities.documents import TaggedSentence
from tuili.learning.recast import KINDS, joined, recast, recast_pairs, two_typed
from tuili.types import Label


def sentence(text: str) -> TaggedSentence:
    """`word/TAG` where a word is part of a name."""
    parts = [word.rpartition("/") if "/" in word else (word, "", "O") for word in text.split()]
    return TaggedSentence(0, tuple(word for word, _, _ in parts), tuple(tag for _, _, tag in parts))


SENTENCES = [
    sentence("Anna/B-PER Lind/I-PER went to Milan/B-LOC , then home ."),
    sentence("Milan/B-ORG beat Turin/B-ORG in the second half ."),
    sentence("The Swiss/B-MISC office of Lind/B-ORG &/I-ORG Co/I-ORG stays open ."),
    sentence("Turin/B-LOC"),
    sentence("Nobody came to the small meeting yesterday ."),
    sentence("Boris/B-PER Vale/I-PER spoke with Anna/B-PER Lind/I-PER about Milan/B-LOC for hours ."),
] * 6  # fmt: skip


def gold(row: int) -> dict[str, set[str]]:
    """What the sentence of a row names, and as which kinds; worked out without the builder."""
    found: dict[str, set[str]] = {}
    words, tags = SENTENCES[row - 1].words, SENTENCES[row - 1].tags
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            end = place + 1
            while end < len(tags) and tags[end].startswith("I-"):
                end += 1
            found.setdefault(" ".join(words[place:end]), set()).add(tag[2:])
    return found


def kind_of(hypothesis: str) -> str:
    return next(kind for kind, words in KINDS.items() if words in hypothesis)


def test_what_a_pair_says_is_true_exactly_where_it_is_entailed():
    origins = Counter()
    for pair in recast_pairs(SENTENCES):
        example = pair.example
        origins[pair.origin] += 1
        says = kind_of(example.hypothesis) in gold(example.row).get(pair.name, set())
        assert says == (example.label is Label.ENTAILMENT) == (pair.origin == "named")
        assert pair.name in example.hypothesis
        assert example.premise == joined(SENTENCES[example.row - 1].words)
    assert set(origins) == {"named", "elsewhere", "wrong type", "other span", "no name"}


def test_true_statements_come_back_where_they_are_not_said():
    labels: dict[tuple[str, str], set[Label]] = {}
    for pair in recast_pairs(SENTENCES):
        if pair.origin in ("named", "elsewhere"):
            labels.setdefault((pair.name, kind_of(pair.example.hypothesis)), set()).add(pair.example.label)
    assert len(labels) == 6
    assert all(len(found) == 2 for found in labels.values())


def test_wrong_types_are_those_that_the_name_has_elsewhere():
    wrong = {(p.name, kind_of(p.example.hypothesis)) for p in recast_pairs(SENTENCES) if p.origin == "wrong type"}
    kinds = {kind for name, kind in wrong if name == "Milan"}
    assert kinds
    assert kinds <= {"LOC", "ORG"}


def test_names_with_two_types_are_told():
    assert two_typed(SENTENCES) == {"milan": {"LOC", "ORG"}, "turin": {"LOC", "ORG"}}
    # the sentence that names Turin as a place is too short to be used
    assert {pair.name for pair in recast_pairs(SENTENCES) if pair.two_types} == {"Milan"}
    assert "Turin" in {p.name for p in recast_pairs(SENTENCES, least=1) if p.two_types}


def test_the_same_seed_gives_the_same_pairs():
    assert list(recast(SENTENCES, seed=4)) == list(recast(SENTENCES, seed=4))
    assert list(recast(SENTENCES, seed=4)) != list(recast(SENTENCES, seed=5))
    assert list(recast([])) == []


def test_words_are_joined_as_people_write_them():
    assert joined("It 's $ 5 ( or so ) , is n't it ?".split()) == "It's $5 (or so), isn't it?"


def test_a_least_length_that_cannot_be():
    with pytest.raises(UsageError, match="least"):
        recast(SENTENCES, least=0)
