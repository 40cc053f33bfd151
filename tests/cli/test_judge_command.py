"""`tuili judge`: cascade, quarantine, and what Ray may be told."""

from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

import tuili
from tuili.cli.app import app
from tuili.errors import MissingExtra, UsageError

PAIR = ["A man is sleeping.", "A person is asleep."]


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, ["judge", *map(str, arguments)], input=stdin)


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "in.jsonl"
    rows = [PAIR, ["It rains.", "The match was lost."], ["A dog runs.", "An animal moves."], ["", "x"]]
    path.write_text("".join(json.dumps({"premise": p, "hypothesis": h}) + "\n" for p, h in rows))
    return path


def test_a_cascade_asks_the_second_model_about_what_the_first_leaves_open(pairs, tmp_path, tiny_directory):
    output = tmp_path / "out.jsonl"
    done = run(
        *("--file", pairs, "--output", output, "--on-error", "record", "--max-risk", "0.15"),
        *("--cascade", tiny_directory, "--json"),
    )
    assert done.exception is None, done.output
    counts = json.loads(done.stdout)["cascade"]
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    second = [line for line in lines if line.get("model", "").startswith("tiny@")]
    assert counts["judged"] == 3
    assert counts["asked"] == len(second)
    assert counts["share_saved"] == pytest.approx(1 - len(second) / 3)
    first = tuili.load(max_risk=0.15).judge([PAIR, ("It rains.", "The match was lost.")])
    assert [verdict.decided for verdict in first] == [line["model"] == first[0].model for line in lines[:2]]


def test_a_cascade_says_what_it_saved(pairs, tmp_path, tiny_directory):
    done = run(
        *("--file", pairs, "--output", tmp_path / "out.jsonl", "--on-error", "record"),
        *("--max-risk", "0.15", "--cascade", tiny_directory),
    )
    assert "of 3 pairs" in done.stderr
    assert "were saved" in done.stderr
    line = json.dumps({"premise": PAIR[0], "hypothesis": PAIR[1]}) + "\n"
    done = run("--max-risk", "0.15", "--cascade", tiny_directory, *PAIR, stdin=line)
    assert done.exception is None


def test_another_risk_is_another_run(pairs, tmp_path, tiny_directory):
    arguments = ["--file", pairs, "--output", tmp_path / "out.jsonl", "--on-error", "record"]
    assert run(*arguments, "--max-risk", "0.15", "--cascade", tiny_directory).exception is None
    done = run(*arguments, "--max-risk", "0.2", "--cascade", tiny_directory)
    assert "another threshold" in str(done.exception)


def test_a_cascade_that_would_never_ask_is_refused(tiny_directory):
    done = run(*PAIR, "--cascade", tiny_directory)
    assert isinstance(done.exception, UsageError)
    assert "--max-risk" in str(done.exception)


def test_rows_are_set_aside_in_quarantine(pairs, tmp_path):
    """F9"""
    output = tmp_path / "out.jsonl"
    done = run("--file", pairs, "--output", output, "--on-error", "quarantine")
    assert done.exception is None
    assert len(output.read_text().splitlines()) == 3
    [line] = (tmp_path / "out.jsonl.quarantine.jsonl").read_text().splitlines()
    assert json.loads(line)["row"] == 4
    assert "out.jsonl.quarantine.jsonl" in done.stderr
    done = run("--file", pairs, "--output", output, "--on-error", "quarantine", "--json")
    assert json.loads(done.stdout)["quarantine"] == f"{output}.quarantine.jsonl"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*PAIR, "--runner", "ray"], "--file"),
        (["--runner", "ray", "--file", "in.jsonl", "--output", "o", "--audit", "log"], "--audit"),
        ([*PAIR, "--workers", "2"], "--workers goes with"),
        ([*PAIR, "--shard-rows", "2"], "--shard-rows goes with"),
        ([*PAIR, "--parts", "p"], "--parts goes with"),
        ([*PAIR, "--ray-address", "h:1"], "--ray-address goes with"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, words):
    done = run(*arguments)
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)


def test_without_the_extra_it_says_what_to_install(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("tuili.serving.ray_cluster.find_spec", lambda _name: None)
    done = run("--file", pairs, "--output", tmp_path / "out.jsonl", "--runner", "ray")
    assert isinstance(done.exception, MissingExtra)
    assert "tuili[ray]" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
    assert "ray" not in sys.modules


def test_unusual_characters_are_told_on_standard_error_and_refused_where_asked(tiny_directory):
    """P3: verdicts are the same with and without the flag."""
    plain = run("pa\u200by", "x", "--model", tiny_directory, "--json")
    assert plain.exit_code == 0
    assert "the premise has: invisible character U+200B at position 2; judged as it is" in plain.stderr
    assert json.loads(plain.stdout)["label"]
    strict = run("pa\u200by", "x", "--model", tiny_directory, "--strict-unicode")
    assert "premise: invisible character U+200B at position 2" in str(strict.exception)
    ordinary = run("שלום \u200eabc dog", "a 👩\u200d🚀 dog", "--model", tiny_directory, "--json", "--strict-unicode")
    assert ordinary.exit_code == 0
    assert not ordinary.stderr
