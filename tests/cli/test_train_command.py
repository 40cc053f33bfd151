"""`tuili train` as it is typed, and with two processes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
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


def started(place: Path, output: Path, *options: str, launch: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    files = ["--dev", str(place / "dev.jsonl"), "--base", str(place / "base"), "--output", str(output)]
    command = [sys.executable, *launch, "-m", "tuili", "train", str(place / "train.jsonl"), *files]
    quick = ["--rate", "1e-3", "--precision", "fp32", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*command, *quick], text=True, env=environment, **pipes)


def run(place: Path, output: Path, *options: str, launch: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    with started(place, output, *options, launch=launch) as process:
        said = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, *said)


def logged(output: Path) -> int:
    """How many steps its log tells of so far."""
    log = output.with_name(output.name + ".run") / "log.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


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


def test_a_task_from_a_card_is_typed_like_any_other(place, tmp_path):
    (tmp_path / "card.toml").write_text('kind = "text"\ntext = "{hypothesis}"\n')
    task = ["--task", str(tmp_path / "card.toml")]
    done = run(place, tmp_path / "out", *task, "--epochs", "2")
    assert done.returncode == 0, done.stderr
    assert "dev, 15 texts" in done.stdout
    assert (tmp_path / "out" / "model.safetensors").exists()
    (tmp_path / "card.toml").write_text('kind = "text"\nlable = "label"\n')
    done = run(place, tmp_path / "wrong", *task)
    assert done.returncode == 2
    assert "card.toml: unknown key 'lable'; a card of kind text may have kind, text, label, labels" in done.stderr
    assert "Traceback" not in done.stderr


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


@pytest.mark.slow
def test_a_run_that_is_killed_five_times_ends_with_the_bytes_of_one_that_was_not(place, tmp_path):
    """kill -9 after a number of further steps, drawn, and a moment, drawn too; then the same command with --resume."""
    options = ["--epochs", "12", "--batch-tokens", "128", "--save-every", "0", "--threads", "1"]
    whole = run(place, tmp_path / "whole", *options)
    assert whole.returncode == 0, whole.stderr
    steps = len(losses(tmp_path / "whole"))
    rng = random.Random(3)
    for _ in range(5):
        life = started(place, tmp_path / "killed", *options, "--resume")
        wanted = logged(tmp_path / "killed") + rng.randint(2, steps // 8)
        while logged(tmp_path / "killed") < wanted:
            assert life.poll() is None, life.communicate()
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
        life.kill()
        assert life.wait() == -signal.SIGKILL
        life.communicate()
    done = run(place, tmp_path / "killed", *options, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    assert 0 < json.loads(done.stdout)["resumed_at"] < steps
    assert (tmp_path / "killed" / "model.onnx").read_bytes() == (tmp_path / "whole" / "model.onnx").read_bytes()
    reports = [json.loads((tmp_path / f"{n}.run" / "reports" / "dev.json").read_text()) for n in ("whole", "killed")]
    assert {**reports[0], "model": ""} == {**reports[1], "model": ""}
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
