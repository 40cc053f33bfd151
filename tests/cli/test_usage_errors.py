"""Wrong usage is told in one line that says what to do."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tuili.cli.app import app
from tuili.data.atomic import refuse_as_output, write_file
from tuili.errors import UsageError


def run(*arguments, cwd=None):
    command = [sys.executable, "-m", "tuili", *map(str, arguments)]
    return subprocess.run(command, input="", capture_output=True, text=True, check=False, cwd=cwd)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], ["nonsense", "see tuili --help"]),
        (["judge", "a", "b", "--threads", "x"], ["--threads", "integer", "see tuili judge --help"]),
        (["evaluate"], ["missing argument", "FILE", "see tuili evaluate --help"]),
        (["judge", "a", "b", "--modle", "x"], ["--modle", "--model"]),
        (["check"], ["--source"]),
        (["graph", "show"], ["GRAPH", "see tuili graph show --help"]),
        (["audit", "show", "log", "--since"], ["--since"]),
        (["synthesise", "--n", "0", "--output", "x.jsonl"], ["--n", "or equal to 1"]),
    ],
)
def test_wrong_usage_is_one_line(arguments, words, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("tuili: ")
    for word in words:
        assert word in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["graph"], ["audit"]])
def test_a_command_without_its_command_shows_help(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "Commands:" in done.stdout + done.stderr


def test_help_and_version_end_well():
    assert run("--help").returncode == 0
    assert run("--version").returncode == 0


def test_a_label_that_is_none_is_refused(tmp_path):
    from tuili.audit.log import Log
    from tuili.audit.recorded import Recorded
    from tuili.reasoning.scripted import Scripted

    with Log(tmp_path / "log") as log:
        Recorded(Scripted(default="neutral"), log).judge([("a", "b")])
    done = run("audit", "show", tmp_path / "log", "--label", "nope")
    assert done.returncode == 2
    assert "'nope' is not a label" in done.stderr
    assert "entailment" in done.stderr
    done = run("audit", "show", tmp_path / "log", "--label", "neutral", "--json")
    assert json.loads(done.stdout)["verdict"]["label"] == "neutral"


def test_no_command_makes_the_directory_of_a_file(tmp_path):
    """A mistyped name is refused before any work."""
    target = tmp_path / "nodir" / "x.html"
    for write in (lambda: refuse_as_output(target), lambda: write_file(target, b"x")):
        with pytest.raises(UsageError, match="there is no directory"):
            write()
    done = run("explain", "A man sleeps.", "A man is awake.", "--html", target)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no directory" in done.stderr
    done = run("synthesise", "--n", 5, "--output", tmp_path / "nodir" / "x.jsonl")
    assert done.returncode == 2
    assert not target.parent.exists()


def test_a_risk_that_cannot_be_is_told_with_an_example():
    for risk in ("2", "nan", "0"):
        done = run("judge", "a", "b", "--max-risk", risk)
        assert done.returncode == 2
        assert "above 0 and below 1, such as 0.05" in done.stderr


def help_of(*command):
    return " ".join(CliRunner().invoke(app, [*command, "--help"], terminal_width=200).stdout.split())


@pytest.mark.parametrize("command", [("check",), ("answer",), ("graph", "build"), ("recommend", "fit"), ("judge",)])
def test_help_shows_no_python_types(command):
    assert "list[" not in help_of(*command)


def test_help_names_every_kind_of_address():
    said = help_of("judge")
    for scheme in ("./directory", "hf:", "http://", "openai:"):
        assert scheme in said
