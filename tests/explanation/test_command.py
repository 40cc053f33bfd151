from __future__ import annotations

import json
import subprocess
import sys

from tuili.explanation.explain import METHODS

PAIR = ["A man in a red shirt is sleeping on a bench.", "A man is running."]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tuili", *arguments], capture_output=True, text=True, check=False)


def test_an_explanation_on_the_command_line(tmp_path):
    page, notes = tmp_path / "why.html", tmp_path / "why.md"
    done = run("explain", *PAIR, "--html", str(page), "--markdown", str(notes), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["verdict"]["label"] == "contradiction"
    assert [found["text"] for found in said["verdict"]["evidence"]] == ["sleeping", "running"]
    assert said["edit"]["label"] != "contradiction"
    assert "sleeping" in page.read_text("utf-8")
    assert "**sleeping**" in notes.read_text("utf-8")


def test_a_terminal_gets_lines():
    done = run("explain", *PAIR, "--no-edit", "--draws", "1")
    assert done.returncode == 0, done.stderr
    assert "[sleeping]" in done.stdout


def test_judge_gives_evidence_where_it_is_asked_for():
    done = run("judge", *PAIR, "--explain", "--json")
    assert done.returncode == 0, done.stderr
    assert [found["text"] for found in json.loads(done.stdout)["evidence"]] == ["sleeping", "running"]


def test_wrong_usage_is_told_without_a_traceback():
    for arguments, code in (
        ([*PAIR, "--draws", "-1"], 2),
        ([*PAIR, "--method", "integrated_gradients"], 2),
        ([PAIR[0], ""], 1),
        ([*PAIR, "--html", "/dev/null/x.html"], 2),
    ):
        done = run("explain", *arguments)
        assert done.returncode == code, done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_the_methods_of_the_command_are_those_of_the_library():
    from tuili.cli.explain import Method

    assert tuple(method.value for method in Method) == METHODS


def test_evaluate_scores_explanations(tmp_path):
    row = {
        "premise": PAIR[0],
        "hypothesis": PAIR[1],
        "label": "contradiction",
        "premise_marked_1": PAIR[0].replace("sleeping", "*sleeping*"),
        "hypothesis_marked_1": PAIR[1].replace("running.", "*running.*"),
    }
    path = tmp_path / "marked.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    done = run("evaluate", str(path), "--explanations", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plausibility"]["token_f1"] == 1.0
    assert run("evaluate", str(path), "--sample", "3").returncode == 2
