"""`tuili graph`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("pyoxigraph")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tuili", "graph", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def failed(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_built_asked_shown_exported_and_taken_apart(tmp_path):
    (tmp_path / "a.txt").write_text("The Acme Institute is based in Oslo.")
    (tmp_path / "b.txt").write_text("Nobody is named here.")
    sources = ["--source", tmp_path / "a.txt", "--source", tmp_path / "b.txt", "--threads", 1]
    options = ["--relation", "based_in", "--threshold", 0.2, "--json"]
    done = run("build", tmp_path / "g", *sources, *options)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "sources": 2,
        "read": 2,
        "unchanged": 0,
        "entities": 2,
        "edges": 1,
        "conflicts": 0,
    }
    asked = run("query", tmp_path / "g", "SELECT ?n { ?a relation:based_in ?b . ?b rdfs:label ?n }", "--json")
    assert json.loads(asked.stdout)["rows"] == [["Oslo"]]
    shown = run("show", tmp_path / "g")
    assert "Acme Institute · based_in · Oslo" in shown.stdout
    assert "“The Acme Institute is based in Oslo.”" in shown.stdout
    assert run("show", tmp_path / "g", "--html", tmp_path / "g.html").returncode == 0
    assert "<svg" in (tmp_path / "g.html").read_text("utf-8")
    assert run("export", tmp_path / "g", "--output", tmp_path / "g.graphml", "--format", "graphml").returncode == 0
    assert "Oslo" in (tmp_path / "g.graphml").read_text("utf-8")
    assert run("remove", tmp_path / "g", tmp_path / "a.txt").returncode == 0
    assert run("show", tmp_path / "g").stdout == ""


def test_what_cannot_be_is_told_in_one_line(tmp_path):
    failed(run("show", tmp_path / "none"), 1, "is not a graph")
    failed(run("build", tmp_path / "g", "--source", tmp_path / "none.txt"), 1, "none.txt")
    (tmp_path / "a.txt").write_text("Text.")
    (tmp_path / "s.toml").write_text("[[relation]]\nname = 'x'\n")
    failed(
        run("build", tmp_path / "g", "--source", tmp_path / "a.txt", "--schema", tmp_path / "s.toml"), 1, "relation 1"
    )
    failed(run("build", tmp_path / "g", "--source", tmp_path / "a.txt", "--relation", "likes"), 2, "works_for")


def test_links_and_hidden_files_of_a_directory_are_passed_over(tmp_path):
    """As `tuili answer` does: a link that leads nowhere stops nothing."""
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("Nobody is named here.")
    (texts / ".hidden.txt").write_text("Nobody.")
    (texts / "nowhere.txt").symlink_to("missing")
    (texts / "loop").symlink_to(texts)
    done = run("build", tmp_path / "g", "--source", texts, "--threads", 1, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sources"] == 1
