from __future__ import annotations

import pytest
from overlap import HOSTILE, Counting

from tuili.applications.answer_sentences import rank_sentences
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
        assert sentence.score == pytest.approx(0.7 * sentence.overlap + 0.3 * sentence.probability)
        assert sentence.text == SENTENCES[sentence.index]


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
