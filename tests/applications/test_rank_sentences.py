from __future__ import annotations

import pytest
from overlap import HOSTILE, Counting

from tuili.applications.answer_sentences import KIND_WEIGHT, LEXICAL_WEIGHT, rank_sentences
from tuili.errors import InvalidText, UsageError
from tuili.reasoning.scripted import Scripted

SENTENCES = ["The bridge has towers.", "Brown opened the bridge in May.", "It rains."]


def test_the_judge_and_the_words_are_blended():
    def script(premise, hypothesis):
        return {"entailment": 1.0} if premise == "It rains." else {"neutral": 1.0}

    question = "Who opened the bridge?"
    by_words = rank_sentences(Scripted(script), question, SENTENCES, lexical_weight=1)
    by_sense = rank_sentences(Scripted(script), question, SENTENCES, lexical_weight=0)
    assert [s.index for s in by_words] == [1, 0, 2]
    assert [s.index for s in by_sense] == [2, 0, 1]
    for sentence in rank_sentences(Scripted(script), question, SENTENCES):
        blend = LEXICAL_WEIGHT * sentence.overlap + (1 - LEXICAL_WEIGHT) * sentence.probability
        assert sentence.score == pytest.approx((1 - KIND_WEIGHT) * blend + KIND_WEIGHT * sentence.kind)
        assert sentence.text == SENTENCES[sentence.index]


def test_of_two_that_say_the_same_the_one_with_something_of_the_kind_comes_first():
    sentences = ["The bridge was opened late.", "The bridge was opened in 1966."]
    ranked = rank_sentences(Scripted(default="neutral"), "When was the bridge opened?", sentences)
    assert [(s.index, s.kind) for s in ranked] == [(1, True), (0, False)]
    assert ranked[0].to_dict()["kind"] is True


def test_question_and_statement_are_both_put():
    judge = Counting()
    rank_sentences(judge, "Who opened the bridge?", SENTENCES[:1])
    assert judge.calls == [[(SENTENCES[0], "Who opened the bridge?"), (SENTENCES[0], "Someone opened the bridge.")]]


def test_words_alone_do_not_ask_the_judge():
    judge = Counting()
    rank_sentences(judge, "Who opened the bridge?", SENTENCES, lexical_weight=1)
    assert judge.calls == []


def test_no_sentence_and_one():
    assert rank_sentences(Counting(), "Who?", []) == []
    assert [s.index for s in rank_sentences(Counting(), "Who?", ["It rains."])] == [0]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_questions_and_sentences_are_ranked(hostile):
    ranked = rank_sentences(Counting(), hostile, [hostile, "It rains.", hostile])
    assert sorted(s.index for s in ranked) == [0, 1, 2]
    assert all(0 <= s.score <= 1 for s in ranked)


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(InvalidText, match="sentence 2"):
        rank_sentences(Counting(), "Who?", ["It rains.", ""])
    with pytest.raises(InvalidText, match="question"):
        rank_sentences(Counting(), "", SENTENCES)
    with pytest.raises(UsageError, match="list"):
        rank_sentences(Counting(), "Who?", "It rains.")
    with pytest.raises(UsageError, match="lexical_weight"):
        rank_sentences(Counting(), "Who?", SENTENCES, lexical_weight=2)
