"""`tuili tune`: a study that goes on, a recipe that trains, trials that are cut short."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from importlib.util import find_spec

import made_up_pairs
import pytest
from typer.testing import CliRunner

import tuili
from tuili.cli.app import app
from tuili.errors import ResumeError, UsageError

pytest.importorskip("torch")
pytest.importorskip("transformers")
optuna = pytest.importorskip("optuna")

from tuili.learning.config import TrainConfig, read_recipe  # noqa: E402
from tuili.learning.tune import checked_space, defaults, read_space, space_for, tune  # noqa: E402

RATES = {"rate": {"low": 1e-7, "high": 3e-3, "log": True}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("tune")
    made_up_pairs.write(place / "train.jsonl", made_up_pairs.rows(60))
    made_up_pairs.write(place / "dev.jsonl", made_up_pairs.rows(30, seed=1))
    made_up_pairs.write_base(place / "base")
    (place / "all.toml").write_text('epochs = 2\nprecision = "fp32"\nbatch-tokens = 512\n')
    (place / "space.toml").write_text("[rate]\nlow = 1e-7\nhigh = 3e-3\nlog = true\n")
    return place


def common(place, **changes):
    given = {"file": place / "train.jsonl", "dev": place / "dev.jsonl", "base": str(place / "base"), "threads": 1}
    return {**given, "epochs": 2, "precision": "fp32", "batch_tokens": 512, **changes}


def test_a_study_goes_on_and_its_recipe_trains(place, tmp_path):
    study = tmp_path / "study.sqlite"
    first = tune(common(place), study, space=RATES, trials=1)
    assert first.finished == 1
    pictures = ["--plots", str(tmp_path / "plots")] if find_spec("matplotlib") else []
    files = [str(place / "train.jsonl"), "--dev", str(place / "dev.jsonl"), "--base", str(place / "base")]
    options = ["--recipe", str(place / "all.toml"), "--space", str(place / "space.toml"), "--threads", "1"]
    done = CliRunner().invoke(
        app, ["tune", *files, "--study", str(study), "--trials", "2", *options, *pictures, "--json"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["finished"] + found["pruned"] == 3
    assert found["accuracy"] >= first.accuracy
    if pictures:
        assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["history.png", "importance.png"]
    recipe = read_recipe(found["recipe"])
    assert recipe["rate"] == found["best"]["rate"]
    assert recipe["epochs"] == 2
    assert not list((tmp_path / "study.sqlite.trials").iterdir())
    output = tuili.train({**recipe, **common(place, rate=recipe["rate"]), "output": tmp_path / "out"})
    report = json.loads((tmp_path / "out.run" / "reports" / "dev.json").read_text())
    assert output.exists()
    assert report["accuracy"] == pytest.approx(found["accuracy"], abs=0.1)  # int8 and all
    with pytest.raises(ResumeError, match="another space"):
        tune(common(place, epochs=3), study, space=RATES, trials=1)


def test_the_first_trial_has_the_defaults(place, tmp_path):
    space = {"rate": {"low": 1e-6, "high": 1e-2, "log": True}, "warmup": {"low": 0.0, "high": 0.2}}
    found = tune(common(place, epochs=1), tmp_path / "study.sqlite", space=space, trials=1)
    plain = TrainConfig.of({**common(place), "output": "x"})
    assert found.best == {"rate": 1e-4, "warmup": plain.warmup}
    again = tune(common(place, epochs=1), tmp_path / "study.sqlite", space=space, trials=1)
    assert again.accuracy >= found.accuracy
    narrow = {"rate": {"low": 1e-7, "high": 1e-6, "log": True}, "decay": {"choices": ["cosine"]}}
    assert defaults(plain, 1e-4, {**narrow, "epochs": {"low": 1, "high": 4}, "patience": {"low": 1, "high": 2}}) == {
        "epochs": 2
    }


def test_a_trial_that_lags_behind_is_cut_short(place, tmp_path, monkeypatch):
    monkeypatch.setattr(optuna.trial.Trial, "should_prune", lambda self: self.number == 1)
    found = tune(common(place), tmp_path / "study.sqlite", space=RATES, trials=2)
    assert (found.finished, found.pruned) == (1, 1)


@pytest.mark.parametrize(
    "space",
    [
        {},
        {"rate": 3},
        {"rate": {"low": 1.0}},
        {"rate": {"low": 2.0, "high": 1.0}},
        {"rate": {"low": 1, "high": 2.0}},
        {"rate": {"low": 0.0, "high": 2.0, "log": True}},
        {"decay": {"choices": []}},
    ],
)
def test_a_space_that_can_not_be_is_refused(space):
    with pytest.raises(UsageError, match="space"):
        checked_space(space)


@pytest.mark.slow
def test_a_study_whose_process_is_killed_goes_on(place, tmp_path):
    """kill -9 in the middle of a trial; the next call keeps what was finished, and adds to it."""
    study = tmp_path / "study.sqlite"
    files = [str(place / "train.jsonl"), "--dev", str(place / "dev.jsonl"), "--base", str(place / "base")]
    options = ["--recipe", str(place / "all.toml"), "--space", str(place / "space.toml"), "--threads", "1"]
    command = [sys.executable, "-m", "tuili", "tune", *files, "--study", str(study), "--trials", "50", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as life:
        while finished(study) < 2:
            assert life.poll() is None, life.stderr.read()
            time.sleep(0.01)
        life.kill()
    before = finished(study)
    found = tune(common(place), study, space=RATES, trials=1)
    assert found.finished + found.pruned == before + 1
    assert read_recipe(found.recipe)["rate"] == found.best["rate"]


def finished(study):
    """How many trials the study's file tells the end of."""
    if not study.exists():
        return 0
    with closing(sqlite3.connect(f"file:{study}?mode=ro", uri=True, timeout=60)) as connection:
        try:
            query = "SELECT count(*) FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
            return connection.execute(query).fetchone()[0]
        except sqlite3.OperationalError:  # its tables are being made
            return 0


def test_importance_finds_the_option_that_decides():
    from tuili.learning.tune_plots import draw_history, draw_importance, importance

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: -abs(trial.suggest_float("rate", 0, 1) - 0.3) + 0 * trial.suggest_int("n", 1, 9), 40)
    shares = importance(study)
    assert max(shares, key=shares.get) == "rate"
    assert sum(shares.values()) == pytest.approx(1)
    pytest.importorskip("matplotlib")
    drawn = [draw_importance(shares, finished=40), draw_history([0, 1, 3], [0.5, 0.4, 0.7]), draw_history([0], [0.5])]
    assert all(picture.startswith(b"\x89PNG") for picture in drawn)
    assert drawn[1] == draw_history([0, 1, 3], [0.5, 0.4, 0.7]) != drawn[2]


def test_a_task_without_accuracy_is_not_tuned(place, tmp_path):
    (tmp_path / "card.toml").write_text('kind = "regression"')
    with pytest.raises(UsageError, match="compared by accuracy, and a task of kind regression has none"):
        tune(common(place, task=tmp_path / "card.toml"), tmp_path / "study.sqlite", space=RATES)
    assert not (tmp_path / "study.sqlite").exists()


def test_what_can_not_be_is_said_before_the_first_trial(place, tmp_path):
    study = tmp_path / "study.sqlite"
    for changes, space, said in (
        ({}, {"colour": {"choices": ["red"]}}, "unknown option"),
        ({"rate": 1e-3}, RATES, "both given and searched"),
        ({}, {"decay": {"choices": ["up"]}}, "decay must be one of"),
    ):
        with pytest.raises(UsageError, match=said):
            tune(common(place, **changes), study, space=space)
    assert not study.exists()
    with pytest.raises(UsageError, match=r"there is no directory .*; make it first"):
        tune(common(place), tmp_path / "no" / "study.sqlite", space=RATES)
    assert not (tmp_path / "no").exists()
    study.write_text("notes")
    with pytest.raises(UsageError, match="no SQLite file"):
        tune(common(place), study, space=RATES)
    (tmp_path / "bad.toml").write_text("= 3")
    with pytest.raises(UsageError, match="TOML"):
        read_space(tmp_path / "bad.toml")


@pytest.mark.parametrize("changes", [{}, {"form": "joint"}, {"form": "joint", "adapter": "lora"}])
def test_the_space_that_ships_is_of_options_that_training_has(place, changes):
    files = {"file": "a", "dev": "b", "base": "./c", "output": "d", **changes}
    plain = TrainConfig.of(files)
    rate = plain.rate_for(10**6)
    space = checked_space(space_for(rate))
    assert set(defaults(plain, rate, space)) == set(space)
    assert "warmup" not in space_for(rate, {"warmup"})
    for name, table in space.items():
        for value in table.get("choices", [table.get("low"), table.get("high")]):
            TrainConfig.of({**files, name: value})
