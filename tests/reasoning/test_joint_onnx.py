"""Exported joint models at work: the contract, agreement with torch, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from contract import BackendContract, made_up_pairs

import tuili
from tuili.errors import BundleError, UsageError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx")

import tiny_checkpoint  # noqa: E402 - it needs both

from tuili.learning.export import export  # noqa: E402
from tuili.reasoning.checkpoint import Checkpoint  # noqa: E402
from tuili.reasoning.joint_onnx import JointOnnx  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with tiny_checkpoint.threads(1):
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def checkpoint(place):
    return tiny_checkpoint.write_bert(place / "bert", hidden_size=64, intermediate_size=64)


@pytest.fixture(scope="module")
def exported(place, checkpoint):
    return export(checkpoint, place / "float32", check_labels=False).path


@pytest.fixture(scope="module")
def quantised(place, checkpoint):
    return export(checkpoint, place / "int8", precision="int8", check_labels=False).path


class TestFloat32(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, exported):
        return JointOnnx.open(exported, threads=2)

    def test_it_scores_as_torch_does(self, backend, checkpoint, pairs):
        expected = Checkpoint.load(checkpoint, check_labels=False).score(pairs)
        np.testing.assert_allclose(backend.score(pairs), expected, atol=2e-5)


class TestInt8(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, quantised):
        return JointOnnx.open(quantised, threads=2)

    def test_it_scores_about_as_torch_does_but_not_the_same(self, backend, checkpoint, pairs):
        expected = Checkpoint.load(checkpoint, check_labels=False).score(pairs)
        shift = np.abs(np.exp(backend.score(pairs)) - np.exp(expected))
        assert 0 < shift.mean() < 0.04  # of weights drawn this wide; trained ones are calmer


@pytest.mark.parametrize("family", ["Roberta", "Bart"])
def test_other_families_can_be_exported(tmp_path, family):
    source = tiny_checkpoint.write_roberta(tmp_path / "source", family=family)
    backend = JointOnnx.open(export(source, tmp_path / "out", check_labels=False).path, threads=1)
    pairs = made_up_pairs(6)
    np.testing.assert_allclose(
        backend.score(pairs), Checkpoint.load(source, check_labels=False).score(pairs), atol=5e-5
    )


def test_the_address_of_a_directory_opens_it_without_torch(exported):
    code = (
        "import sys, tuili; engine = tuili.load(sys.argv[1], threads=1)\n"
        "print(engine.judge([('the man is asleep', 'a man')])[0].model)\n"
        "print('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(exported)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].startswith("float32@")
    assert done.stdout.splitlines()[1] == "False"


def test_the_temperature_is_applied(exported, tmp_path):
    shutil.copytree(exported, tmp_path / "warm")
    manifest = json.loads((tmp_path / "warm" / "joint.json").read_text())
    (tmp_path / "warm" / "joint.json").write_text(json.dumps({**manifest, "temperature": 4.0}))
    pair = [("the man is asleep", "a man")]
    plain, warm = (tuili.load(path, threads=1).judge(pair)[0] for path in (exported, tmp_path / "warm"))
    assert warm.label == plain.label
    assert warm.confidence < plain.confidence


@pytest.mark.parametrize("name", ["joint.json", "model.onnx", "tokenizer.json"])
def test_a_damaged_or_missing_file_is_refused_by_name(exported, tmp_path, name):
    shutil.copytree(exported, tmp_path / "copy")
    content = bytearray((tmp_path / "copy" / name).read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4] = b"\x00\x01\x02\x03"
    (tmp_path / "copy" / name).write_bytes(content)
    with pytest.raises(BundleError, match=name):
        tuili.load(tmp_path / "copy", labels=None)
    if name != "joint.json":
        (tmp_path / "copy" / name).unlink()
        with pytest.raises(BundleError, match=name):
            tuili.load(tmp_path / "copy")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"labels": ["entailment", "neutral", "neutral"]},
        {"labels": [["entailment"], "neutral", "contradiction"]},
        {"inputs": ["attention_mask"]},
        {"inputs": [1, "input_ids"]},
        {"temperature": 0},
        {"temperature": "warm"},
        {"temperature": float("nan")},
        {"files": {}},
        {"files": {"model.onnx": 1, "tokenizer.json": []}},
        {"padding_side": "top"},
        {"positions": True},
        {"positions": 3},
        {"pad": "0"},
        {"unknown": 1.5},
        {"name": "a\nb"},
        {"more": 1},
    ],
)
def test_a_manifest_that_can_not_be_is_refused(exported, tmp_path, changes):
    shutil.copytree(exported, tmp_path / "copy")
    manifest = json.loads((tmp_path / "copy" / "joint.json").read_text())
    (tmp_path / "copy" / "joint.json").write_text(json.dumps({**manifest, **changes}))
    with pytest.raises(BundleError):
        tuili.load(tmp_path / "copy")


def test_what_an_export_does_not_know_is_said(exported):
    with pytest.raises(UsageError, match="knows the order"):
        tuili.load(exported, labels=["entailment", "neutral", "contradiction"])
    with pytest.raises(UsageError, match="does not know its risk"):
        tuili.load(exported, max_risk=0.1)
