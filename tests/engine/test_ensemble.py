from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from tuili.engine.ensemble import Ensemble
from tuili.errors import ModelError, UsageError
from tuili.reasoning.scripted import Scripted
from tuili.types import THREE_WAY, TWO_WAY, Judge, Label

PAIR = ("It rains.", "It is wet.")


def says(**shares):
    return Scripted(default=shares)


def test_it_is_the_normalised_geometric_mean():
    one, other = (
        {"entailment": 0.7, "neutral": 0.2, "contradiction": 0.1},
        {"entailment": 0.1, "neutral": 0.6, "contradiction": 0.3},
    )
    ensemble = Ensemble([says(**one), says(**other)])
    assert isinstance(ensemble, Judge)
    verdict = ensemble.judge([PAIR])[0]
    expected = np.sqrt([one[label] * other[label] for label in THREE_WAY])
    np.testing.assert_allclose(list(verdict.probabilities.values()), expected / expected.sum(), atol=1e-6)
    assert verdict.label == Label.NEUTRAL
    assert sum(verdict.probabilities.values()) == pytest.approx(1)
    assert verdict.decided
    assert verdict.prediction_set == {Label.NEUTRAL}
    assert verdict.model == "ensemble(Scripted, Scripted)"


def test_labels_are_matched_by_name_and_not_by_place():
    other = Scripted(default="entailment", labels=["contradiction", "neutral", "entailment"])
    verdict = Ensemble([says(entailment=0.6, neutral=0.4), other]).judge([PAIR])[0]
    assert verdict.label == Label.ENTAILMENT
    assert verdict.confidence > 0.6


def test_a_threshold_leaves_doubtful_pairs_undecided():
    verdict = Ensemble([says(entailment=0.6, neutral=0.4)] * 2, threshold=0.7).judge([PAIR])[0]
    assert (verdict.decided, verdict.prediction_set) == (False, set(THREE_WAY))


class Down:
    def judge(self, pairs, /):
        return [replace(v, coverage=0.0, decided=False) for v in Scripted(default="neutral").judge(pairs)]


def test_a_judge_that_read_nothing_has_no_part_and_where_none_read_it_is_undecided():
    alone = says(entailment=0.8, neutral=0.2)
    verdict = Ensemble([alone, Down()]).judge([PAIR])[0]
    np.testing.assert_allclose(
        list(verdict.probabilities.values()), list(alone.judge([PAIR])[0].probabilities.values()), atol=1e-9
    )
    assert verdict.coverage == 1
    nobody = Ensemble([Down(), Down()]).judge([PAIR])[0]
    assert (nobody.decided, nobody.coverage, nobody.prediction_set) == (False, 0.0, set(THREE_WAY))


def test_a_probability_of_zero_does_not_rule_a_label_out_alone():
    class Absolute:
        def judge(self, pairs, /):
            return [
                replace(v, probabilities={THREE_WAY[0]: 0.0, THREE_WAY[1]: 1.0, THREE_WAY[2]: 0.0})
                for v in Scripted(default="neutral").judge(pairs)
            ]

    verdict = Ensemble([Absolute(), says(entailment=1.0)]).judge([PAIR])[0]
    assert all(np.isfinite(p) for p in verdict.probabilities.values())


def test_order_and_company_change_nothing_and_nothing_in_is_nothing_out():
    ensemble = Ensemble(
        [says(entailment=0.6, neutral=0.4), Scripted(lambda p, h: "neutral" if "a" in p else "entailment")]
    )
    pairs = [("a b", "x"), ("c", "x"), ("a", "y")]
    assert ensemble.judge(pairs[::-1])[::-1] == ensemble.judge(pairs) == [ensemble.judge([p])[0] for p in pairs]
    assert ensemble.judge([]) == []


def test_what_can_t_be_joined_is_refused():
    with pytest.raises(UsageError, match="two judges"):
        Ensemble([says(entailment=1.0)])
    with pytest.raises(UsageError, match="threshold"):
        Ensemble([says(entailment=1.0)] * 2, threshold=1.1)
    with pytest.raises(ModelError, match="same labels"):
        Ensemble([says(entailment=1.0), Scripted(default="entailment", labels=TWO_WAY)]).judge([PAIR])

    class Short:
        def judge(self, pairs, /):
            return []

    with pytest.raises(ModelError, match="0 verdicts on 1"):
        Ensemble([says(entailment=1.0), Short()]).judge([PAIR])


def test_it_pickles_as_its_parts():
    ensemble = Ensemble([Scripted(default="entailment"), Scripted(default="neutral")], threshold=0.3)
    assert pickle.loads(pickle.dumps(ensemble)).judge([PAIR]) == ensemble.judge([PAIR])
    assert ensemble.labels == THREE_WAY
