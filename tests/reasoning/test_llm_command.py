"""`tuili judge` with a language model whose server does not answer: one clear error, not a verdict that is none."""

from __future__ import annotations

import json
import socket

import pytest
from llm_server import chat, fake_server, honest, http
from typer.testing import CliRunner

from tuili.cli.app import app
from tuili.errors import ModelError

PAIR = ["A man is sleeping.", "A person is asleep."]


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, ["judge", *map(str, arguments)], input=stdin)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("kind", ["openai:http://127.0.0.1:{}/v1#fake", "http://127.0.0.1:{}"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_server_that_is_down_is_an_error_for_a_pair(kind, form):
    """F10: on the command line too, no label is guessed."""
    done = run(*PAIR, "--model", kind.format(closed_port()), *form)
    assert isinstance(done.exception, ModelError)
    assert done.stdout == ""
    assert "can't be" in str(done.exception)


@pytest.mark.parametrize(
    ("status", "words"), [("401 Unauthorized", "TUILI_LLM_KEY"), ("404 Not Found", "no such"), ("200 OK", "JSON")]
)
def test_so_is_one_that_refuses_or_talks_nonsense(status, words):
    with fake_server(lambda connection: connection.send(http("<html>", status))) as server:
        done = run(*PAIR, "--model", server.address)
    assert isinstance(done.exception, ModelError)
    assert words in str(done.exception)
    assert done.stdout == ""


def test_a_model_that_answers_something_else_leaves_the_pair_undecided():
    """F10: what a model says is no failure of its server."""
    with fake_server(lambda connection: connection.send(http(chat("I would rather not.")))) as server:
        done = run(*PAIR, "--model", server.address, "--json")
    assert done.exception is None
    verdict = json.loads(done.stdout)
    assert (verdict["decided"], verdict["coverage"]) == (False, 0)


def test_a_file_is_not_begun_while_the_server_is_down(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"premise": PAIR[0], "hypothesis": PAIR[1]}) + "\n")
    arguments = ["--file", source, "--output", tmp_path / "out.jsonl"]
    done = run(*arguments, "--model", f"openai:http://127.0.0.1:{closed_port()}/v1#fake")
    assert isinstance(done.exception, ModelError)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
    with fake_server() as server:
        done = run(*arguments, "--model", server.address, "--json")
    assert done.exception is None
    said = json.loads(done.stdout)
    assert (said["rows"], said["usage"]["abstained"]) == (1, {})


def test_what_a_run_left_open_is_counted(tmp_path):
    """F10: a server that goes down on the way ends no run; it is said how many pairs have no verdict, and why."""
    asked = []

    def handle(connection):
        asked.append(connection)
        if len(asked) > 3:  # what it can do, the pair before the run, the first row
            connection.send(http("", "503 Service Unavailable", "Retry-After: 60"))
        else:
            connection.send(http(honest(connection.body)))

    rows = [json.dumps({"premise": PAIR[0], "hypothesis": f"Number {n}."}) + "\n" for n in range(5)]
    (tmp_path / "in.jsonl").write_text("".join(rows))
    with fake_server(handle) as server:
        done = run("--file", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl", "--model", server.address)
    assert done.exception is None
    assert "times no verdict: the server" in done.stderr
    verdicts = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert sum(verdict["coverage"] == 0 for verdict in verdicts) >= 4
