"""`tuili train` as it is typed, and with two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

sys.path.insert(0, str(Path(__file__).parents[1] / "learning"))

import made_up_pairs


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("train")
    made_up_pairs.write(place / "train.jsonl", made_up_pairs.rows(60))
    made_up_pairs.write(place / "dev.jsonl", made_up_pairs.rows(15, seed=1))
    made_up_pairs.write_base(place / "base", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    return place


def run(place: Path, output: Path, *options: str, launch: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    files = ["--dev", str(place / "dev.jsonl"), "--base", str(place / "base"), "--output", str(output)]
    command = [sys.executable, *launch, "-m", "tuili", "train", str(place / "train.jsonl"), *files]
    quick = ["--rate", "1e-3", "--precision", "fp32", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.run([*command, *quick], capture_output=True, text=True, check=False, env=environment, timeout=300)


def losses(output: Path) -> list[float]:
    lines = (output.with_name(output.name + ".run") / "log.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["loss"] for line in lines]


def test_a_bundle_from_a_recipe_and_options_is_judged_with(place, tmp_path):
    (tmp_path / "recipe.toml").write_text("epochs = 9\nbatch-tokens = 128\n")
    recipe = ["--recipe", str(tmp_path / "recipe.toml"), "--epochs", "2", "--json"]
    done = run(place, tmp_path / "out", *recipe)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["output"] == str(tmp_path / "out")
    assert said["reports"]["dev"]["n"] == 15
    assert said["steps"] == len(losses(tmp_path / "out"))
    judged = [sys.executable, "-m", "tuili", "judge", "a man is asleep.", "a man.", "--model", str(tmp_path / "out")]
    assert subprocess.run(judged, capture_output=True, text=True, check=False).returncode == 0
    again = run(place, tmp_path / "out", *recipe)
    assert again.returncode == 2
    assert "holds something already" in again.stderr
    resumed = run(place, tmp_path / "out", *recipe, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["steps"] is None


def test_what_is_wrong_is_told_without_a_traceback(place, tmp_path):
    for options, code, words in (
        (["--form", "both"], 2, "form must be one of prefix, joint"),
        (["--precision", "fp16"], 2, "fp16 needs a GPU"),
        (["--rate", "1e30", "--warmup", "0"], 1, "is not finite; "),
    ):
        done = run(place, tmp_path / "out", *options)
        assert done.returncode == code, done.stderr
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    lacking = [sys.executable, "-m", "tuili", "train", str(place / "train.jsonl")]
    done = subprocess.run(lacking, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "missing: dev, base, output" in done.stderr


@pytest.mark.parametrize("launcher", ["torch.distributed.run", pytest.param("accelerate", marks=pytest.mark.slow)])
def test_two_processes_make_the_steps_of_one_with_twice_the_batches(place, tmp_path, launcher):
    """The loss curve is the same but for the order in which numbers are added; dropout is off."""
    options = ["--form", "joint", "--epochs", "2", "--batch-tokens", "128"]
    one = run(place, tmp_path / "one", *options, "--accumulate", "2")
    assert one.returncode == 0, one.stderr
    launch = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29517")
    if launcher == "accelerate":
        pytest.importorskip("accelerate")
        launch = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1")
        launch += ("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "29518")
    two = run(place, tmp_path / "two", *options, launch=launch)
    assert two.returncode == 0, two.stderr
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-4)
    assert len(losses(tmp_path / "one")) > 5
    weights = [(tmp_path / name / "config.json").read_text("utf-8") for name in ("one", "two")]
    assert weights[0] == weights[1]
    assert two.stdout.count("dev, 15 pairs") == 1
