from __future__ import annotations

import random

import numpy as np
import pytest
import tiny
from made_judges import sleeper, supporter

import tuili
from tuili.engine.load import load
from tuili.explanation.attribution import Attribution
from tuili.explanation.evidence import evidence_of
from tuili.explanation.explain import explain
from tuili.explanation.lexical import parts, words
from tuili.explanation.weights import LONG, weigh
from tuili.reasoning.scripted import Scripted
from tuili.types import Label, Pair

PAIR = Pair("The old man is sleeping on a bench.", "Some man is running quickly.")


def texts(explanation, side: str) -> list[str]:
    return [found.text for found in explanation.verdict.evidence if found.side == side]


def test_the_words_that_decide_are_found_on_both_sides_of_any_judge():
    found = explain(sleeper(), PAIR)
    assert found.verdict.label is Label.CONTRADICTION
    assert texts(found, "premise") == ["sleeping"]
    assert texts(found, "hypothesis") == ["running"]
    assert all(evidence.label is Label.CONTRADICTION for evidence in found.verdict.evidence)
    assert found.sentence == "The premise says *sleeping*, which excludes *running*."


def test_evidence_of_entailment_is_what_supports():
    found = explain(supporter(), ("A dog plays in the snow today.", "An animal is cold."))
    assert sorted(texts(found, "premise")) == ["dog", "snow"]
    assert "which supports" in found.sentence


def test_a_neutral_verdict_has_evidence_in_the_hypothesis_alone():
    judge = Scripted(
        lambda premise, hypothesis: "neutral" if "hungry" in hypothesis else "entailment",
    )
    found = explain(judge, ("Two dogs play.", "The dogs are hungry."))
    assert texts(found, "premise") == []
    assert texts(found, "hypothesis") == ["hungry"]
    assert found.sentence == "Nothing in the premise supports or excludes *hungry*."


def test_where_no_word_decides_there_is_no_evidence():
    found = explain(Scripted(default="contradiction"), PAIR)
    assert found.verdict.evidence == ()
    assert found.faithfulness is None
    assert found.confirmed is None
    assert "No single word" in found.sentence


def test_two_way_judges_are_explained_too():
    judge = Scripted(
        lambda premise, hypothesis: "entailment" if "dog" in premise else "not_entailment",
        labels=["entailment", "not_entailment"],
    )
    assert texts(explain(judge, ("A dog barks loudly.", "An animal is loud.")), "premise") == ["dog"]


def made_text(rng: random.Random) -> str:
    pieces = [
        "dog",
        "男人",
        "café",
        "e\u0301te\u0301",
        "İ",
        "ﬁre",
        "🦊",
        "don't",
        "\u200bx",
        "3.5",
        "a",
        "the",
        "\t",
        "  ",
        "not",
        "—",
    ]
    return " ".join(rng.choices(pieces, k=rng.randint(3, 20))) + " man."


@pytest.mark.parametrize("method", ["evidence", "leave_one_out", "shapley"])
def test_all_evidence_is_verbatim(tiny_engine, method):
    """A10: every span is a substring of the text as it was given, at the offsets that it names."""
    rng = random.Random(10)
    seen = 0
    for _ in range(12 if method == "evidence" else 3):
        pair = Pair(made_text(rng), " ".join(rng.sample(["dog", "café", "İ", "cat", "a", "running"], 4)) + " man")
        found = explain(tiny_engine, pair, method=method, draws=0, permutations=2)
        assert found.pair == pair
        for evidence in found.verdict.evidence:
            text = getattr(pair, evidence.side)
            assert text[evidence.span.start : evidence.span.end] == evidence.text
            assert evidence.text.strip() == evidence.text != ""
            assert 0 < evidence.weight <= 1
            seen += 1
    assert seen > 5


def test_neighbouring_words_become_a_phrase():
    every = parts("premise", words("An old brown dog, a cat")) + parts("hypothesis", words("old dog"))
    weights = dict.fromkeys(range(len(every)), 0.0) | {1: 0.5, 2: 1.0, 3: 0.6, 5: 0.3}
    attribution = Attribution(Label.ENTAILMENT, tuple(every), tuple(weights.values()))
    found = evidence_of(Pair("An old brown dog, a cat", "old dog"), attribution)
    assert [(evidence.text, evidence.weight) for evidence in found] == [("old brown dog", 1.0), ("cat", 0.3)]


def test_the_verdict_is_the_plain_verdict_with_its_evidence(tiny_engine):
    pair = Pair(PAIR.premise, "a man is running.")
    plain = tiny_engine.judge([pair])[0]
    found = explain(tiny_engine, pair, draws=0).verdict
    assert found.evidence
    assert found.to_dict() | {"evidence": []} == plain.to_dict()


def test_of_a_long_premise_the_sentence_that_decides_is_looked_into():
    filler = [f"Nothing much happened at {number} in the quiet village near the river." for number in range(1, 12)]
    premise = " ".join([*filler[:7], "The old man was sleeping on his bench.", *filler[7:]])
    assert len(premise.split()) > LONG
    calls: list[int] = []
    judge = sleeper()
    score = judge.score
    judge.score = lambda pairs: calls.append(len(pairs)) or score(pairs)  # type: ignore[method-assign]
    found = explain(judge, (premise, "A man was running."), draws=0)
    assert texts(found, "premise") == ["sleeping"]
    # one reading a sentence and a word of the sentence, not one a word of the premise
    assert sum(calls) < len(premise.split()) / 2


def test_a_very_long_premise_takes_few_readings():
    filler = [f"Nothing much happened at {number} in the village." for number in range(600)]
    premise = " ".join([*filler[:411], "The old man was sleeping on his bench.", *filler[411:]])
    calls: list[int] = []
    judge = sleeper()
    score = judge.score
    judge.score = lambda pairs: calls.append(len(pairs)) or score(pairs)  # type: ignore[method-assign]
    assert texts(explain(judge, (premise, "A man was running."), draws=0), "premise") == ["sleeping"]
    assert sum(calls) < 200


def test_the_embedded_model_points_at_what_a_reader_would():
    found = tuili.explain(tuili.load(threads=1), ("A man in a red shirt is sleeping on a bench.", "A man is running."))
    assert found.verdict.label is Label.CONTRADICTION
    assert texts(found, "premise") == ["sleeping"]
    assert texts(found, "hypothesis") == ["running"]
    assert found.confirmed


def test_random_weights_give_other_evidence(tmp_path):
    """Adebayo et al. (2018): what survives the model's weights being drawn anew explains the text, not the model."""
    rng = random.Random(0)
    nouns, verbs = ["man", "woman", "dog", "cat", "person"], ["sleeping", "running", "asleep", "outside", "inside"]
    pairs = [
        Pair(
            f"two {rng.choice(nouns)} and {rng.choice(nouns)} was {rng.choice(verbs)} in park {rng.choice(verbs)}",
            f"one {rng.choice(nouns)} not {rng.choice(verbs)}",
        )
        for _ in range(40)
    ]
    engines = []
    for seed in range(3):
        tiny.write(tmp_path / str(seed), seed=seed)
        engines.append(load(str(tmp_path / str(seed)), threads=1))
    ranks = [[weights_of(engine, pair) for pair in pairs] for engine in (*engines, engines[0])]
    same = np.mean([correlation(a, b) for a, b in zip(ranks[0], ranks[3], strict=True)])
    others = [np.mean([correlation(a, b) for a, b in zip(ranks[0], ranks[k], strict=True)]) for k in (1, 2)]
    assert same == pytest.approx(1.0)
    assert max(abs(other) for other in others) < 0.35


def weights_of(engine, pair: Pair) -> np.ndarray:
    verdict = engine.judge([pair])[0]
    attribution = weigh(engine, pair, verdict)
    return np.array(
        [w for part, w in zip(attribution.words, attribution.weights, strict=True) if part.side == "premise"]
    )


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    ranks = [np.argsort(np.argsort(values)) for values in (a, b)]
    return float(np.corrcoef(*ranks)[0, 1])
