from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from test_engine import make_pairs

from tuili.engine.runs.file_run import judge_file
from tuili.errors import DataError, ModelError, ResumeError, UsageError


def write_pairs(path, pairs):
    path.write_text("".join(json.dumps({"premise": p, "hypothesis": h}) + "\n" for p, h in pairs), "utf-8")
    return path


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_row_of_the_file_gets_the_verdict_that_the_pair_gets_alone(tiny_engine, tmp_path):
    """D1: library and file give the same bits."""
    pairs = make_pairs(50)
    run = judge_file(tiny_engine, write_pairs(tmp_path / "in.jsonl", pairs), tmp_path / "out.jsonl", chunk=7)
    assert (run.rows, run.errors, run.resumed) == (50, 0, 0)
    for number, (line, pair) in enumerate(zip(read(tmp_path / "out.jsonl"), pairs, strict=True), start=1):
        assert line.pop("row") == number
        assert line == tiny_engine.judge([pair])[0].to_dict()


def test_the_chunk_size_changes_no_byte(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(40))
    for chunk in (1, 3, 40, 1000):
        judge_file(tiny_engine, source, tmp_path / f"{chunk}.jsonl", chunk=chunk)
    assert len({(tmp_path / f"{chunk}.jsonl").read_bytes() for chunk in (1, 3, 40, 1000)}) == 1


class Dying:
    """A judge that fails after some calls, as if the process had been killed."""

    def __init__(self, judge, calls):
        self.inner = judge
        self.model, self.labels, self.threshold = judge.model, judge.labels, judge.threshold
        self.calls = calls

    def judge(self, pairs):
        self.calls -= 1
        if self.calls < 0:
            raise KeyboardInterrupt
        return self.inner.judge(pairs)


@pytest.mark.parametrize("damage", ["cut", "edited"])
def test_a_finished_output_that_was_changed_is_not_taken_for_done(tiny_engine, tmp_path, damage):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(10))
    judge_file(tiny_engine, source, tmp_path / "out.jsonl")
    whole = (tmp_path / "out.jsonl").read_bytes()
    changed = whole[:100] if damage == "cut" else whole.replace(b"entailment", b"contradict", 1)
    (tmp_path / "out.jsonl").write_bytes(changed)
    with pytest.raises(ResumeError, match="changed"):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl")


def test_an_input_that_changes_while_it_is_read_is_refused(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(10))

    class Changing(Dying):
        def judge(self, pairs):
            write_pairs(source, make_pairs(11, seed=2))
            return super().judge(pairs)

    with pytest.raises(DataError, match="changed while"):
        judge_file(Changing(tiny_engine, 9), source, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("verdicts", [0, 2])
def test_a_judge_that_gives_too_few_or_too_many_verdicts_is_not_believed(tiny_engine, tmp_path, verdicts):
    class Miscounting(Dying):
        def judge(self, pairs):
            return super().judge(pairs)[:1] * verdicts

    with pytest.raises(ModelError, match=f"{verdicts} verdicts on 1 pairs"):
        judge_file(Miscounting(tiny_engine, 9), write_pairs(tmp_path / "in.jsonl", make_pairs(1)), tmp_path / "o.jsonl")


def test_long_rows_are_judged_in_smaller_batches(tiny_engine, tmp_path):
    sizes = []

    class Watching(Dying):
        def judge(self, pairs):
            sizes.append(len(pairs))
            return super().judge(pairs)

    pairs = [("a dog is outside. " * 50_000, f"a {word}.") for word in ("dog", "cat", "man", "park")]
    judge_file(Watching(tiny_engine, 9), write_pairs(tmp_path / "in.jsonl", pairs), tmp_path / "out.jsonl")
    assert sizes == [3, 1]


def test_a_full_disk_is_one_clear_error_and_keeps_what_is_done(tiny_engine, tmp_path, monkeypatch):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(20))
    real = os.fsync
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        return real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left"):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl", chunk=5)
    monkeypatch.setattr(os, "fsync", real)
    run = judge_file(tiny_engine, source, tmp_path / "out.jsonl", chunk=5)
    assert run.rows == 20
    assert run.resumed > 0


@pytest.mark.parametrize("torn", [b"", b'{"row": 99, "label": "ent', b'{"row": 1}'])
def test_a_run_goes_on_after_the_last_whole_line(tiny_engine, tmp_path, torn):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(40))
    judge_file(tiny_engine, source, tmp_path / "whole.jsonl")
    with pytest.raises(KeyboardInterrupt):
        judge_file(Dying(tiny_engine, 3), source, tmp_path / "out.jsonl", chunk=5)
    assert not (tmp_path / "out.jsonl").exists()
    with (tmp_path / "out.jsonl.partial").open("ab") as file:
        file.write(torn)
    run = judge_file(tiny_engine, source, tmp_path / "out.jsonl", chunk=5)
    assert run.resumed == 15
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not (tmp_path / "out.jsonl.partial").exists()


def test_a_finished_run_is_not_done_again(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(10))
    judge_file(tiny_engine, source, tmp_path / "out.jsonl")
    run = judge_file(Dying(tiny_engine, 0), source, tmp_path / "out.jsonl")
    assert (run.rows, run.resumed) == (10, 10)


def test_another_input_model_or_option_set_is_refused_and_nothing_is_lost(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(20))
    with pytest.raises(KeyboardInterrupt):
        judge_file(Dying(tiny_engine, 1), source, tmp_path / "out.jsonl", chunk=5)
    before = (tmp_path / "out.jsonl.partial").read_bytes()
    with pytest.raises(ResumeError, match="another on error"):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl", on_error="record")
    other = Dying(tiny_engine, 9)
    other.model = "other"
    with pytest.raises(ResumeError, match="another model"):
        judge_file(other, source, tmp_path / "out.jsonl")
    write_pairs(source, make_pairs(20, seed=1))
    with pytest.raises(ResumeError, match="another input sha256"):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl.partial").read_bytes() == before


def test_a_file_that_is_not_ours_is_not_written_over(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(3))
    (tmp_path / "out.jsonl").write_text("mine")
    with pytest.raises(ResumeError, match="not the output of such a run"):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == "mine"


def test_a_second_writer_is_refused(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(20))

    class Nested(Dying):
        def judge(self, pairs):
            with pytest.raises(ResumeError, match="another process"):
                judge_file(tiny_engine, source, tmp_path / "out.jsonl")
            return super().judge(pairs)

    judge_file(Nested(tiny_engine, 9), source, tmp_path / "out.jsonl")


def bad_file(path):
    rows = [{"premise": "a dog.", "hypothesis": "a cat."}] * 3 + [{"premise": "", "hypothesis": "x"}]
    rows += [{"premise": "a dog.", "hypothesis": "dog " * 50}, {"premise": "a man.", "hypothesis": "a person."}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_bad_row_stops_the_run_after_the_rows_before_it(tiny_engine, tmp_path):
    source = bad_file(tmp_path / "in.jsonl")
    with pytest.raises(DataError) as caught:
        judge_file(tiny_engine, source, tmp_path / "out.jsonl")
    assert caught.value.row == 4
    assert caught.value.field == "premise"
    assert [line["row"] for line in read(tmp_path / "out.jsonl.partial")] == [1, 2, 3]


def test_a_run_that_did_nothing_leaves_nothing(tiny_engine, tmp_path):
    source = tmp_path / "pairs.jsonl"
    source.write_text('{"premise": "A dog runs."}\n', "utf-8")
    with pytest.raises(DataError):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == [source]


def test_bad_rows_are_recorded_where_that_is_wanted(tiny_engine, tmp_path):
    run = judge_file(tiny_engine, bad_file(tmp_path / "in.jsonl"), tmp_path / "out.jsonl", on_error="record")
    lines = read(tmp_path / "out.jsonl")
    assert (run.rows, run.errors) == (6, 2)
    assert [("error" in line, line["row"]) for line in lines] == [
        (False, 1),
        (False, 2),
        (False, 3),
        (True, 4),
        (True, 5),
        (False, 6),
    ]
    assert lines[3]["field"] == "premise"
    assert "tokens" in lines[4]["error"]


def test_a_file_that_breaks_off_fails_even_where_errors_are_recorded(tiny_engine, tmp_path):
    import gzip

    rows = "".join(json.dumps({"premise": p, "hypothesis": h}) + "\n" for p, h in make_pairs(3000))
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(rows.encode())[:-2000])
    with pytest.raises(DataError):
        judge_file(tiny_engine, tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl", on_error="record")
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("options", [{"on_error": "ignore"}, {"chunk": 0}])
def test_options_that_cannot_be_are_refused(tiny_engine, tmp_path, options):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(3))
    with pytest.raises(UsageError):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_the_output_directory_has_to_exist(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(3))
    with pytest.raises(UsageError, match="not a directory"):
        judge_file(tiny_engine, source, tmp_path / "no" / "out.jsonl")


def test_the_input_is_not_taken_for_the_output(tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(3))
    before = source.read_bytes()
    with pytest.raises(UsageError, match="input itself"):
        judge_file(tiny_engine, source, source)
    assert source.read_bytes() == before


@pytest.mark.parametrize("output", [".", "", "a\0b"])
def test_an_output_that_names_no_file_is_refused(tiny_engine, tmp_path, output):
    with pytest.raises(UsageError):
        judge_file(tiny_engine, write_pairs(tmp_path / "in.jsonl", make_pairs(3)), output)


def test_an_empty_file_gives_an_empty_output(tiny_engine, tmp_path):
    (tmp_path / "in.jsonl").write_text("")
    run = judge_file(tiny_engine, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert run.rows == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""


SCRIPT = """
import sys
import tuili
engine = tuili.load(sys.argv[1], threads=1)
tuili.judge_file(engine, sys.argv[2], sys.argv[3], chunk=20)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_run_killed_at_ten_random_moments_gives_the_same_bytes(tiny_directory, tiny_engine, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", make_pairs(2500))
    judge_file(tiny_engine, source, tmp_path / "whole.jsonl")
    rng = random.Random(0)
    command = [sys.executable, "-c", SCRIPT, str(tiny_directory), str(source), str(tmp_path / "out.jsonl")]
    partial = tmp_path / "out.jsonl.partial"
    kills = 0
    while kills < 10:
        before = partial.stat().st_size if partial.exists() else 0
        process = subprocess.Popen(command)
        # wait for it to get on with its work, then a random moment longer
        while process.poll() is None and (not partial.exists() or partial.stat().st_size == before):
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills == 10
    assert subprocess.run(command, check=False).returncode == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
