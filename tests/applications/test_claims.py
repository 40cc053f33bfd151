from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overlap import HOSTILE

from tuili.applications.claims import split_claims
from tuili.perception.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        (
            "The bridge was built in 1932 and it carries eight lanes.",
            ["The bridge was built in 1932.", "It carries eight lanes."],
        ),
        (
            "He founded the firm in 1990 and led it until 2001.",
            ["He founded the firm in 1990.", "He led it until 2001."],
        ),
        (
            "Ann Lee was born in Leeds and was raised in York.",
            ["Ann Lee was born in Leeds.", "Ann Lee was raised in York."],
        ),
        ("Paris is in France; London is in England.", ["Paris is in France.", "London is in England."]),
        (
            "The film opened in May, but the critics panned it badly.",
            ["The film opened in May.", "The critics panned it badly."],
        ),
    ],
)
def test_two_statements_come_apart_and_a_left_out_subject_is_carried_over(text, statements):
    assert [claim.statement for claim in split_claims(text)] == statements


@pytest.mark.parametrize(
    "text",
    [
        "She likes apples, pears and plums.",
        "He bought and sold shares.",
        "If it rains, the road is closed and the bus stops.",
        "Tom said Mary left and went home.",
        "The museum, which opened in 1990, has a cafe and offers tours.",
        'He said "it was built in 1932 and it carries eight lanes" to me.',
        "Neither the mayor spoke and nor did he leave the hall.",
        "她在1990年创办了公司，并领导到2001年。",
    ],
)
def test_a_sentence_that_may_be_anything_else_stays_whole(text):
    assert [claim.statement for claim in split_claims(text)] == [text]


def test_spans_are_the_texts_own_characters():
    text = "  Hello there. He founded the firm in 1990 and led it until 2001."
    greeting, first, second = split_claims(text)
    assert [text[slice(*claim.span)] for claim in (greeting, first, second)] == [
        "Hello there.",
        "He founded the firm in 1990",
        "led it until 2001.",
    ]
    assert [greeting.sentence, first.sentence, second.sentence] == [0, 1, 1]


@settings(deadline=None, max_examples=50)
@given(
    st.one_of(st.text(), st.lists(st.sampled_from([*HOSTILE, "He led it and was", "; it is", ", and"])).map(" ".join))
)
def test_of_any_text_every_sentence_makes_claims_and_they_lie_within_it(text):
    sentences = split_sentences(text)
    claims = split_claims(text)
    assert sorted({claim.sentence for claim in claims}) == list(range(len(sentences)))
    end = 0
    for claim in claims:
        sentence = sentences[claim.sentence]
        assert sentence.start <= claim.span.start < claim.span.end <= sentence.end
        assert claim.span.start >= end
        assert claim.statement.strip()
        end = claim.span.end


def test_a_sentence_of_a_megabyte_takes_no_longer_than_its_length():
    started = time.perf_counter()
    claims = split_claims("it was red and it was big and " * 33_000)
    assert max(len(claim.statement) for claim in claims) <= 600
    assert time.perf_counter() - started < 10
