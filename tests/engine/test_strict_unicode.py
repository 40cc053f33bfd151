"""A judge that refuses what a reader does not see (trust.md, I and P3)."""

from __future__ import annotations

import json
import pickle

import pytest

from tuili.audit.log import Log
from tuili.audit.reading import read_entries
from tuili.audit.recorded import Recorded
from tuili.engine.runs.file_run import judge_file
from tuili.engine.strict_unicode import StrictUnicode
from tuili.errors import InvalidPair, ResumeError

GOOD = [("A man sleeps.", "Someone is asleep."), ("שלום \u200eabc dog", "a dog 👩\u200d🚀 runs")]


def test_texts_without_unusual_characters_get_the_bits_of_the_judge(tiny_engine):
    assert StrictUnicode(tiny_engine).judge(GOOD) == tiny_engine.judge(GOOD)


def test_all_pairs_with_unusual_characters_are_named_and_nothing_is_scored(tiny_engine):
    """P3"""
    with pytest.raises(InvalidPair, match="direction-changing") as caught:
        StrictUnicode(tiny_engine).judge([GOOD[0], ("a", "\u202eb"), ("pаy", "b")])
    assert [(one.index, one.field) for one in (caught.value, *caught.value.also)] == [(1, "hypothesis"), (2, "premise")]
    assert caught.value.also[0].reason == "look-alike letter U+0430 at position 1"


@pytest.mark.parametrize("pair", ["ab", ("a",), ("a", 3), None])
def test_what_is_no_pair_is_refused_as_the_judge_does(tiny_engine, pair):
    with pytest.raises(InvalidPair) as plain:
        tiny_engine.judge([pair])
    with pytest.raises(InvalidPair) as strict:
        StrictUnicode(tiny_engine).judge([pair])
    assert str(strict.value) == str(plain.value)


def test_what_the_judge_says_of_itself_is_passed_on_and_what_it_judges_is_not(tiny_engine):
    strict = StrictUnicode(tiny_engine)
    assert (strict.model, strict.labels) == (tiny_engine.model, tiny_engine.labels)
    assert strict.provenance() == tiny_engine.provenance()
    with pytest.raises(AttributeError, match="passed on"):
        strict.uncalibrated([])
    assert pickle.loads(pickle.dumps(strict)).judge(GOOD) == tiny_engine.judge(GOOD)


def test_rows_of_a_file_are_refused_each_and_a_run_goes_on_only_as_strict_as_it_began(tiny_engine, tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [GOOD[0], ("a\u200bb", "c"), GOOD[1]]
    source.write_text(
        "".join(json.dumps(dict(zip(("premise", "hypothesis"), row, strict=True))) + "\n" for row in rows)
    )
    run = judge_file(StrictUnicode(tiny_engine), source, output, on_error="record")
    assert (run.rows, run.errors) == (3, 1)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert "U+200B" in lines[1]["error"]
    output.unlink()

    class Stopped(Exception):
        pass

    def stop(_rows):
        raise Stopped

    with pytest.raises(Stopped):
        judge_file(StrictUnicode(tiny_engine), source, output, on_error="record", chunk=1, progress=stop)
    with pytest.raises(ResumeError):
        judge_file(tiny_engine, source, output, on_error="record", chunk=1)


def test_a_refusal_is_on_record_with_its_flags(tiny_engine, tmp_path):
    """A1, P3"""
    with Log(tmp_path / "log") as log:
        judge = Recorded(StrictUnicode(tiny_engine), log)
        with pytest.raises(InvalidPair):
            judge.judge([("a\u200bb", "c")])
    [entry] = [entry for entry in read_entries(tmp_path / "log") if entry.kind == "refused"]
    assert entry.what["input"]["premise"]["flags"] == ["invisible"]
