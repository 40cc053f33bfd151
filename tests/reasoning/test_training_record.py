"""`training.json` beside a checkpoint: when it is believed, and what follows."""

from __future__ import annotations

import json

import pytest

import tuili
from tuili.errors import LabelOrderError

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_checkpoint

from tuili.reasoning.training_record import config_digest, training_record
from tuili.types import THREE_WAY

PAIR = [("the man is asleep", "a man")]


@pytest.fixture(autouse=True)
def _one_thread():
    with tiny_checkpoint.threads(1):
        yield


@pytest.fixture
def checkpoint(tmp_path):
    return tiny_checkpoint.write_bert(tmp_path / "model")


def write_record(directory, **changes):
    record = {"labels": list(THREE_WAY), "config_sha256": config_digest(directory), "temperature": 3.0, **changes}
    (directory / "training.json").write_text(json.dumps(record), "utf-8")


def test_a_checkpoint_with_its_record_is_not_probed_and_has_its_temperature(checkpoint):
    plain = tuili.load(checkpoint, check_labels=False).judge(PAIR)[0]
    with pytest.raises(LabelOrderError):
        tuili.load(checkpoint)
    write_record(checkpoint)
    warm = tuili.load(checkpoint).judge(PAIR)[0]
    assert warm.label == plain.label
    assert warm.confidence < plain.confidence
    assert warm.model != plain.model  # another temperature is another model


def test_a_record_of_another_configuration_is_not_believed(checkpoint):
    write_record(checkpoint)
    tiny_checkpoint.edit_json(checkpoint / "config.json", id2label={"0": "neutral", "1": "entailment"})
    assert training_record(checkpoint) is None


def test_labels_that_the_caller_gives_otherwise_are_probed(checkpoint):
    write_record(checkpoint)
    with pytest.raises(LabelOrderError):
        tuili.load(checkpoint, labels=["neutral", "entailment", "contradiction"])


@pytest.mark.parametrize(
    "changes",
    [{"labels": ["a", "b", "c"]}, {"labels": 3}, {"temperature": 0}, {"temperature": True}, {"temperature": "1"}],
)
def test_a_record_that_can_not_be_is_not_believed(checkpoint, changes):
    write_record(checkpoint, **changes)
    assert training_record(checkpoint) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b" " * (2 << 20)])
def test_a_damaged_record_is_none(checkpoint, content):
    (checkpoint / "training.json").write_bytes(content)
    assert training_record(checkpoint) is None
