"""Runs in shards, with workers that are made up. On Ray: `tests/serving/test_ray.py`."""

from __future__ import annotations

import json
import random
from collections import deque
from contextlib import contextmanager

import pytest
from test_engine import make_pairs
from test_file_run import read, write_pairs

from tuili.engine.runs.file_run import judge_file
from tuili.engine.runs.shard import judge_piece, lines_of
from tuili.engine.runs.sharded_run import judge_file_in_shards
from tuili.errors import DataError, ModelError, NumericalError, ResumeError, UsageError
from tuili.reasoning.scripted import Scripted


class Crew:
    """Workers in this process. `dies` says of a piece whether the worker that has it in hand dies."""

    def __init__(self, judge, source, *, on_error="stop", dies=lambda _piece: False, size=3, seed=0):
        self.judge, self.source, self.on_error, self.dies = judge, str(source), on_error, dies
        self.inbox = []
        self.size = size
        self.rng = random.Random(seed)
        self.judged = 0
        self.begun = 0
        self.stop_after = None

    @contextmanager
    def __call__(self):
        self.begun += 1
        self.inbox.clear()
        yield self

    @property
    def room(self):
        return self.size - len(self.inbox)

    def put(self, piece):
        assert self.room > 0
        self.inbox.append(piece)

    def next(self):
        piece = self.inbox.pop(self.rng.randrange(len(self.inbox)))
        if self.dies(piece):
            return piece, None
        if self.stop_after is not None and self.judged >= self.stop_after:
            raise KeyboardInterrupt
        self.judged += 1
        return piece, judge_piece(self.judge, piece.rows, self.source, self.on_error)


@pytest.fixture
def source(tmp_path):
    return write_pairs(tmp_path / "in.jsonl", make_pairs(50))


@pytest.fixture
def whole(tiny_engine, source, tmp_path):
    judge_file(tiny_engine, source, tmp_path / "whole.jsonl")
    return (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_the_bytes_are_those_of_one_process(tiny_engine, source, whole, tmp_path, size):
    """D1, F11: whatever the shards, and in whatever order they are done."""
    seen = []
    crew = Crew(tiny_engine, source)
    run = judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=size, progress=seen.append)
    assert (run.rows, run.errors, run.resumed) == (50, 0, 0)
    assert run.output.read_bytes() == whole
    assert seen == sorted(seen)
    assert seen[-1] == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("in.jsonl", "out.jsonl", "out.jsonl.run.json"),
        *("whole.jsonl", "whole.jsonl.run.json"),
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_dead_worker_had_in_hand_is_done_again(tiny_engine, source, whole, tmp_path, seed):
    """F11: nothing is missing, nothing is there twice."""
    chance = random.Random(seed)
    budget = deque(range(8))  # deaths come from outside, and end some time

    def dies(_piece):
        return bool(budget and chance.random() < 0.25 and budget.popleft() is not None)

    crew = Crew(tiny_engine, source, on_error="record", dies=dies)
    judge_file(tiny_engine, source, tmp_path / "recorded.jsonl", on_error="record")
    run = judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=3, on_error="record")
    assert len(budget) < 8
    assert run.errors == 0
    assert run.output.read_bytes() == whole


def test_a_row_that_kills_is_found_and_the_others_are_judged(tiny_engine, source, tmp_path):
    """F11: a poison row is quarantined."""
    crew = Crew(tiny_engine, source, on_error="quarantine", dies=lambda piece: any(r.row == 23 for r in piece.rows))
    run = judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=20, on_error="quarantine")
    assert (run.rows, run.errors) == (50, 1)
    assert [line["row"] for line in read(run.output)] == [*range(1, 23), *range(24, 51)]
    assert run.quarantine == tmp_path / "out.jsonl.quarantine.jsonl"
    [aside] = read(run.quarantine)
    assert aside["row"] == 23
    assert "workers die" in aside["error"]
    again = judge_file_in_shards(
        tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=20, on_error="quarantine"
    )
    assert (again.rows, again.errors, again.quarantine) == (50, 1, run.quarantine)
    assert crew.begun == 1


def test_a_row_that_kills_stops_the_run_where_errors_do(tiny_engine, source, tmp_path):
    crew = Crew(tiny_engine, source, dies=lambda piece: any(row.row == 23 for row in piece.rows))
    with pytest.raises(DataError, match="workers die") as caught:
        judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=10)
    assert caught.value.row == 23
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("workers", [1, 3])
def test_what_a_worker_has_done_is_on_disk_before_it_gets_more(tiny_engine, source, tmp_path, workers):
    """F12: a driver that is killed at any moment costs each worker one shard at most."""
    crew = Crew(tiny_engine, source, size=workers)
    parts = tmp_path / "out.jsonl.parts"
    unwritten = []
    put = crew.put

    def putting(piece):
        unwritten.append(crew.judged - len(list(parts.glob("[0-9]*.jsonl"))))
        put(piece)

    crew.put = putting
    judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    assert len(unwritten) == 10
    assert not any(unwritten)


def test_an_interrupted_run_goes_on_with_the_shards_that_are_missing(tiny_engine, source, whole, tmp_path):
    """F12"""
    crew = Crew(tiny_engine, source)
    crew.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    done = sorted(path.name for path in (tmp_path / "out.jsonl.parts").iterdir())
    assert len(done) == 4
    (tmp_path / "out.jsonl.parts" / ".00000009.jsonl.1234.tmp").write_text("torn")
    crew.stop_after = None
    crew.judged = 0
    run = judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    assert (run.rows, run.resumed, crew.judged) == (50, 20, 6)
    assert run.output.read_bytes() == whole
    assert not (tmp_path / "out.jsonl.parts").exists()


def test_a_file_that_was_put_among_the_shards_is_never_removed(tiny_engine, source, whole, tmp_path):
    crew = Crew(tiny_engine, source)
    crew.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    mine = tmp_path / "out.jsonl.parts" / "notes.jsonl"
    mine.write_text("mine")
    crew.stop_after = None
    with pytest.raises(ResumeError, match=r"other files, such as notes\.jsonl"):
        judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    assert mine.read_text() == "mine"
    mine.unlink()
    assert judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5).resumed == 20
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_a_merge_that_was_cut_short_is_done_again(tiny_engine, source, whole, tmp_path, monkeypatch):
    from tuili.engine.runs.run_files import RunFiles

    crew = Crew(tiny_engine, source)
    with monkeypatch.context() as patched:
        patched.setattr(RunFiles, "finish", lambda _self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    assert (tmp_path / "out.jsonl.partial").read_bytes() == whole
    run = judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    assert (run.rows, run.resumed, crew.begun) == (50, 50, 1)
    assert run.output.read_bytes() == whole


def test_another_input_model_option_set_or_cut_is_refused(tiny_engine, source, tmp_path):
    def go(judge=tiny_engine, shard_rows=5, **options):
        crew = Crew(judge, source)
        crew.stop_after = 4
        return judge_file_in_shards(judge, source, tmp_path / "out.jsonl", crew, shard_rows=shard_rows, **options)

    with pytest.raises(KeyboardInterrupt):
        go()
    before = sorted(path.read_bytes() for path in (tmp_path / "out.jsonl.parts").iterdir())
    with pytest.raises(ResumeError, match="another on error"):
        go(on_error="record")
    with pytest.raises(ResumeError, match="another model"):
        go(Scripted(default="neutral"))
    with pytest.raises(ResumeError, match="shards of 5 rows"):
        go(shard_rows=6)
    with pytest.raises(ResumeError, match="shards of 5 rows"):
        go(parts=tmp_path / "elsewhere")
    with pytest.raises(ResumeError, match="shards of 5 rows"):
        judge_file(tiny_engine, source, tmp_path / "out.jsonl")
    write_pairs(source, make_pairs(50, seed=1))
    with pytest.raises(ResumeError, match="another input sha256"):
        go()
    assert sorted(path.read_bytes() for path in (tmp_path / "out.jsonl.parts").iterdir()) == before


def test_what_one_process_began_is_not_gone_on_with_in_shards(tiny_engine, source, tmp_path):
    class Once(Scripted):
        def judge(self, pairs):
            if getattr(self, "asked", False):
                raise KeyboardInterrupt
            self.asked = True
            return super().judge(pairs)

    judge = Once(default="neutral")
    with pytest.raises(KeyboardInterrupt):
        judge_file(judge, source, tmp_path / "out.jsonl", chunk=5)
    before = (tmp_path / "out.jsonl.partial").read_bytes()
    with pytest.raises(ResumeError, match="in one piece"):
        judge_file_in_shards(judge, source, tmp_path / "out.jsonl", Crew(judge, source))
    assert (tmp_path / "out.jsonl.partial").read_bytes() == before


def test_a_shard_that_was_changed_is_not_taken_for_done(tiny_engine, source, tmp_path):
    crew = Crew(tiny_engine, source)
    crew.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)
    part = sorted((tmp_path / "out.jsonl.parts").iterdir())[0]
    part.write_bytes(part.read_bytes()[:-200])
    crew.stop_after = None
    with pytest.raises(ResumeError, match="was changed"):
        judge_file_in_shards(tiny_engine, source, tmp_path / "out.jsonl", crew, shard_rows=5)


def test_the_directory_of_shards_must_be_ours(tiny_engine, source, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "00000000.jsonl").write_text("mine")
    with pytest.raises(ResumeError, match="other files"):
        judge_file_in_shards(
            tiny_engine, source, tmp_path / "out.jsonl", Crew(tiny_engine, source), parts=tmp_path / "mine"
        )
    with pytest.raises(UsageError, match="can't hold"):
        judge_file_in_shards(tiny_engine, source, tmp_path / "o.jsonl", Crew(tiny_engine, source), parts=source)
    assert (tmp_path / "mine" / "00000000.jsonl").read_text() == "mine"


@pytest.mark.parametrize("seed", range(4))
def test_of_several_bad_rows_the_first_is_named(tiny_engine, tmp_path, seed):
    pairs = [("", "x") if number in (17, 31) else pair for number, pair in enumerate(make_pairs(40), start=1)]
    source = write_pairs(tmp_path / "in.jsonl", pairs)
    with pytest.raises(DataError) as caught:
        judge_file_in_shards(
            tiny_engine, source, tmp_path / "out.jsonl", Crew(tiny_engine, source, seed=seed), shard_rows=4
        )
    assert (caught.value.row, caught.value.field, caught.value.path) == (17, "premise", str(source))
    assert all((tmp_path / "out.jsonl.parts" / f"0000000{shard}.jsonl").exists() for shard in range(4))


@pytest.mark.parametrize("on_error", ["record", "quarantine"])
def test_bad_rows_are_where_one_process_puts_them(tiny_engine, tmp_path, on_error):
    pairs = [("", "x") if number in (17, 31) else pair for number, pair in enumerate(make_pairs(40), start=1)]
    source = write_pairs(tmp_path / "in.jsonl", pairs)
    one = judge_file(tiny_engine, source, tmp_path / "one.jsonl", on_error=on_error)
    crew = Crew(tiny_engine, source, on_error=on_error)
    many = judge_file_in_shards(tiny_engine, source, tmp_path / "many.jsonl", crew, shard_rows=7, on_error=on_error)
    assert (many.rows, many.errors) == (one.rows, one.errors) == (40, 2)
    assert many.output.read_bytes() == one.output.read_bytes()
    assert (many.quarantine is None) == (one.quarantine is None) == (on_error == "record")
    if one.quarantine is not None:
        assert many.quarantine.read_bytes() == one.quarantine.read_bytes()


def test_an_empty_file_begins_no_worker(tiny_engine, tmp_path):
    (tmp_path / "in.jsonl").write_text("")
    crew = Crew(tiny_engine, tmp_path / "in.jsonl")
    run = judge_file_in_shards(tiny_engine, tmp_path / "in.jsonl", tmp_path / "out.jsonl", crew)
    assert (run.rows, run.output.read_bytes(), crew.begun) == (0, b"", 0)


@pytest.mark.parametrize("shard_rows", [0, -1, 10**7, 1.5, True])
def test_shards_that_cannot_be_are_refused(tiny_engine, source, tmp_path, shard_rows):
    with pytest.raises(UsageError, match="shard"):
        judge_file_in_shards(
            tiny_engine, source, tmp_path / "out.jsonl", Crew(tiny_engine, source), shard_rows=shard_rows
        )


REPLIES = [
    b"",
    b"\xff\n",
    b"{}\n",
    b"[]\n",
    b'{"failed": 1}',
    b'{"row": 1}\n',
    b'{"row": 2, "error": "x"}\n',
    b'{"row": 1, "error": 3}\n',
    b"[" * 100_000 + b"\n",
    b'{"row": 1, "error": "x"}\n{"row": 2, "error": "x"}\n',
    b'{"failed": "SystemExit", "reason": "x"}',
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: repr(reply[:30]))
def test_a_reply_is_checked_and_not_believed(reply, source):
    """S13: what workers send is data, and is checked."""
    from tuili.data.read import open_examples

    row = next(open_examples(source).rows())
    with pytest.raises(ModelError):
        lines_of(reply, [row], "in.jsonl")


def test_a_reply_with_numbers_that_are_none_is_refused(tiny_engine, source):
    """S13, I5"""
    from tuili.data.read import open_examples

    row = next(open_examples(source).rows())
    good = judge_piece(tiny_engine, [row], "in.jsonl", "stop")
    assert len(lines_of(good, [row], "in.jsonl")) == 1
    line = json.loads(good)
    line["probabilities"]["neutral"] = float("nan")
    with pytest.raises(ModelError):
        lines_of(json.dumps(line).encode() + b"\n", [row], "in.jsonl")


def test_a_worker_error_keeps_its_kind(source):
    class Broken(Scripted):
        def judge(self, pairs):
            raise NumericalError("not a number")

    from tuili.data.read import open_examples

    row = next(open_examples(source).rows())
    with pytest.raises(NumericalError, match="not a number"):
        lines_of(judge_piece(Broken(), [row], "in.jsonl", "stop"), [row], "in.jsonl")
