from __future__ import annotations

import json
import math

import pytest
from overlap import HOSTILE, Counting, TwoWay

import tuili
from tuili.applications.classify import classify_many
from tuili.errors import InvalidText, UsageError
from tuili.reasoning.scripted import Scripted


def leaning(chances):
    """A judge that entails each label's statement with a given probability."""

    def script(premise, hypothesis):
        chance = next(p for label, p in chances.items() if f" {label}." in hypothesis)
        return {"entailment": chance, "neutral": 1 - chance}

    return Scripted(script)


def test_one_label_is_the_softmax_of_log_odds():
    result = tuili.classify(leaning({"sport": 0.8, "war": 0.5, "law": 0.2}), "Some text.", ["law", "sport", "war"])
    assert result.labels == ("sport", "war", "law")
    # odds 4, 1 and 1/4
    assert result.probabilities == pytest.approx([4 / 5.25, 1 / 5.25, 0.25 / 5.25], rel=1e-4)
    assert (result.label, result.probability) == ("sport", result.probabilities[0])


def test_several_labels_are_each_judged_alone():
    judge = leaning({"sport": 0.8, "war": 0.7, "law": 0.2})
    result = tuili.classify(judge, "Some text.", ["law", "sport", "war"], multi_label=True)
    assert result.probabilities == pytest.approx([0.8, 0.7, 0.2], abs=1e-4)
    assert result.holding() == ("sport", "war")
    assert result.holding(0.99) == ()


def test_levels_multiply_and_sum_to_one():
    judge = leaning({"sport": 0.8, "law": 0.2, "football": 0.9, "tennis": 0.1})
    result = tuili.classify(judge, "Some text.", ["sport > football", "sport>tennis", "law"])
    sport = 4 / 4.25
    assert result.label == "sport > football"
    assert result.probability == pytest.approx(sport * 9 / (9 + 1 / 9), rel=1e-4)
    assert sum(result.probabilities) == pytest.approx(1)


def test_of_several_levels_the_least_probable_counts_where_several_labels_hold():
    judge = leaning({"sport": 0.3, "football": 0.9})
    result = tuili.classify(judge, "Some text.", ["sport > football"], multi_label=True)
    assert result.probability == pytest.approx(0.3, abs=1e-4)


def test_a_template_makes_the_statement():
    judge = Counting()
    tuili.classify(judge, "It is red.", ["red", "sport > ball"], "It is {}.")
    assert judge.calls == [
        [("It is red.", "It is red."), ("It is red.", "It is sport."), ("It is red.", "It is ball.")]
    ]


def test_a_thousand_labels_are_one_batch_and_sum_to_one():
    judge = Counting()
    result = tuili.classify(judge, "This text is about topic 77.", [f"topic {n}" for n in range(1000)])
    assert result.label == "topic 77"
    assert math.fsum(result.probabilities) == pytest.approx(1)
    assert [len(call) for call in judge.calls] == [1000]


def test_one_label_alone_is_certain_and_a_judge_of_two_labels_will_do():
    result = tuili.classify(TwoWay(), "Some text.", ["sport"])
    assert result.probabilities == (1.0,)
    assert json.loads(json.dumps(result.to_dict()))["labels"][0]["label"] == "sport"


def test_equal_texts_are_judged_once_and_each_has_its_result():
    judge = Counting()
    results = classify_many(judge, ["a", "b", "a"], ["x", "y"])
    assert [r.text for r in results] == ["a", "b", "a"]
    assert len(judge.calls[0]) == 4
    assert classify_many(judge, [], ["x"]) == []


@pytest.mark.parametrize(
    ("labels", "template", "said"),
    [
        ([], "{}", "no labels"),
        (["a", "a"], "{}", "twice"),
        (["a > b", "a>b"], "{}", "twice"),
        (["a", "a > b"], "{}", "below"),
        (["a >"], "{}", "empty level"),
        ("abc", "{}", "list"),
        (["a"], "about", "template"),
        (["a"], 7, "template"),
    ],
)
def test_labels_and_templates_that_cannot_be_are_refused(labels, template, said):
    with pytest.raises(UsageError, match=said):
        tuili.classify(Counting(), "Some text.", labels, template)


def test_texts_that_cannot_be_judged_are_refused():
    with pytest.raises(InvalidText, match="text is empty"):
        tuili.classify(Counting(), "", ["a"])
    with pytest.raises(InvalidText, match="label 2"):
        tuili.classify(Counting(), "x", ["a", " "])
    with pytest.raises(InvalidText, match="text 2"):
        classify_many(Counting(), ["x", ""], ["a"])


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if ">" not in text])
def test_hostile_texts_and_labels_are_words_like_any_other(hostile):
    result = tuili.classify(Counting(), hostile, [hostile, "plain"], "{}")
    assert set(result.labels) == {hostile, "plain"}
    assert sum(result.probabilities) == pytest.approx(1)


def test_a_text_of_a_megabyte_is_put_once():
    judge = Counting()
    tuili.classify(judge, "word " * 199_999, ["a", "b"])
    assert len({premise for premise, _ in judge.calls[0]}) == 1


def test_the_embedded_model_knows_sport():
    result = tuili.classify(tuili.load(threads=1), "The striker scored two goals.", ["football", "cooking"])
    assert result.label == "football"
