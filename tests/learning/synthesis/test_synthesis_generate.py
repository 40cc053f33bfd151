from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from tuili.errors import UsageError
from tuili.learning.synthesis import SyntheticPair, families, generate
from tuili.types import THREE_WAY


def test_the_same_arguments_give_the_same_pairs_and_another_seed_gives_others():
    first, again, other = (list(generate(300, seed=seed, distractors=0.3)) for seed in (1, 1, 2))
    assert first == again
    assert len({(pair.premise, pair.hypothesis) for pair in first} & {(p.premise, p.hypothesis) for p in other}) < 10


def test_pairs_are_different_and_whole_sentences():
    pairs = list(generate(1500, seed=3))
    assert len(pairs) == 1500
    assert len({(pair.premise, pair.hypothesis) for pair in pairs}) == 1500
    for pair in pairs:
        assert pair.label in THREE_WAY
        for text in (pair.premise, pair.hypothesis, pair.reason):
            assert text[0] == text[0].upper()
            assert text.endswith(".")
            assert "  " not in text
            assert "{" not in text
        assert pair.premise.casefold() != pair.hypothesis.casefold()


def test_each_family_gets_as_many_pairs_and_no_other_than_its_own():
    counts = Counter(pair.family for pair in generate(1600, seed=4))
    assert set(counts) == set(families())
    assert max(counts.values()) - min(counts.values()) <= 3
    assert {pair.family for pair in generate(100, seed=4, families=["voice", "numbers"])} == {"voice", "numbers"}
    left = {pair.family for pair in generate(400, seed=4, leave_out=["voice"])}
    assert left == set(families()) - {"voice"}


def test_neighbours_share_a_premise_with_another_label():
    pairs = list(generate(1000, seed=5))
    sharing = sum(a.premise == b.premise and a.label != b.label for a, b in pairwise(pairs))
    assert sharing > 150


@pytest.mark.parametrize(
    "arguments",
    [
        {"families": ["verbs"]},
        {"leave_out": ["verbs"]},
        {"families": ["voice"], "leave_out": ["voice"]},
        {"distractors": 1.5},
    ],
)
def test_arguments_that_cannot_be_are_refused_before_the_first_pair(arguments):
    with pytest.raises(UsageError):
        generate(1, seed=0, **arguments)


def test_a_negative_number_is_refused():
    with pytest.raises(UsageError, match="-1"):
        generate(-1, seed=0)


def test_a_pair_is_json_ready():
    pair = next(generate(1, seed=0))
    assert isinstance(pair, SyntheticPair)
    assert set(pair.to_dict()) == {"premise", "hypothesis", "label", "family", "pattern", "reason"}
    assert pair.to_dict()["label"] == pair.label.value
