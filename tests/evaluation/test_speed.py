from __future__ import annotations

import pytest

from tuili.errors import UsageError
from tuili.evaluation.speed import HYPOTHESES, Speed, measure_speed
from tuili.reasoning.scripted import Scripted


class Watched:
    """A judge that remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[list[tuple[str, str]]] = []
        self.judge_all = Scripted(default="neutral").judge

    def judge(self, pairs):
        self.calls.append(list(pairs))
        return self.judge_all(self.calls[-1])


def test_any_judge_is_timed_in_three_ways():
    judge = Watched()
    speed = measure_speed(judge, calls=4, pairs=8, rounds=2)
    assert (len(speed.single), len(speed.batch), len(speed.shared)) == (4, 2, 2)
    assert [len(call) for call in judge.calls] == [1] + [1] * 5 + [8] * 3 + [HYPOTHESES] * 3
    told = speed.to_dict()
    assert told["model"] == "scripted"
    assert told["pairs_per_second"] > 0
    assert told["single_pair"]["n"] == 4


def test_no_timed_premise_was_met_before():
    judge = Watched()
    measure_speed(judge, calls=40, pairs=50, rounds=3)
    timed = [{premise for premise, _ in call} for call in judge.calls[1:]]
    assert sum(len(premises) for premises in timed) == len(set().union(*timed))
    for call in judge.calls[-3:]:
        assert len({premise for premise, _ in call}) == 1
        assert len(set(call)) == HYPOTHESES


def test_figures_come_from_the_times():
    times = tuple(number / 1000 for number in range(1, 101))
    told = Speed("m", times, 30, (0.1, 0.2, 0.3), (0.5,)).to_dict()
    assert told["single_pair"] == {"n": 100, "p50_ms": pytest.approx(50.5), "p95_ms": pytest.approx(95)}
    assert told["pairs_per_second"] == pytest.approx(150)
    assert told[f"one_premise_{HYPOTHESES}_hypotheses"]["p95_ms"] == pytest.approx(500)


@pytest.mark.parametrize("name", ["calls", "pairs", "rounds"])
def test_nothing_is_measured_of_nothing(name):
    with pytest.raises(UsageError, match=f"{name} must be 1 or more, got 0"):
        measure_speed(Watched(), **{name: 0})
