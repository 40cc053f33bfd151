from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

from tuili.errors import MissingExtra
from tuili.learning.outcome import Moment
from tuili.learning.tracking import JsonLines, trackers


def moment(step: int, **metrics: float) -> Moment:
    return Moment(step, 0, step / 10, 1.0 / step, 0.01, 0.5, 4, metrics)


def logged(directory) -> list[dict[str, float]]:
    return [json.loads(line) for line in (directory / "log.jsonl").read_text("utf-8").splitlines()]


def test_a_line_a_step(tmp_path):
    log = JsonLines(tmp_path)
    log.begin(0)
    log.add(moment(1))
    log.add(moment(2, dev_accuracy=0.5))
    assert [line["step"] for line in logged(tmp_path)] == [1, 2]
    assert logged(tmp_path)[1]["dev_accuracy"] == 0.5
    assert logged(tmp_path)[0]["loss"] == 1.0


def test_lines_after_the_step_that_a_run_goes_on_from_are_dropped_and_so_is_a_torn_one(tmp_path):
    log = JsonLines(tmp_path)
    log.begin(0)
    for step in (1, 2, 3):
        log.add(moment(step))
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    log = JsonLines(tmp_path)
    log.begin(2)
    log.add(moment(3))
    assert [line["step"] for line in logged(tmp_path)] == [1, 2, 3]


@pytest.mark.filterwarnings("ignore")
def test_tensorboard_gets_every_number(tmp_path):
    pytest.importorskip("tensorboard")
    logs = trackers("tensorboard", tmp_path, "name", {})
    for log in logs:
        log.begin(0)
        for step in (1, 2):
            log.add(moment(step, dev_accuracy=0.25))
        log.close()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.value for event in events.Scalars("loss")] == [1.0, 0.5]
    assert [event.step for event in events.Scalars("dev_accuracy")] == [1, 2]
    assert len(logged(tmp_path)) == 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_wandb_works_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    for name, value in {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}.items():
        monkeypatch.setenv(name, value)
    logs = trackers("wandb", tmp_path, "name", {"rate": 1e-3})
    for log in logs:
        log.begin(0)
        log.add(moment(1))
        log.close()
    assert list((tmp_path / "wandb").glob("offline-run-*"))


@pytest.mark.parametrize(("track", "module"), [("tensorboard", "torch.utils.tensorboard"), ("wandb", "wandb")])
def test_what_is_not_installed_is_told(tmp_path, monkeypatch, track, module):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(MissingExtra, match=rf'pip install "tuili\[{track}\]"'):
        trackers(track, tmp_path, "name", {})
