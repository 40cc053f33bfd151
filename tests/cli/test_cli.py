from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

import tuili

PAIR = ["A man is sleeping.", "A person is asleep."]


def run(*arguments: str, stdin: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    command = [sys.executable, "-m", "tuili", *arguments]
    done = subprocess.run(command, input=data if data is not None else b"", capture_output=True, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def failed(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_two_strings_give_a_verdict():
    done = run("judge", *PAIR)
    assert done.returncode == 0
    assert done.stdout.startswith("entailment")


def test_json_prints_the_verdict_that_the_library_gives():
    """D1: the command line and the library give the same bits."""
    done = run("judge", *PAIR, "--json")
    assert json.loads(done.stdout) == tuili.judge(*PAIR).to_dict()
    assert done.stderr == ""


def test_standard_input_gives_a_line_for_each_pair():
    lines = [{"premise": PAIR[0], "hypothesis": PAIR[1]}, {"sentence1": PAIR[0], "sentence2": "Nobody sleeps."}]
    done = run("judge", stdin=json.dumps(lines[0]) + "\n" + json.dumps(lines[0]) + "\n")
    assert done.returncode == 0, done.stderr
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [verdict.pop("row") for verdict in verdicts] == [1, 2]
    assert verdicts == [tuili.judge(*PAIR).to_dict()] * 2
    assert run("judge", stdin=json.dumps(lines[1]) + "\n").returncode == 0


def test_a_file_gives_a_file(tmp_path):
    (tmp_path / "in.csv").write_text(f'premise,hypothesis\n"{PAIR[0]}","{PAIR[1]}"\n')
    done = run("judge", "--file", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out.jsonl"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 1
    line = json.loads((tmp_path / "out.jsonl").read_text())
    assert line.pop("row") == 2
    assert line == tuili.judge(*PAIR).to_dict()


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "labelled.jsonl"
    rows = [
        (*PAIR, "entailment"),
        (PAIR[0], "The man is awake.", "contradiction"),
        (PAIR[0], "He is tired.", "neutral"),
    ]
    rows += [(PAIR[0], "No label.", "-")]
    path.write_text(
        "".join(json.dumps(dict(zip(("premise", "hypothesis", "label"), row, strict=True))) + "\n" for row in rows)
    )
    return path


def test_evaluate_prints_what_the_contract_names(labelled):
    done = run("evaluate", str(labelled), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {"n", "accuracy", "macro_f1", "ece", "brier", "per_class", "answered_share", "model"} <= report.keys()
    assert report["n"] == 3
    assert report["model"] == tuili.load().model


def test_evaluate_writes_a_report(labelled, tmp_path):
    pytest.importorskip("matplotlib")
    done = run("evaluate", str(labelled), "--report", str(tmp_path / "report"))
    assert done.returncode == 0, done.stderr
    assert "macro avg" in done.stdout
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"report.json", "report.md", "confusion.png", "reliability.png"} <= names


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["judge", "only one"], ["HYPOTHESIS"]),
        (["judge", *PAIR, "--file", "x.jsonl", "--output", "y"], ["not both"]),
        (["judge", "--file", "x.jsonl"], ["--output"]),
        (["judge", *PAIR, "--output", "y"], ["--file"]),
        (["judge", *PAIR, "--model", "nothing"], ["hf:organisation/name"]),
        (["judge", *PAIR, "--threads", "0"], ["threads"]),
        (["judge", *PAIR, "--threads", "x"], ["threads", "integer"]),
        (["judge", "a", "b", "c"], ["c"]),
        (["nonsense"], ["nonsense"]),
        (["evaluate"], ["FILE"]),
    ],
)
def test_wrong_usage_exits_with_2(arguments, words):
    failed(run(*arguments), 2, *words)


def test_what_cannot_be_judged_exits_with_1_and_one_clear_line(tmp_path):
    """I2: hostile input on the command line."""
    failed(run("judge", "", "x"), 1, "premise", "empty")
    failed(run("judge", "x", " \t "), 1, "hypothesis")
    failed(run("judge", *PAIR, "--model", str(tmp_path)), 1)
    failed(run("judge", "--file", str(tmp_path / "none.jsonl"), "--output", str(tmp_path / "o")), 1, "none.jsonl")
    failed(run("judge", stdin=b'{"premise": "a", "hypothesis": "\\ud800"}\n'), 1, "surrogate")
    failed(run("judge", stdin=b"\xff\xfe\n"), 1, "UTF-8")
    failed(run("judge", stdin=b"[" * 100_000 + b"\n"), 1)
    failed(run("evaluate", str(tmp_path)), 1)
    (tmp_path / "bad.jsonl").write_text('{"premise": "a", "hypothesis": "b", "label": "maybe"}\n')
    failed(run("evaluate", str(tmp_path / "bad.jsonl")), 1, "row 1", "maybe")


@pytest.mark.skipif(os.name != "posix", reason="bytes in arguments")
def test_arguments_that_are_not_utf8_are_refused():
    command = [sys.executable.encode(), b"-m", b"tuili", b"judge", b"caf\xe9", b"coffee"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_rows_that_cannot_be_judged_are_recorded_where_that_is_wanted():
    done = run(
        "judge",
        "--on-error",
        "record",
        stdin='{"premise": "", "hypothesis": "b"}\n'
        + json.dumps(dict(zip(("premise", "hypothesis"), PAIR, strict=True))),
    )
    assert done.returncode == 0, done.stderr
    assert ["error" in json.loads(line) for line in done.stdout.splitlines()] == [True, False]


def test_a_reader_that_goes_away_causes_no_traceback():
    line = json.dumps(dict(zip(("premise", "hypothesis"), PAIR, strict=True)))
    command = f"yes '{line}' | head -2000 | {sys.executable} -m tuili judge | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["label"] == "entailment"


def test_the_version_is_the_package_version():
    assert run("--version").stdout.strip() == tuili.__version__


def test_a_pair_that_arrives_is_answered_before_the_next_one_is_written():
    command = [sys.executable, "-m", "tuili", "judge"]
    line = json.dumps(dict(zip(("premise", "hypothesis"), PAIR, strict=True))).encode() + b"\n"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for row in (1, 2):
            process.stdin.write(line)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["row"] == row
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")  # noqa: PTH110
@pytest.mark.parametrize("arguments", [PAIR, [*PAIR, "--json"]])
def test_a_full_disk_under_standard_output_is_one_clear_error(arguments):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "tuili", "judge", *arguments], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_file_run_says_how_to_go_on(tmp_path):
    pairs = [
        {"premise": f"A man is sleeping on bench {n}.", "hypothesis": f"Number {n} is asleep."} for n in range(9000)
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    command = [sys.executable, "-m", "tuili", "judge", "--file", "in.jsonl", "--output", "out.jsonl"]
    # whoever started the tests in the background may have left the signal ignored, and children inherit that
    default = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, preexec_fn=default) as process:
        while not (tmp_path / "out.jsonl.partial").exists():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert b"the same command goes on" in errors
    assert b"Traceback" not in errors
