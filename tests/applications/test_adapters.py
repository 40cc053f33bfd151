"""What other tools hand to their faithfulness metrics, and what they expect back."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from overlap import Counting

from tuili.applications.adapters import (
    DeepEvalFaithfulness,
    LangChainFaithfulness,
    LlamaIndexFaithfulness,
    RagasFaithfulness,
)
from tuili.errors import UsageError

CONTEXTS = ["The library opens at nine.", "It lends books."]
GOOD, HALF = "The library opens at nine.", "The library opens at nine. It has a cafe."


def test_ragas():
    metric = RagasFaithfulness(Counting())
    sample = SimpleNamespace(user_input="When?", response=HALF, retrieved_contexts=CONTEXTS)
    assert metric.single_turn_score(sample) == 0.5
    assert asyncio.run(metric.single_turn_ascore(sample)) == 0.5
    assert metric(user_input="When?", response=GOOD, retrieved_contexts=CONTEXTS) == 1
    assert metric({"response": GOOD, "retrieved_contexts": CONTEXTS}) == 1


def test_deepeval():
    metric = DeepEvalFaithfulness(Counting(), threshold=0.7)
    case = SimpleNamespace(input="When?", actual_output=HALF, retrieval_context=CONTEXTS)
    assert metric.measure(case) == metric.score == 0.5
    assert not metric.is_successful()
    assert "not found: It has a cafe." in metric.reason
    case.actual_output = GOOD
    assert asyncio.run(metric.a_measure(case)) == 1
    assert metric.is_successful()


def test_langchain():
    metric = LangChainFaithfulness(Counting())
    told = metric.evaluate_strings(prediction=HALF, reference=" ".join(CONTEXTS), input="When?")
    assert told == {"score": 0.5, "value": "not found", "reasoning": "not found: It has a cafe."}
    told = metric(inputs={"question": "When?"}, outputs={"answer": GOOD}, context={"documents": CONTEXTS})
    assert told == {"key": "groundedness", "score": 1, "comment": "every claim is supported"}


def test_llama_index():
    metric = LlamaIndexFaithfulness(Counting())
    result = metric.evaluate(query="When?", response=HALF, contexts=CONTEXTS)
    assert (result.passing, result.score, result.query, result.contexts) == (False, 0.5, "When?", tuple(CONTEXTS))
    assert asyncio.run(metric.aevaluate(response=GOOD, contexts=CONTEXTS)).passing


def test_what_lacks_an_answer_or_a_context_is_refused():
    with pytest.raises(UsageError, match="retrieved_contexts"):
        RagasFaithfulness(Counting()).single_turn_score(SimpleNamespace(response=GOOD))
    with pytest.raises(UsageError, match="no context"):
        LlamaIndexFaithfulness(Counting()).evaluate(response=GOOD)
    with pytest.raises(UsageError, match="string"):
        LangChainFaithfulness(Counting())(outputs=7, context=CONTEXTS)
    with pytest.raises(UsageError, match="one entry"):
        LangChainFaithfulness(Counting())(outputs={"a": GOOD, "b": GOOD}, context=CONTEXTS)
