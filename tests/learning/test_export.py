"""`tuili export`: what it writes, what it says, and that it refuses what is not equal."""

from __future__ import annotations

import json

import made_up_pairs
import numpy as np
import onnxruntime
import pytest
import tiny
from typer.testing import CliRunner

import tuili
from tuili.cli.app import app
from tuili.errors import BundleError, ModelError, UsageError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
onnx = pytest.importorskip("onnx")

from tuili.learning import export as module  # noqa: E402
from tuili.learning.export import Parity, export  # noqa: E402
from tuili.learning.row_int8 import quantise_rows  # noqa: E402


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A sequence classifier of random weights with its labels."""
    directory = made_up_pairs.write_base(tmp_path_factory.mktemp("export") / "model")
    torch.manual_seed(0)
    names = dict(enumerate(("contradiction", "entailment", "neutral")))
    config = transformers.BertConfig(
        vocab_size=len(tiny.vocabulary()),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=64,
        initializer_range=0.1,
        hidden_dropout_prob=0.5,
        id2label=names,
        label2id={name: column for column, name in names.items()},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(directory)
    return directory


def run(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_the_command_writes_a_directory_that_judges_alike(checkpoint, tmp_path):
    done = run(checkpoint, "--output", tmp_path / "out", "--no-check-labels", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["parity"]["agreement"] == 1.0
    assert found["parity"]["worst_log_prob"] < 1e-4  # with dropout it would be far from that
    assert found["labels"] == ["contradiction", "entailment", "neutral"]
    assert found["latency_ms"] > 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["joint.json", "model.onnx", "tokenizer.json"]
    pair = [("the man is sleeping", "the dog is running")]
    ours, theirs = (
        engine.judge(pair)[0].probabilities
        for engine in (tuili.load(tmp_path / "out"), tuili.load(checkpoint, check_labels=False))
    )
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_int8_is_smaller_and_says_how_far_it_is(checkpoint, tmp_path):
    plain = export(checkpoint, tmp_path / "a", check_labels=False)
    small = export(checkpoint, tmp_path / "b", precision="int8", check_labels=False)
    assert small.size < 0.5 * plain.size
    assert small.parity.worst_shift > plain.parity.worst_shift
    facts = json.loads((tmp_path / "b" / "joint.json").read_text())["facts"]
    assert facts["parity"]["agreement"] == small.parity.agreement
    assert str(tmp_path) not in (tmp_path / "b" / "joint.json").read_text()


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_an_export_that_judges_otherwise_is_refused_and_nothing_is_written(
    checkpoint, tmp_path, monkeypatch, precision
):
    traced = module._traced

    def spoiled(judge, example):
        model = onnx.load_from_string(traced(judge, example))
        head = next(tensor for tensor in model.graph.initializer if tensor.name.endswith("classifier.bias"))
        bias = onnx.numpy_helper.to_array(head) + np.array([3.0, 0.0, 0.0], np.float32)
        head.CopyFrom(onnx.numpy_helper.from_array(bias, head.name))
        return model.SerializeToString()

    monkeypatch.setattr(module, "_traced", spoiled)
    with pytest.raises(ModelError, match="nothing was written"):
        export(checkpoint, tmp_path / "out", precision=precision, check_labels=False)
    assert not (tmp_path / "out").exists()


def test_an_export_that_is_not_a_number_is_not_equal():
    with pytest.raises(ModelError, match="nothing was written"):
        Parity(1, 1.0, float("nan"), 0.0, 0.0).check("float32")
    with pytest.raises(ModelError, match="nothing was written"):
        Parity(1, 1.0, 0.0, float("nan"), 0.0).check("int8")


def test_a_checkpoint_whose_labels_are_in_doubt_is_not_exported(checkpoint, tmp_path):
    done = run(checkpoint, "--output", tmp_path / "out")
    assert done.exit_code == 1
    assert isinstance(done.exception, ModelError)
    assert not (tmp_path / "out").exists()


def test_usage(checkpoint, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UsageError, match="there already"):
        export(checkpoint, tmp_path / "full", check_labels=False)
    with pytest.raises(UsageError, match="float32, int8"):
        export(checkpoint, tmp_path / "out", precision="int4")
    with pytest.raises(BundleError, match="not a directory"):
        export(tmp_path / "nowhere", tmp_path / "out")


def test_a_row_of_an_int8_graph_does_not_depend_on_the_others():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(64, 96)).astype(np.float32)
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node("Identity", ["w"], ["v"]), helper.make_node("MatMul", ["x", "v"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", "t", 64])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", "t", 96])],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(quantise_rows(model.SerializeToString()), providers=["CPUExecutionProvider"])
    x = rng.normal(size=(4, 3, 64)).astype(np.float32)
    exact = x @ weights
    calm = session.run(None, {"x": x})[0]
    x[1] *= 1000
    x[3] = 0
    loud = session.run(None, {"x": x})[0]
    assert calm.shape == (4, 3, 96)
    assert calm[[0, 2]].tobytes() == loud[[0, 2]].tobytes()
    assert 0 < np.abs(calm - exact).max() < 0.06 * np.abs(exact).max()
    assert not loud[3].any()
