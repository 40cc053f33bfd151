from __future__ import annotations

import csv
import json

import pytest
from typer.testing import CliRunner

from tuili.cli.app import app
from tuili.data.read import open_examples
from tuili.errors import DataError, UsageError
from tuili.learning.synthesis import families, generate
from tuili.learning.synthesis.write import write_pairs


def run(*arguments: str):
    return CliRunner().invoke(app, ["synthesise", *arguments])


def test_a_file_of_pairs_is_one_that_tuili_reads(tmp_path):
    for name in ("pairs.jsonl", "pairs.csv"):
        done = run(
            "--n", "60", "--seed", "3", "--families", "voice,numbers", "--output", str(tmp_path / name), "--json"
        )
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["n"] == 60
        with open_examples(tmp_path / name, labels="required") as examples:
            read = [(example.premise, example.hypothesis, example.label) for example in examples]
        assert read == [
            (pair.premise, pair.hypothesis, pair.label) for pair in generate(60, seed=3, families=["voice", "numbers"])
        ]


def test_reasons_and_families_stand_in_the_file(tmp_path):
    write_pairs(generate(20, seed=1, families=["voice"]), tmp_path / "pairs.csv")
    with (tmp_path / "pairs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    assert {row["family"] for row in rows} == {"voice"}
    assert all(row["reason"] and row["pattern"] for row in rows)


def test_the_families_are_listed():
    assert json.loads(run("--list", "--json").stdout) == families()
    assert "quantifiers" in run("--list").stdout


def test_a_sample_of_each_pattern_is_shown():
    shown = run("--show", "--families", "voice", "--json")
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    patterns = {row["pattern"] for row in rows}
    assert len(patterns) == 5
    assert len(rows) == 25
    assert "→" in run("--show", "--families", "voice").stdout


def test_wrong_usage_is_told(tmp_path):
    for arguments, error in (
        ([], UsageError),
        (["--output", str(tmp_path / "pairs.txt")], UsageError),
        (["--output", str(tmp_path / "pairs.csv"), "--families", "verbs"], UsageError),
        (["--output", str(tmp_path / "pairs.csv"), "--noise", "3"], UsageError),
        (["--output", str(tmp_path / "pairs.csv"), "--lexicon", str(tmp_path / "none.toml")], DataError),
    ):
        done = run(*arguments)
        assert isinstance(done.exception, error), arguments
    assert not list(tmp_path.iterdir())


def test_what_breaks_off_leaves_no_file(tmp_path):
    def broken():
        yield next(generate(1, seed=1))
        raise UsageError("stop")

    with pytest.raises(UsageError, match="stop"):
        write_pairs(broken(), tmp_path / "pairs.jsonl")
    assert not list(tmp_path.iterdir())
