from __future__ import annotations

import json
import pickle
import threading
from dataclasses import replace

import numpy as np
import pytest

from tuili.engine.cascade import Cascade, fit_on, fit_when, undecided
from tuili.errors import DataError, InvalidPair, ModelError, UsageError
from tuili.reasoning.scripted import Scripted
from tuili.types import THREE_WAY, TWO_WAY, Judge, Label


def confident(premise, hypothesis):
    """As sure as the premise says: "0.8 entailment"."""
    p, label = premise.split()[:2]
    rest = (1 - float(p)) / 2
    return {**{str(name): rest for name in THREE_WAY}, label: float(p)}


class Remembers:
    def __init__(self, judge):
        self.inner = judge
        self.asked = []

    def judge(self, pairs, /):
        listed = list(pairs)
        self.asked += listed
        return self.inner.judge(listed)


SURE = ("0.9 entailment", "x")
UNSURE = ("0.4 neutral", "x")


def test_only_what_is_in_doubt_goes_to_the_second_judge_and_the_share_is_reported():
    second = Remembers(Scripted(default="contradiction", name="second"))
    cascade = Cascade(Scripted(confident, name="first"), second, when=0.5)
    assert isinstance(cascade, Judge)
    verdicts = cascade.judge([SURE, UNSURE, SURE, UNSURE, SURE])
    assert second.asked == [UNSURE, UNSURE]
    assert [v.model for v in verdicts] == ["first", "second", "first", "second", "first"]
    assert [v.label for v in verdicts[:2]] == [Label.ENTAILMENT, Label.CONTRADICTION]
    assert (cascade.judged, cascade.asked, cascade.share_saved) == (5, 2, 0.6)
    assert cascade.judge([]) == []
    assert cascade.share_saved == 0.6


def test_by_default_what_the_first_leaves_undecided():
    class Careful:
        def judge(self, pairs, /):
            return [replace(v, decided=v.confidence >= 0.5) for v in Scripted(confident).judge(pairs)]

    second = Remembers(Scripted(default="contradiction"))
    cascade = Cascade(Careful(), second)
    assert cascade.when is undecided
    assert [v.label for v in cascade.judge([SURE, UNSURE])] == [Label.ENTAILMENT, Label.CONTRADICTION]
    assert second.asked == [UNSURE]


def test_a_function_of_the_verdict_may_say_when():
    second = Remembers(Scripted(default="contradiction"))
    cascade = Cascade(Scripted(confident), second, when=lambda verdict: verdict.label == Label.NEUTRAL)
    cascade.judge([("0.9 neutral", "x"), SURE])
    assert second.asked == [("0.9 neutral", "x")]


def test_the_second_judge_is_not_bothered_with_nothing():
    class Never:
        def judge(self, pairs, /):
            raise AssertionError("asked")

    cascade = Cascade(Scripted(confident), Never(), when=0.5)
    assert cascade.judge([SURE])[0].decided
    assert cascade.share_saved == 1.0


def test_where_the_second_read_nothing_the_first_stands_undecided():
    class Down:
        def judge(self, pairs, /):
            everything = frozenset(THREE_WAY)
            found = Scripted(default="neutral").judge(pairs)
            return [replace(v, coverage=0.0, decided=False, prediction_set=everything) for v in found]

    verdict = Cascade(Scripted(confident), Down(), when=0.5).judge([UNSURE])[0]
    assert (verdict.label, verdict.decided, verdict.prediction_set) == (Label.NEUTRAL, False, set(THREE_WAY))
    assert verdict.confidence == pytest.approx(0.4)


def test_an_invalid_pair_of_the_second_is_named_by_its_place_in_the_whole():
    cascade = Cascade(Scripted(confident), Scripted(default="neutral", window=3), when=0.5)
    with pytest.raises(InvalidPair) as refused:
        cascade.judge([SURE, SURE, UNSURE])
    assert (refused.value.index, refused.value.field) == (2, "premise")


def test_judges_that_can_t_be_joined_are_refused():
    two_way = Scripted(default="entailment", labels=TWO_WAY)
    with pytest.raises(ModelError, match="same labels"):
        Cascade(Scripted(confident), two_way, when=0.5).judge([UNSURE])

    class Short:
        def judge(self, pairs, /):
            return []

    with pytest.raises(ModelError, match="0 verdicts on 1"):
        Cascade(Scripted(confident), Short(), when=0.5).judge([UNSURE])
    with pytest.raises(ModelError, match="0 verdicts on 1"):
        Cascade(Short(), Scripted(confident)).judge([UNSURE])


@pytest.mark.parametrize("when", [-0.1, 1.5, "0.5", None, True, float("nan")])
def test_a_threshold_that_can_t_be_is_refused(when):
    with pytest.raises(UsageError, match="when"):
        Cascade(Scripted(confident), Scripted(confident), when=when)


def test_counts_are_right_from_several_threads():
    cascade = Cascade(Scripted(confident), Scripted(default="neutral"), when=0.5)
    threads = [threading.Thread(target=lambda: [cascade.judge([SURE, UNSURE]) for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (cascade.judged, cascade.asked) == (1600, 800)


def test_it_pickles_as_its_parts():
    cascade = Cascade(Scripted(confident, name="a"), Scripted(default="neutral", name="b"), when=0.5)
    cascade.judge([SURE])
    again = pickle.loads(pickle.dumps(cascade))
    assert (again.model, again.when, again.judged) == ("cascade(Scripted, Scripted)", 0.5, 0)
    assert again.judge([SURE, UNSURE]) == cascade.judge([SURE, UNSURE])


def test_cascades_nest():
    inner = Cascade(Scripted(confident, name="a"), Scripted(confident, name="b"), when=0.3)
    outer = Cascade(inner, Scripted(default="contradiction", name="c"), when=0.5)
    assert [v.model for v in outer.judge([SURE, UNSURE])] == ["a", "c"]
    assert outer.labels == THREE_WAY


class TestFit:
    """The first judge is right where it is sure; the second always, but for one pair in ten."""

    def rows(self, n=200):
        rng = np.random.default_rng(0)
        sure = np.round(rng.uniform(0.4, 0.99, n), 3)
        right = rng.uniform(size=n) < sure
        gold = [THREE_WAY[i % 3] for i in range(n)]
        first = [g if r else THREE_WAY[(i + 1) % 3] for i, (g, r) in enumerate(zip(gold, right, strict=True))]
        second = [g if i % 10 else THREE_WAY[(i + 2) % 3] for i, g in enumerate(gold)]
        pairs = [(f"{p} {label}", str(i)) for i, (p, label) in enumerate(zip(sure, first, strict=True))]
        return pairs, gold, Scripted(confident), Scripted(lambda _, h: second[int(h)])

    def write(self, tmp_path, pairs, gold):
        file = tmp_path / "pairs.jsonl"
        lines = [json.dumps({"premise": p, "hypothesis": h, "label": g}) for (p, h), g in zip(pairs, gold, strict=True)]
        file.write_text("\n".join(lines))
        return file

    def test_the_threshold_is_the_lowest_that_reaches_the_target_and_the_figures_are_those_of_the_cascade(
        self, tmp_path
    ):
        pairs, gold, first, second = self.rows()
        found = fit_when(first, second, self.write(tmp_path, pairs, gold), within=0.01)
        assert found.second == 0.9
        assert found.accuracy >= 0.89
        cascade = Cascade(first, second, when=found.when)
        said = [v.label == g for v, g in zip(cascade.judge(pairs), gold, strict=True)]
        assert np.mean(said) == pytest.approx(found.accuracy)
        assert cascade.share_saved == pytest.approx(found.share_saved)
        assert 0.1 < found.share_saved < 1
        # by brute force: no lower threshold does
        confidences = sorted({v.confidence for v in first.judge(pairs)})
        for lower in [c for c in confidences if c < found.when][:-1]:
            tried = Cascade(first, second, when=lower + 1e-7).judge(pairs)
            assert np.mean([v.label == g for v, g in zip(tried, gold, strict=True)]) < 0.89

    def test_a_first_judge_that_is_good_enough_saves_all(self, tmp_path):
        pairs, gold, first, second = self.rows()
        found = fit_when(first, second, self.write(tmp_path, pairs, gold), accuracy=0.3)
        assert (found.when, found.share_saved, found.accuracy) == (0.0, 1.0, found.first)
        assert json.loads(json.dumps(found.to_dict()))["n"] == 200

    def test_a_target_that_nobody_reaches_says_what_can_be(self, tmp_path):
        pairs, gold, first, second = self.rows()
        with pytest.raises(UsageError, match=r"no threshold reaches .* the most is 0\.9"):
            fit_when(first, second, self.write(tmp_path, pairs, gold), accuracy=0.999)
        with pytest.raises(UsageError, match="accuracy"):
            fit_when(first, second, self.write(tmp_path, pairs, gold), accuracy=float("nan"))

    def test_asking_about_all_is_among_the_choices(self):
        pairs, gold, _, second = self.rows(50)
        never = Scripted(lambda p, h: {"entailment": 1.0} if gold[int(h)] != "entailment" else {"neutral": 1.0})
        found = fit_on(never.judge(pairs), second.judge(pairs), gold, within=0.0)
        assert found.share_saved == 0.0
        assert all(v.model == "second" for v in Cascade(never, _named(second), when=found.when).judge(pairs))

    def test_files_that_can_t_be_used_are_refused(self, tmp_path):
        pairs, _, first, second = self.rows(20)
        with pytest.raises(DataError, match="no labelled pairs"):
            fit_when(first, second, self.write(tmp_path, pairs, ["-"] * 20))
        with pytest.raises(DataError, match="not_entailment"):
            fit_when(first, second, self.write(tmp_path, pairs, ["not_entailment"] * 20))


def _named(judge):
    judge.name = "second"
    return judge
