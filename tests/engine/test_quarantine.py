"""Rows that can't be judged, set aside so that a run goes on (F9: poison is quarantined)."""

from __future__ import annotations

import pytest
from test_engine import make_pairs
from test_file_run import Dying, bad_file, read, write_pairs

from tuili.engine.runs.file_run import judge_file
from tuili.engine.runs.stream import judge_stream
from tuili.errors import AuditError, ModelError, NumericalError, ResumeError, UsageError


class Poisoned(Dying):
    """Fails whenever certain pairs are among those asked about."""

    def __init__(self, judge, poison, error=None):
        super().__init__(judge, 10**6)
        self.poison, self.asked = set(poison), 0
        self.error = error or NumericalError("gave NaN")

    def judge(self, pairs):
        self.asked += 1
        if self.poison & set(pairs):
            raise self.error
        return super().judge(pairs)


def test_rows_that_cannot_be_judged_are_set_aside(tiny_engine, tmp_path):
    run = judge_file(tiny_engine, bad_file(tmp_path / "in.jsonl"), tmp_path / "out.jsonl", on_error="quarantine")
    assert (run.rows, run.errors) == (6, 2)
    assert [line["row"] for line in read(run.output)] == [1, 2, 3, 6]
    assert all("label" in line for line in read(run.output))
    assert run.quarantine == tmp_path / "out.jsonl.quarantine.jsonl"
    assert [(line["row"], line["field"]) for line in read(run.quarantine)] == [(4, "premise"), (5, "hypothesis")]
    assert not (tmp_path / "out.jsonl.partial").exists()


@pytest.mark.parametrize("error", [NumericalError("gave NaN"), ModelError("odd"), RuntimeError("in the library")])
@pytest.mark.parametrize("places", [(0,), (7,), (49,), (3, 4, 30)])
def test_a_row_at_which_the_judge_fails_is_found_and_set_aside(tiny_engine, tmp_path, places, error):
    """F9: poison is quarantined with its reason, and the run goes on with the verdicts that it would have given."""
    pairs = [(premise, f"{hypothesis} {n}.") for n, (premise, hypothesis) in enumerate(make_pairs(50))]
    source = write_pairs(tmp_path / "in.jsonl", pairs)
    whole = judge_file(tiny_engine, source, tmp_path / "whole.jsonl")
    judge = Poisoned(tiny_engine, [pairs[place] for place in places], error)
    run = judge_file(judge, source, tmp_path / "out.jsonl", on_error="quarantine", chunk=20)
    assert (run.rows, run.errors) == (50, len(places))
    assert [line["row"] - 1 for line in read(run.quarantine)] == list(places)
    assert all(str(error) in line["error"] for line in read(run.quarantine))
    assert read(run.output) == [line for line in read(whole.output) if line["row"] - 1 not in places]
    assert judge.asked < 60


def test_a_judge_that_is_down_is_no_poison(tiny_engine, tmp_path):
    """F9: the run stops with the judge's error, and no row is blamed."""
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(50))

    class Down(Dying):
        def judge(self, pairs):
            self.calls -= 1
            if self.calls < 0:
                raise ModelError("the server is down")
            return self.inner.judge(pairs)

    for calls in (0, 1, 2):
        with pytest.raises(ModelError, match="down"):
            judge_file(Down(tiny_engine, calls), source, tmp_path / f"{calls}.jsonl", on_error="quarantine", chunk=20)
        assert not (tmp_path / f"{calls}.jsonl").exists()
        partial = tmp_path / f"{calls}.jsonl.partial"
        assert partial.exists() == (calls > 0)
        assert calls == 0 or len(read(partial)) == 20 * calls


def test_a_judge_that_goes_down_during_the_search_blames_nobody(tiny_engine, tmp_path):
    pairs = make_pairs(40)
    source = write_pairs(tmp_path / "in.jsonl", pairs)

    class Failing(Poisoned):
        def judge(self, pairs):
            if self.asked > 5:
                raise ModelError("the server is down")
            return super().judge(pairs)

    with pytest.raises(ModelError, match="down"):
        judge_file(Failing(tiny_engine, [pairs[30]]), source, tmp_path / "out.jsonl", on_error="quarantine")


@pytest.mark.parametrize("error", [AuditError("disk full"), UsageError("no such thing")])
def test_no_row_is_blamed_for_what_is_ours(tiny_engine, tmp_path, error):
    pairs = make_pairs(10)
    source = write_pairs(tmp_path / "in.jsonl", pairs)
    with pytest.raises(type(error)):
        judge_file(Poisoned(tiny_engine, [pairs[3]], error), source, tmp_path / "out.jsonl", on_error="quarantine")


def test_poison_stops_a_run_that_did_not_ask_for_quarantine(tiny_engine, tmp_path):
    pairs = make_pairs(10)
    source = write_pairs(tmp_path / "in.jsonl", pairs)
    for on_error in ("stop", "record"):
        with pytest.raises(NumericalError):
            judge_file(Poisoned(tiny_engine, [pairs[3]]), source, tmp_path / f"{on_error}.jsonl", on_error=on_error)


def test_an_interrupted_run_with_quarantine_ends_with_the_same_bytes(tiny_engine, tmp_path):
    source = bad_file(tmp_path / "in.jsonl")
    whole = judge_file(tiny_engine, source, tmp_path / "whole.jsonl", on_error="quarantine")
    with pytest.raises(KeyboardInterrupt):
        judge_file(Dying(tiny_engine, 4), source, tmp_path / "out.jsonl", on_error="quarantine", chunk=1)
    run = judge_file(tiny_engine, source, tmp_path / "out.jsonl", on_error="quarantine", chunk=1)
    assert (run.rows, run.errors, run.resumed) == (6, 2, 5)
    assert run.output.read_bytes() == whole.output.read_bytes()
    assert run.quarantine.read_bytes() == whole.quarantine.read_bytes()


def test_an_end_that_was_cut_short_is_made_again(tiny_engine, tmp_path, monkeypatch):
    from pathlib import Path

    source = bad_file(tmp_path / "in.jsonl")
    whole = judge_file(tiny_engine, source, tmp_path / "whole.jsonl", on_error="quarantine")
    real = Path.replace
    for at in range(3):
        output = tmp_path / f"{at}.jsonl"
        calls = []

        def torn(self, target, calls=calls, at=at):
            calls.append(target)
            if len(calls) > at + 1:
                raise KeyboardInterrupt
            return real(self, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", torn)
            with pytest.raises(KeyboardInterrupt):
                judge_file(tiny_engine, source, output, on_error="quarantine")
        run = judge_file(tiny_engine, source, output, on_error="quarantine")
        assert (run.rows, run.errors) == (6, 2)
        assert run.output.read_bytes() == whole.output.read_bytes()
        assert run.quarantine.read_bytes() == whole.quarantine.read_bytes()


def test_a_finished_quarantine_that_was_changed_is_not_taken_for_done(tiny_engine, tmp_path):
    source = bad_file(tmp_path / "in.jsonl")
    run = judge_file(tiny_engine, source, tmp_path / "out.jsonl", on_error="quarantine")
    again = judge_file(tiny_engine, source, tmp_path / "out.jsonl", on_error="quarantine")
    assert (again.rows, again.errors, again.resumed, again.quarantine) == (6, 2, 6, run.quarantine)
    run.quarantine.write_text("{}\n")
    with pytest.raises(ResumeError, match="changed"):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl", on_error="quarantine")


def test_a_quarantine_that_is_not_ours_is_not_written_over(tiny_engine, tmp_path):
    (tmp_path / "out.jsonl.quarantine.jsonl").write_text("mine")
    with pytest.raises(ResumeError, match="exists"):
        judge_file(tiny_engine, bad_file(tmp_path / "in.jsonl"), tmp_path / "out.jsonl", on_error="quarantine")
    assert (tmp_path / "out.jsonl.quarantine.jsonl").read_text() == "mine"


def test_a_stream_has_nowhere_to_set_rows_aside(tiny_engine, tmp_path):
    source = bad_file(tmp_path / "in.jsonl")
    with source.open("rb") as stream, pytest.raises(UsageError, match="stream"):
        list(judge_stream(tiny_engine, stream, on_error="quarantine"))
