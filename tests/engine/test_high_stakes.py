"""P7: where stakes are high, any doubt takes the decision back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tuili.calibration import FEATURES, STEPS, Usual
from tuili.engine.cascade import Cascade
from tuili.engine.high_stakes import HighStakes
from tuili.errors import InvalidPair, ModelError, UsageError
from tuili.reasoning.scripted import Scripted
from tuili.types import THREE_WAY, Judge

LIMITS = {"premise_words": 20, "hypothesis_words": 10, "overlap": 1, "unread": 0.5, "confidence": 1}
USUAL = Usual({name: tuple(LIMITS[name] * i / STEPS for i in range(STEPS + 1)) for name in FEATURES}, 500, 500)
PAIR = ("A man is sleeping.", "A person is asleep.")


def test_a_verdict_that_nothing_speaks_against_passes_as_it_is():
    judge = Scripted(default="entailment")
    careful = HighStakes(judge, second=Scripted(default="entailment"), usual=USUAL)
    assert careful.judge([PAIR]) == judge.judge([PAIR])
    assert isinstance(careful, Judge)
    assert careful.judge([]) == []


def test_a_language_model_at_the_end_of_a_cascade_does_not_decide_alone():
    first, model = Scripted(default="neutral"), Scripted(default="entailment", name="openai:m@h:80")
    cascade = Cascade(first, model, when=1.0)
    assert cascade.judge([PAIR])[0].decided
    assert not HighStakes(cascade, usual=USUAL).judge([PAIR])[0].decided
    assert not HighStakes(cascade, second=model, usual=USUAL).judge([PAIR])[0].decided
    assert HighStakes(cascade, second=Scripted(default="entailment"), usual=USUAL).judge([PAIR])[0].decided
    assert HighStakes(Cascade(first, model, when=0.5), usual=USUAL).judge([PAIR])[0].decided


class Fails:
    def judge(self, pairs, /):
        raise ModelError("the server is down")


class Undecided:
    def judge(self, pairs, /):
        return [replace(verdict, decided=False) for verdict in Scripted(default="entailment").judge(pairs)]


class Short:
    def judge(self, pairs, /):
        return Scripted(default="entailment").judge(pairs)[1:]


@pytest.mark.parametrize(
    ("judge", "second", "pair"),
    [
        (Undecided(), None, PAIR),
        (Scripted(default="entailment"), Scripted(default="neutral"), PAIR),  # disagreement
        (Scripted(default="entailment"), Undecided(), PAIR),
        (Scripted(default="entailment"), Fails(), PAIR),  # error
        (Scripted(default="entailment"), Short(), PAIR),
        (Scripted(default="entailment", unreadable="東"), None, ("A man 東 is sleeping.", "A man.")),  # not all read
        (Scripted(default="entailment"), None, ("word " * 21, "A man.")),  # unlike the calibration set
    ],
)
def test_any_doubt_leaves_a_pair_undecided_with_its_label(judge, second, pair):
    verdict = HighStakes(judge, second=second, usual=USUAL).judge([pair])[0]
    assert not verdict.decided
    assert verdict.label == "entailment"
    assert verdict.prediction_set == set(THREE_WAY)


def test_a_judge_that_fails_gives_no_verdict():
    with pytest.raises(ModelError, match="down"):
        HighStakes(Fails(), usual=USUAL).judge([PAIR])
    with pytest.raises(ModelError, match="one for each"):
        HighStakes(Short(), usual=USUAL).judge([PAIR])
    with pytest.raises(InvalidPair):
        HighStakes(Scripted(default="neutral", window=3), usual=USUAL).judge([PAIR])


def test_a_language_model_does_not_decide_alone():
    talker = Scripted(default="entailment")
    talker.model = "openai:http://localhost#model"  # type: ignore[attr-defined]
    for second in (None, talker):
        with pytest.raises(UsageError, match="don't decide alone"):
            HighStakes(talker, second=second, usual=USUAL)
    assert HighStakes(talker, second=Scripted(default="entailment"), usual=USUAL).judge([PAIR])[0].decided


def test_a_judge_that_does_not_know_its_calibration_is_refused(tiny_engine):
    with pytest.raises(UsageError, match="tuili calibrate"):
        HighStakes(tiny_engine)
