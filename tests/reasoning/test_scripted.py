"""The fake that the package ships."""

from __future__ import annotations

import numpy as np
import pytest
from contract import BackendContract, same_bits

from tuili.errors import InvalidPair, UsageError
from tuili.reasoning.scripted import Scripted
from tuili.types import THREE_WAY, TWO_WAY, Judge, Label, Pair

RAIN = Pair("It rains.", "It is wet.")


def by_length(premise: str, hypothesis: str) -> str:
    return ("entailment", "neutral", "contradiction")[(len(premise) + len(hypothesis)) % 3]


class TestWithoutLimits(BackendContract):
    limited = False

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls):
        return Scripted(by_length)


class TestWithSmallWindows(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls):
        return Scripted(by_length, window=250, unreadable="👩\u200b", labels=["neutral", "entailment", "contradiction"])


class TestTwoWay(BackendContract):
    limited = False

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls):
        return Scripted(default="not_entailment", labels=TWO_WAY)


def test_a_label_gets_nine_tenths_and_the_others_share_the_rest():
    log_probs = Scripted({RAIN: "entailment"}).score([RAIN])
    np.testing.assert_allclose(np.exp(log_probs), [[0.9, 0.05, 0.05]], rtol=1e-6)


def test_probabilities_are_given_back_and_none_is_exactly_zero():
    answer = {Label.ENTAILMENT: 0.25, Label.NEUTRAL: 0.75}
    probabilities = np.exp(Scripted({RAIN: answer}).score([RAIN]))
    np.testing.assert_allclose(probabilities, [[0.25, 0.75, 0]], atol=2e-6)
    assert probabilities.min() > 0


def test_columns_follow_the_order_of_the_labels():
    backend = Scripted({RAIN: "entailment"}, labels=["contradiction", "neutral", "entailment"])
    assert backend.score([RAIN]).argmax() == 2
    assert backend.labels == (Label.CONTRADICTION, Label.NEUTRAL, Label.ENTAILMENT)


def test_what_is_not_in_the_script_gets_the_default():
    backend = Scripted({RAIN: "entailment"}, default="contradiction")
    other = Pair("It rains.", "It is dry.")
    assert backend.score([other, RAIN]).argmax(1).tolist() == [2, 0]


def test_a_function_that_gives_none_passes_the_pair_to_the_default():
    backend = Scripted(lambda premise, hypothesis: None, default={"neutral": 1.0})
    assert backend.score([RAIN]).argmax() == 1


def test_a_pair_that_nobody_scripted_is_an_error_that_names_it():
    with pytest.raises(UsageError, match=r"'It rains\.', 'It is dry\.'.*default"):
        Scripted({RAIN: "entailment"}).score([RAIN, Pair("It rains.", "It is dry.")])


@pytest.mark.parametrize(
    "answer",
    [
        "maybe",
        "not_entailment",
        {"entailment": 0.5},
        {"entailment": 1.5, "neutral": -0.5},
        {"entailment": float("nan"), "neutral": 1.0},
        {"maybe": 1.0},
        {},
    ],
)
def test_an_answer_that_is_none_is_refused_when_it_is_scripted(answer):
    with pytest.raises(UsageError, match="scripted"):
        Scripted({RAIN: answer})
    with pytest.raises(UsageError, match="scripted"):
        Scripted(default=answer)
    with pytest.raises(UsageError, match="scripted"):
        Scripted(lambda premise, hypothesis: answer).score([RAIN])


@pytest.mark.parametrize("labels", [["entailment"], ["entailment", "neutral"], "entailment", ["a", "b", "c"], []])
def test_labels_are_those_of_a_three_way_or_a_two_way_model(labels):
    with pytest.raises(UsageError, match="labels"):
        Scripted(default="entailment", labels=labels)


def test_a_window_holds_at_least_one_character():
    with pytest.raises(UsageError, match="window"):
        Scripted(default="neutral", window=0)


def test_a_text_longer_than_the_window_is_refused_and_never_cut():
    backend = Scripted(default="neutral", window=20)
    with pytest.raises(InvalidPair) as refused:
        backend.score([RAIN, Pair("It rains, and it pours.", "It is wet.")])
    assert (refused.value.index, refused.value.field) == (1, "premise")


def test_windows_end_between_words():
    text = "one two three four"
    spans = Scripted(default="neutral", window=9).windows(text)
    assert [text[start:end] for start, end in spans] == ["one two ", "three ", "four"]


def test_unreadable_characters_lower_the_coverage():
    assert Scripted(default="neutral", unreadable="xz").coverage("a x b z") == 0.5


def test_it_is_a_judge_too():
    judge = Scripted({RAIN: "entailment"}, default="neutral", name="fake", unreadable="t")
    assert isinstance(judge, Judge)
    first, second = judge.judge([("It rains.", "It is wet."), ("I sing.", "I dance.")])
    assert (first.label, second.label) == (Label.ENTAILMENT, Label.NEUTRAL)
    assert first.confidence == pytest.approx(0.9)
    assert sum(first.probabilities.values()) == pytest.approx(1, abs=1e-12)
    assert tuple(first.probabilities) == THREE_WAY
    assert (first.decided, first.prediction_set, first.model) == (True, {Label.ENTAILMENT}, "fake")
    assert (first.coverage, second.coverage) == (7 / 8, 1.0)
    assert judge.judge(iter([])) == []


def test_two_fakes_with_one_script_agree_in_every_bit():
    pairs = [RAIN, Pair("a", "b")]
    assert same_bits(Scripted(by_length).score(pairs), Scripted(by_length).score(pairs))
