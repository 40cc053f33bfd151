"""`tuili audit` and `--audit`, as they are typed."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import pytest
from logs import filled

from tuili.audit.reading import read_entries
from tuili.audit.verify import verify

PAIR = ["A man is sleeping.", "A person is asleep."]


def run(*arguments, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tuili", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def kinds(log):
    return [entry.kind for entry in read_entries(log)]


def test_every_way_to_judge_is_on_record(tmp_path):
    """A1: one pair, standard input, a file, an evaluation; refused rows too."""
    log = tmp_path / "log"
    verdict = json.loads(run("judge", *PAIR, "--audit", log, "--json").stdout)
    assert kinds(log) == ["engine", "verdict"]
    assert run("judge", "", "x", "--audit", log).returncode == 1
    assert kinds(log)[2:] == ["engine", "refused"]
    rows = [dict(zip(("premise", "hypothesis"), pair, strict=True)) for pair in (PAIR, ("", "x"), PAIR)]
    text = "".join(json.dumps({**row, "label": "entailment"}) + "\n" for row in rows)
    lines = run("judge", "--audit", log, "--on-error", "record", stdin=text).stdout.splitlines()
    assert len(lines) == 3
    assert sorted(kinds(log)[4:]) == ["engine", "refused", "verdict", "verdict"]
    (tmp_path / "in.jsonl").write_text(text)
    done = run("judge", "--file", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl", "--audit", log,
               "--on-error", "record")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(kinds(log)[8:]) == ["engine", "refused", "verdict", "verdict"]
    (tmp_path / "gold.jsonl").write_text(text.splitlines()[0] + "\n")
    assert run("evaluate", tmp_path / "gold.jsonl", "--audit", log, "--json").returncode == 0
    assert sorted(kinds(log)[12:]) == ["engine", "verdict"]
    recorded = [entry.what["verdict"] for entry in read_entries(log) if entry.kind == "verdict"]
    assert recorded == [verdict] * 6
    assert run("audit", "verify", log).returncode == 0
    replayed = json.loads(run("audit", "replay", log, "--threads", "1", "--json").stdout)
    assert (replayed["ok"], replayed["equal"], replayed["environment"]) == (True, 6, {})


@pytest.mark.slow
def test_a_file_run_that_was_killed_and_went_on_has_every_row_on_record(tmp_path):
    """A1: rows of the output and records agree; a chunk may be on record twice, never not at all."""
    pairs = [{"premise": f"A man is on bench {n}.", "hypothesis": f"Number {n} sits."} for n in range(5000)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    command = [
        "judge",
        "--file",
        tmp_path / "in.jsonl",
        "--output",
        tmp_path / "out.jsonl",
        "--audit",
        tmp_path / "log",
    ]
    with subprocess.Popen([sys.executable, "-m", "tuili", *map(str, command)], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (tmp_path / "log/0001/000001.jsonl").exists():
            pass
        while process.poll() is None and (tmp_path / "log/0001/000001.jsonl").stat().st_size < 1000:
            pass
        process.kill()
    assert not (tmp_path / "out.jsonl").exists()
    assert run(*command).returncode == 0
    recorded: dict = {}
    for entry in read_entries(tmp_path / "log"):
        if entry.kind == "verdict":
            recorded.setdefault(entry.pair.premise, []).append(entry.what["verdict"])
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(lines) == len(recorded) == 5000
    for pair, line in zip(pairs, lines, strict=True):
        line.pop("row")
        assert 1 <= len(recorded[pair["premise"]]) <= 2
        assert all(verdict == line for verdict in recorded[pair["premise"]])
    assert verify(tmp_path / "log").ok


def test_a_signed_log_from_first_to_last(tmp_path):
    pytest.importorskip("cryptography")
    log = tmp_path / "log"
    done = run("audit", "init", log, "--checkpoints", tmp_path / "elsewhere", "--key", tmp_path / "key")
    assert done.returncode == 0, done.stderr
    assert run("audit", "init", log).returncode == 2
    assert run("judge", *PAIR, "--audit", log, "--audit-texts", "sealed").returncode == 0
    shown = run("audit", "show", log)
    assert "A man is sleeping." in shown.stdout
    assert "entailment" in shown.stdout
    assert (
        run("audit", "correct", log, "0001:1", "--label", "neutral", "--reason", "r", "--by", "me").stdout == "0001:2\n"
    )
    assert "superseded" in run("audit", "show", log).stdout
    assert run("audit", "erase", log, "0001:1", "--reason", "asked to", "--by", "me").returncode == 0
    assert "texts not readable" in run("audit", "show", log).stdout
    check = ["audit", "verify", log, "--checkpoints", tmp_path / "elsewhere", "--public-key", tmp_path / "key.pub"]
    good = json.loads(run(*check, "--json").stdout)
    assert (good["ok"], good["signatures"], good["unchecked"]) == (True, "checked", {"0001": 0})
    segment = log / "0001/000001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"entailment", b"entailmint", 1))
    bad = run(*check)
    assert bad.returncode == 1
    assert "NOT INTACT" in bad.stdout
    assert "record 0" in bad.stdout


def test_records_are_filtered_and_exported(tmp_path):
    log = filled(tmp_path / "log", calls=4)
    every = [json.loads(line) for line in run("audit", "show", log, "--json").stdout.splitlines()]
    assert len(every) == 12
    some = [json.loads(line) for line in run("audit", "show", log, "--json", "--label", "neutral").stdout.splitlines()]
    assert some == [record for record in every if record["verdict"]["label"] == "neutral"]
    assert 0 < len(some) < 12
    for arguments, count in [
        (["--contains", "MAN 11"], 1),
        (["--since", "2020-01-01"], 12),
        (["--until", "2020-01-01T10:00+02:00"], 0),
        (["--model", "quick"], 12),
        (["--model", "slow"], 0),
        (["--undecided"], 0),
    ]:
        assert len(run("audit", "show", log, *arguments).stdout.splitlines()) == count, arguments
    assert run("audit", "show", log, "--since", "yesterday").returncode == 2
    assert run("audit", "export", log, "--output", tmp_path / "out.jsonl").returncode == 0
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == every
    assert run("audit", "export", log, "--output", tmp_path / "out.jsonl").returncode == 2
    assert run("audit", "export", log, "--output", tmp_path / "out.csv", "--label", "neutral").returncode == 0
    with (tmp_path / "out.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["id"] for row in table] == [record["id"] for record in some]
    assert [row["premise"] for row in table] == [record["premise"] for record in some]
    if os.name == "posix":
        assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600


def test_a_cell_is_never_a_formula():
    """What a spreadsheet would run is text."""
    from tuili.audit.select import _harmless

    assert [_harmless(cell) for cell in ("=1+1", "@x", "-1", "plain")] == ["'=1+1", "'@x", "'-1", "plain"]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["audit", "show", "nothing"], 1, "there is no log"),
        (["audit", "verify", "nothing"], 1, "there is no log"),
        (["audit", "replay", "nothing"], 1, "there is no log"),
        (["audit", "correct", "nothing", "0001:1", "--reason", "r", "--by", "me"], 1, "there is no log"),
        (["audit", "correct", "nothing", "1", "--reason", "r", "--by", "me"], 1, "there is no log"),
        (["audit", "init", "x", "--retention-days", "7"], 2, "183"),
        (["judge", *PAIR, "--audit", "/dev/null"], 1, "log"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path, monkeypatch, arguments, code, word):
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert len(done.stderr.splitlines()) == 1
