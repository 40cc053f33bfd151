"""What others wrote is shown, and acts on nothing."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tuili.cli import answer, check, classify, match
from tuili.cli.app import app
from tuili.cli.terminal import one_line
from tuili.reasoning.scripted import Scripted

HOSTILE = "red\x1b[31m and \u202eblue\x07 \x9b2J end."


def shown(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], color=True)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def files(tmp_path, monkeypatch):
    for module in (answer, check, classify, match):
        monkeypatch.setattr(module, "open_engine", lambda *_: Scripted(default="entailment"))
    (tmp_path / "a.txt").write_text(HOSTILE + "\n", "utf-8")
    (tmp_path / "two.txt").write_text(f"{HOSTILE}\n{HOSTILE} Again.\n", "utf-8")
    return tmp_path


def test_a_line_without_what_a_terminal_acts_on():
    assert one_line("a\x1b[0m\nb\u2066c 汉字 é 😀") == "a [0m b c 汉字 é 😀"


def test_no_command_passes_escapes_on(files):
    for arguments in (
        ("check", "--source", files / "a.txt", "--text", files / "a.txt"),
        ("classify", "--labels", "x,y", "--file", files / "a.txt"),
        ("classify", "--labels", f"x,{HOSTILE}", "text"),
        ("match", "--file", files / "two.txt"),
        ("answer", "--source", files / "a.txt", "What is red?"),
    ):
        said = shown(*arguments).output
        assert "red" in said
        assert not set(said) & set("\x1b\u202e\x07\x9b")


def test_an_empty_result_is_said(tmp_path):
    pytest.importorskip("pyoxigraph")
    from tuili.applications.graph.store import Store

    Store(tmp_path / "g", create=True)
    done = shown("graph", "show", tmp_path / "g")
    assert done.stdout == ""
    assert "no edges" in done.stderr
    assert json.loads(shown("graph", "show", tmp_path / "g", "--json").stdout)["edges"] == []


def test_a_graph_is_not_begun_with_options_that_cannot_be(tmp_path):
    pytest.importorskip("pyoxigraph")
    (tmp_path / "a.txt").write_text("Nobody is named here.")
    arguments = ["graph", "build", tmp_path / "g", "--source", tmp_path / "a.txt", "--threshold", "7"]
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert "threshold must be from 0 to 1" in str(done.exception)
    assert not (tmp_path / "g").exists()


def test_nothing_to_recommend_is_said(tmp_path, monkeypatch):
    from tuili.cli import recommend

    monkeypatch.setattr(recommend, "open_engine", lambda *_: Scripted(default="neutral"))
    (tmp_path / "r.jsonl").write_text('{"user": "ann", "item": "amp", "rating": 5, "text": "It is quiet."}\n')
    shown("recommend", "fit", tmp_path / "d", "--reviews", tmp_path / "r.jsonl")
    done = shown("recommend", "for", tmp_path / "d", "ann")
    assert "nothing to recommend" in done.stderr
