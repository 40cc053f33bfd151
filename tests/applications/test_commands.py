"""check, answer, classify and match as they are typed."""

from __future__ import annotations

import json

import pytest
from overlap import HOSTILE, Counting
from typer.testing import CliRunner

from tuili.cli import answer, check, classify, match
from tuili.cli.app import app
from tuili.errors import DataError, InputError, UsageError

SOURCE = "The library opens at nine. It lends eight books."


@pytest.fixture(autouse=True)
def _scripted(monkeypatch):
    for module in (answer, check, classify, match):
        monkeypatch.setattr(module, "open_engine", lambda *_: Counting())


@pytest.fixture
def files(tmp_path):
    (tmp_path / "source.txt").write_text(SOURCE, "utf-8")
    (tmp_path / "text.txt").write_text("The library opens at nine. It has a cafe.", "utf-8")
    (tmp_path / "lines.txt").write_text("red and round\n\nround\nblue\n", "utf-8")
    return tmp_path


def run(*arguments):
    """Standard output; what went wrong is raised."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_check(files):
    arguments = ("check", "--source", files / "source.txt", "--text", files / "text.txt", "--html", files / "page.html")
    assert "50% of 2 claims supported" in run(*arguments)
    told = json.loads(run(*arguments, "--json"))
    assert [s["status"] for s in told["sentences"]] == ["supported", "not found"]
    assert (files / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_answer(files):
    arguments = ("answer", "--source", files / "source.txt", "Is it open?")
    assert run(*arguments) == "no answer in these passages\n"
    arguments = ("answer", "--source", files / "source.txt", "Who lends books?")
    assert json.loads(run(*arguments, "--json"))["question"] == "Who lends books?"


def test_answer_with_an_index_that_is_kept(files):
    (files / "notes").mkdir()
    (files / "notes" / "bridge.txt").write_text("Brown opened the bridge in May.", "utf-8")
    for _ in range(2):
        out = run(
            "answer", "--source", files / "notes", "--index", files / "kept.db", "Who opened the bridge?", "--json"
        )
        assert "Brown" in [found["text"] for found in json.loads(out)["answers"]]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_s12_hostile_questions_from_the_command_line(files, hostile):
    """S12: with an index, the same file answers before and after."""
    for question in (f"Is {hostile} so?", "Is it open?"):
        out = run("answer", "--source", files, "--index", files / "kept.db", "--json", "--", question)
        assert json.loads(out)["question"] == question


def test_classify(files):
    assert (
        run("classify", "--labels", "round,square", "--template", "{}", "a round ball")
        .splitlines()[0]
        .endswith("round")
    )
    (files / "labels.txt").write_text("round\nblue\n", "utf-8")
    arguments = ("classify", "--labels-file", files / "labels.txt", "--file", files / "lines.txt", "--template", "{}")
    assert len(run(*arguments).splitlines()) == 3
    told = [json.loads(line) for line in run(*arguments, "--json").splitlines()]
    assert [one["label"] for one in told] == ["round", "round", "blue"]


def test_match(files):
    assert run("match", "red and round", "round").startswith("a includes b")
    assert json.loads(run("match", "red", "red", "--json"))["relation"] == "equivalent"
    told = json.loads(run("match", "--file", files / "lines.txt", "--json"))
    assert (told["texts"], [m["relation"] for m in told["matches"]]) == (3, ["a includes b"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("match",),
        ("match", "one"),
        ("match", "one", "two", "--file", "lines.txt"),
        ("classify", "text"),
        ("classify", "--labels", "a,b"),
        ("classify", "--labels", "a", "--labels-file", "f", "text"),
        ("classify", "--labels", "a,a", "text"),
        ("check", "--source", "source.txt", "--text", "text.txt", "--threshold", "2"),
    ],
)
def test_wrong_usage_is_told(files, monkeypatch, arguments):
    monkeypatch.chdir(files)
    with pytest.raises(UsageError):
        run(*arguments)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"caf\xe9", b"a\0b", "\ufeff \n".encode()])
def test_a_file_that_cannot_be_read_is_told_by_name(files, content):
    bad = files / "bad.txt"
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.txt"):
        run("check", "--source", bad, "--text", files / "text.txt")
    with pytest.raises(DataError, match=r"bad\.txt"):
        run("check", "--source", files / "source.txt", "--text", bad)
    if content not in (b"", b" \n", "\ufeff \n".encode()):  # blank lines are passed over
        with pytest.raises(InputError, match=r"bad\.txt"):
            run("match", "--file", bad)


def test_a_slip_of_the_hand_does_not_put_the_page_in_the_place_of_a_text(files):
    for name in ("text.txt", "source.txt"):
        with pytest.raises(UsageError, match="is an input itself"):
            run("check", "--source", files / "source.txt", "--text", files / "text.txt", "--html", files / name)
    assert (files / "source.txt").read_text("utf-8") == SOURCE


def test_nothing_to_work_on_is_said(files):
    """An empty answer would read like one that was looked for."""
    (files / "blank.txt").write_text(" \n\n", "utf-8")
    (files / "pictures").mkdir()
    (files / "pictures" / "x.png").write_bytes(b"\x89PNG")
    for arguments in (
        ("match", "--file", files / "blank.txt"),
        ("classify", "--labels", "a,b", "--file", files / "blank.txt"),
        ("answer", "--source", files / "blank.txt", "Who?"),
        ("answer", "--source", files / "pictures", "Who?"),
    ):
        with pytest.raises(DataError, match=r"holds no texts|there is no text in"):
            run(*arguments)
