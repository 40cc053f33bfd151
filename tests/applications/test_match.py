from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overlap import HOSTILE, Counting, TwoWay

import tuili
from tuili.applications.match import Relation, find_matches
from tuili.applications.neighbours import neighbours
from tuili.errors import InvalidText, UsageError
from tuili.reasoning.scripted import Scripted


@pytest.mark.parametrize(
    ("a", "b", "relation"),
    [
        ("red and round", "round and red", Relation.EQUIVALENT),
        ("red and round", "round", Relation.A_INCLUDES_B),
        ("round", "red and round", Relation.B_INCLUDES_A),
        ("red", "blue", Relation.UNRELATED),
    ],
)
def test_both_directions_decide(a, b, relation):
    for judge in (Counting(), TwoWay()):
        result = tuili.match(judge, a, b)
        assert result.relation is relation
        assert result.probability == result.probabilities[relation] == max(result.probabilities.values())
        assert sum(result.probabilities.values()) == pytest.approx(1)


def test_what_cannot_both_be_is_in_conflict():
    result = tuili.match(Scripted(default="contradiction"), "It is red.", "It is blue.")
    assert result.relation is Relation.IN_CONFLICT
    assert json.loads(json.dumps(result.to_dict()))["relation"] == "in conflict"


probabilities = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 0.01)


@settings(deadline=None, max_examples=50)
@given(probabilities, probabilities)
def test_turning_the_texts_round_turns_the_relation_round(forward, backward):
    table = {
        ("x", "y"): dict(
            zip(("entailment", "neutral", "contradiction"), [p / sum(forward) for p in forward], strict=True)
        ),
        ("y", "x"): dict(
            zip(("entailment", "neutral", "contradiction"), [p / sum(backward) for p in backward], strict=True)
        ),
    }
    there, back = tuili.match(Scripted(table), "x", "y"), tuili.match(Scripted(table), "y", "x")
    turned = {Relation.A_INCLUDES_B: Relation.B_INCLUDES_A, Relation.B_INCLUDES_A: Relation.A_INCLUDES_B}
    assert sum(there.probabilities.values()) == pytest.approx(1)
    for relation, probability in there.probabilities.items():
        assert back.probabilities[turned.get(relation, relation)] == pytest.approx(probability)


def test_duplicates_and_inclusions_are_found_without_asking_for_every_pair():
    texts = [f"item {n} is painted colour {n * 7} in hall {n * 3}" for n in range(100)]
    texts += ["a grey heron stood still", "still stood a grey heron", "a heron stood"]
    judge = Counting()
    found = find_matches(judge, texts, candidates=3)
    assert {(m.first, m.second): m.match.relation for m in found} == {
        (100, 101): Relation.EQUIVALENT,
        (100, 102): Relation.A_INCLUDES_B,
        (101, 102): Relation.A_INCLUDES_B,
    }
    assert len(judge.calls) == 1
    assert len(judge.calls[0]) <= 2 * 3 * len(texts)


def test_the_same_text_twice_is_found_even_alone_in_a_file():
    found = find_matches(Counting(), ["It is red.", "It is red."])
    assert [(m.first, m.second, m.match.relation) for m in found] == [(0, 1, Relation.EQUIVALENT)]


@pytest.mark.parametrize("texts", [[], ["It is red."], ["red", "blue"]])
def test_where_nothing_is_shared_nothing_is_asked(texts):
    judge = Counting()
    assert find_matches(judge, texts) == []
    assert judge.calls == []


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4).map(" ".join), max_size=12))
def test_neighbours_are_exact(texts):
    near = neighbours(texts, len(texts) or 1)
    shared = {(i, j) for i in range(len(texts)) for j in range(i + 1, len(texts)) if _held(texts[i]) & _held(texts[j])}
    assert near == sorted(shared)


def _held(text):
    words = set(text.split())
    return words - {"a"} or words  # "a" is a stop word


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_are_matched(hostile):
    assert sum(tuili.match(Counting(), hostile, f"{hostile} more").probabilities.values()) == pytest.approx(1)
    assert all(m.first < m.second for m in find_matches(Counting(), [hostile, hostile, "plain"]))


def test_what_cannot_be_matched_is_refused():
    with pytest.raises(InvalidText, match="b is empty"):
        tuili.match(Counting(), "x", "")
    with pytest.raises(InvalidText, match="text 2"):
        find_matches(Counting(), ["x", "\0"])
    with pytest.raises(UsageError, match="candidates"):
        find_matches(Counting(), ["x"], candidates=0)
    with pytest.raises(UsageError, match="list"):
        find_matches(Counting(), "x")


def test_the_embedded_model_knows_a_paraphrase_from_another_thing():
    engine = tuili.load(threads=1)
    assert tuili.match(engine, "A man is sleeping.", "A man is asleep.").relation is Relation.EQUIVALENT
    assert tuili.match(engine, "A man is sleeping.", "A man is awake.").relation is not Relation.EQUIVALENT
