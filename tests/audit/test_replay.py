"""A6: a verdict that is on record can be given again, bit for bit; where it can't, the report names what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from logs import Quick, filled, pairs

import tuili
from tuili.audit import Log, Recorded
from tuili.audit.replay import replay
from tuili.audit.select import Filter
from tuili.errors import AuditError, UsageError


@pytest.mark.parametrize("records", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_the_embedded_model_gives_the_same_bits_at_any_thread_count(tmp_path, records):
    """A6."""
    words = "a man woman dog sleeps runs outside inside with two friends near the old blue house".split()
    texts = [" ".join(words[(n * k) % len(words)] for k in range(1, 6 + n % 9)) + "." for n in range(1, records + 1)]
    with Log(tmp_path / "log") as log:
        judge = Recorded(tuili.load(threads=2), log)
        for start in range(0, records, 100):
            chunk = texts[start : start + 100]
            judge.judge([(text * (1 + n % 3), chunk[-n]) for n, text in enumerate(chunk)])
    for threads in (1, 2):
        found = replay(tmp_path / "log", threads=threads)
        assert found.ok
        assert (found.equal, found.different, found.skipped) == (records, [], 0)
        assert found.environment == {}


def test_a_replay_that_differs_names_the_field(tmp_path, tiny_engine, monkeypatch):
    """A6: other bits, another version, another processor."""
    with Log(tmp_path / "log") as log:
        Recorded(tiny_engine, log).judge([("a man is sleeping", "a person"), ("a dog", "a cat")])
    assert replay(tmp_path / "log").equal == 2

    class Off:
        def __getattr__(self, name):
            return getattr(tiny_engine, name)

        def judge(self, pairs):
            first, second = tiny_engine.judge(pairs)
            label = next(iter(first.probabilities))
            p = {**first.probabilities, label: first.probabilities[label] * (1 + 2**-52)}
            return [replace(first, probabilities=p), second]

    from tuili.audit import replay as _  # noqa: F401 - the module whose name is patched below
    from tuili.audit.environment import environment

    there = {**environment(), "onnxruntime": "0.0.1", "processor": "z80"}
    monkeypatch.setattr("tuili.audit.replay.environment", lambda: there)
    found = replay(tmp_path / "log", judge=Off())
    assert not found.ok
    assert found.equal == 1
    assert [list(difference.fields) for difference in found.different] == [["probabilities.entailment"]]
    assert set(found.environment) == {"onnxruntime", "processor"}
    assert found.environment["processor"][1] == "z80"
    assert found.to_dict()["different"][0]["id"] == "0001:1"


def test_another_model_is_named(tmp_path, tiny_engine):
    """A6."""
    with Log(tmp_path / "log") as log:
        Recorded(tiny_engine, log).judge([("a man is sleeping", "a person")])
    found = replay(tmp_path / "log", judge=tuili.load(threads=1))
    assert {"model", "digest"} <= found.environment.keys()
    assert "model" in found.different[0].fields


def test_what_can_not_be_replayed_is_counted_or_told(tmp_path):
    """A6."""
    filled(tmp_path / "hashed", texts="hashed")
    found = replay(tmp_path / "hashed", judge=Quick())
    assert (found.equal, found.skipped, found.ok) == (0, 24, False)
    filled(tmp_path / "log")
    with pytest.raises(AuditError, match="name the model to replay with"):
        replay(tmp_path / "log")
    found = replay(tmp_path / "log", judge=Quick(), limit=5)
    assert (found.equal, found.ok) == (5, True)
    label = Quick().judge(pairs(1))[0].label.value
    assert 0 < replay(tmp_path / "log", judge=Quick(), wanted=Filter(label=label)).equal < 24
    with pytest.raises(UsageError, match="limit"):
        replay(tmp_path / "log", judge=Quick(), limit=0)
