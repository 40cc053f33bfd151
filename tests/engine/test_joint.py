from __future__ import annotations

import numpy as np
import pytest

from tuili.engine.engine import Engine
from tuili.engine.joint import JointReader
from tuili.errors import InvalidPair
from tuili.reasoning.scripted import Scripted
from tuili.types import TWO_WAY, Label


def engine(backend: Scripted, **options: float) -> Engine:
    return Engine(JointReader(backend), model=backend.name, labels=backend.labels, **options)


def test_a_joint_back_end_is_judged_through_the_same_engine():
    judge = engine(Scripted({("It rains.", "It is wet."): "entailment"}, default="neutral"))
    verdicts = judge.judge([("It rains.", "It is wet."), ("It rains.", "I sing.")])
    assert [verdict.label for verdict in verdicts] == [Label.ENTAILMENT, Label.NEUTRAL]
    assert verdicts[0].confidence == pytest.approx(0.9, abs=1e-4)


def test_each_window_of_a_long_premise_is_put_to_the_hypothesis():
    asked = []

    def script(premise: str, hypothesis: str) -> str:
        asked.append(premise)
        return "entailment" if "fox" in premise else "neutral"

    judge = engine(Scripted(script, window=30), sharpness=8.0)
    premise = "Nothing happened on Monday. A fox came on Tuesday. Nothing happened after that."
    verdict = judge.judge([(premise, "There was a fox.")])[0]
    assert len(asked) >= 3
    assert verdict.label is Label.ENTAILMENT
    assert verdict.coverage == 1.0


def test_equal_pairs_are_read_once():
    asked = []

    def script(premise: str, hypothesis: str) -> str:
        asked.append((premise, hypothesis))
        return "neutral"

    engine(Scripted(script)).judge([("a", "b"), ("c", "b"), ("a", "b")])
    assert sorted(asked) == [("a", "b"), ("c", "b")]


def test_temperature_softens_without_changing_the_label():
    script = {("a", "b"): {"entailment": 0.7, "neutral": 0.2, "contradiction": 0.1}}
    sharp, soft = (engine(Scripted(script), temperature=t).judge([("a", "b")])[0] for t in (1.0, 2.0))
    expected = np.sqrt([0.7, 0.2, 0.1])
    assert list(soft.probabilities.values()) == pytest.approx((expected / expected.sum()).tolist(), abs=1e-5)
    assert sharp.label is soft.label


def test_a_two_way_model_has_exactly_the_two_way_keys():
    verdict = engine(Scripted(default="not_entailment", labels=TWO_WAY)).judge([("a", "b")])[0]
    assert tuple(verdict.probabilities) == TWO_WAY
    assert verdict.label is Label.NOT_ENTAILMENT


def test_a_hypothesis_that_leaves_no_room_is_named():
    with pytest.raises(InvalidPair) as caught:
        engine(Scripted(default="neutral", window=10)).judge([("a", "b"), ("a", "a long hypothesis")])
    assert (caught.value.index, caught.value.field) == (1, "hypothesis")


@pytest.mark.parametrize(("pair", "field"), [(("xx", "b"), "premise"), (("a", "xx"), "hypothesis")])
def test_a_text_of_which_nothing_can_be_read_is_named(pair, field):
    with pytest.raises(InvalidPair, match="unknown") as caught:
        engine(Scripted(default="neutral", unreadable="x")).judge([("a", "b"), pair])
    assert (caught.value.index, caught.value.field) == (1, field)


def test_what_is_unread_lowers_the_coverage():
    verdict = engine(Scripted(default="neutral", unreadable="x")).judge([("abxx", "b")])[0]
    assert verdict.coverage == pytest.approx(0.5)


def test_an_engine_built_from_parts_says_why_it_cannot_be_pickled():
    import pickle

    with pytest.raises(TypeError, match=r"tuili\.load"):
        pickle.dumps(engine(Scripted(default="neutral")))
