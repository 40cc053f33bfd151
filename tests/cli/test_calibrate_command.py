"""`tuili calibrate`, and what `--max-risk` does with what it wrote."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "a the man woman dog cat is are was not sleeping running asleep outside inside two three in on park".split()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tuili", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(0)
    path = tmp_path_factory.mktemp("data") / "pairs.jsonl"
    rows = [
        {
            "premise": " ".join(rng.choices(WORDS, k=rng.randint(3, 12))),
            "hypothesis": " ".join(rng.choices(WORDS, k=5)),
            "label": rng.choice(["entailment", "neutral", "contradiction"]),
        }
        for _ in range(300)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_bundle_is_written_and_can_be_used(tiny_directory: Path, data: Path, tmp_path: Path):
    output = tmp_path / "b"
    done = run("calibrate", str(data), "--model", str(tiny_directory), "--output", str(output), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["n"], said["method"], said["alpha"]) == (300, "temperature", 0.1)
    risk = str(min(0.99, said["least_max_risk"] + 0.01))
    pair = ["the dog is outside", "a dog is inside"]
    judged = run("judge", *pair, "--model", str(output), "--max-risk", risk, "--json")
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)["model"] == said["model"]
    assert json.loads(judged.stdout)["label"] in json.loads(judged.stdout)["prediction_set"]
    shown = run("calibrate", str(data), "--model", str(tiny_directory), "--output", str(output), "--method", "isotonic")
    assert shown.returncode == 2  # half of 300 pairs are too few for it
    assert "at least 200 pairs" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["judge", "a dog", "a cat", "--max-risk", "0.05"], "can't show a risk of 0.05"),
        (["judge", "a dog", "a cat", "--max-risk", "x"], "max-risk"),
        (["calibrate"], "FILE"),
        (["calibrate", "x.jsonl"], "--output"),
        (["calibrate", "x.jsonl", "--output", "y", "--method", "platt"], "isotonic"),
        (["calibrate", "x.jsonl", "--output", "y", "--model", "hf:a/b"], "only a bundle"),
    ],
)
def test_wrong_usage_exits_with_2_and_one_clear_message(arguments: list[str], words: str):
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
