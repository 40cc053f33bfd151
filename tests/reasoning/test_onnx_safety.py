"""No ONNX model that keeps a weight anywhere but in its own bytes gets as far as ONNX Runtime (S4)."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import hostile_bundles as hostile
import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuili.errors import BundleError
from tuili.reasoning import onnx_safety
from tuili.reasoning.onnx_safety import CHILDREN, MAX_FIELDS, refuse_external_data

if TYPE_CHECKING:
    from pathlib import Path

    from google.protobuf.descriptor import Descriptor

X, Y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [4]) for name in "xy")


def model(*tensors: onnx.TensorProto, constant: onnx.TensorProto | None = None) -> onnx.ModelProto:
    nodes = [onnx.helper.make_node("Add", ["x", "w"], ["y"])]
    if constant is not None:
        nodes.insert(0, onnx.helper.make_node("Constant", [], ["w"], value=constant))
    graph = onnx.helper.make_graph(nodes, "g", [X], [Y], list(tensors))
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)


def weights(size: int = 4) -> onnx.TensorProto:
    return onnx.numpy_helper.from_array(np.arange(size, dtype=np.float32), "w")


def kept_out(location: str = "w.bin") -> onnx.TensorProto:
    tensor = onnx.TensorProto(dims=[4], data_type=onnx.TensorProto.FLOAT, name="w", data_location=1)
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def subgraph(tensor: onnx.TensorProto) -> onnx.ModelProto:
    branch = onnx.helper.make_graph([onnx.helper.make_node("Add", ["x", "w"], ["z"])], "b", [], [Y], [tensor])
    inner = onnx.helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    outer = onnx.helper.make_graph([inner], "b", [], [Y])
    whole = model()
    whole.graph.node.append(onnx.helper.make_node("If", ["c"], ["y"], then_branch=outer, else_branch=outer))
    return whole


def test_a_model_that_holds_its_weights_passes(tiny_directory: Path):
    refuse_external_data(model(weights()).SerializeToString())
    refuse_external_data(model(constant=weights()).SerializeToString())
    refuse_external_data(subgraph(weights()).SerializeToString())
    refuse_external_data((tiny_directory / "model.onnx").read_bytes())


def test_a_model_that_says_that_its_weights_are_where_they_always_are_passes():
    tensor = weights()
    tensor.data_location = onnx.TensorProto.DEFAULT
    refuse_external_data(model(tensor).SerializeToString())


@pytest.mark.parametrize(
    "model",
    [model(kept_out()), model(weights(), kept_out()), model(constant=kept_out()), subgraph(kept_out())],
    ids=["initializer", "second initializer", "attribute", "subgraph of a subgraph"],
)
def test_a_model_as_onnx_writes_it_with_a_weight_elsewhere_is_refused(model: onnx.ModelProto):
    with pytest.raises(BundleError, match="keeps weights in another file; allowed is one file that holds them all"):
        refuse_external_data(model.SerializeToString())


@pytest.mark.parametrize("case", [pytest.param(content, id=name) for name, content in hostile.external_models()])
def test_a_weight_elsewhere_is_refused_wherever_and_however_it_is_written(case: bytes):
    with pytest.raises(BundleError):
        refuse_external_data(case)


def test_every_message_of_onnx_that_can_lead_to_a_tensor_is_followed():
    """CHILDREN against the definition that the onnx package carries."""

    def leads_to_tensor(message: Descriptor, above: tuple[str, ...] = ()) -> bool:
        if message.name in above:
            return False
        inner = (field.message_type for field in message.fields if field.message_type)
        return message.name == "TensorProto" or any(leads_to_tensor(m, (*above, message.name)) for m in inner)

    def follow(message: Descriptor, found: dict[str, dict[int, str]]) -> dict[str, dict[int, str]]:
        if message.name not in found:
            fields = [f for f in message.fields if f.message_type and leads_to_tensor(f.message_type)]
            found[message.name] = {field.number: field.message_type.name for field in fields}
            for field in fields:
                follow(field.message_type, found)
        return found

    assert follow(onnx.ModelProto.DESCRIPTOR, {}) == CHILDREN


def test_onnx_runtime_itself_would_read_a_weight_from_the_current_directory(tmp_path: Path, monkeypatch):
    """Why this module exists. If it fails, ONNX Runtime has become safer, and the reason given there is out of date."""
    np.arange(4, dtype=np.float32).tofile(tmp_path / "w.bin")
    monkeypatch.chdir(tmp_path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model(kept_out()).SerializeToString(), options)
    (y,) = session.run(None, {"x": np.zeros(4, np.float32)})
    assert y.tolist() == [0, 1, 2, 3]


def test_onnx_runtimes_own_format_is_refused():
    with pytest.raises(BundleError, match="ONNX Runtime's own format; allowed is ONNX"):
        refuse_external_data(b"\x0a\x06\x00\x00ORTM" + model(weights()).SerializeToString())


@pytest.mark.parametrize(
    "content", [b"", b"\x08\x08", b"\x0a\x00", hostile.PICKLE, hostile.PICKLE_4, b"PK\x03\x04", b"{}"]
)
def test_what_is_no_onnx_model_is_refused(content: bytes):
    with pytest.raises(BundleError, match="not an ONNX model"):
        refuse_external_data(content)


def test_a_model_that_is_cut_short_is_refused_or_whole_as_far_as_it_goes():
    content = model(weights(), constant=weights()).SerializeToString()
    graph_ends = len(content) - len(b"\x42\x04\x0a\x00\x10\x11")  # the opset import comes last
    for length in range(graph_ends):
        with pytest.raises(BundleError):
            refuse_external_data(content[:length])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_pass_or_are_a_bundle_error(content: bytes):
    """I3."""
    assert hostile.attempt(refuse_external_data, content).startswith(("loaded", "BundleError: model.onnx "))


def test_no_damage_to_a_model_makes_the_check_miss_what_onnx_would_see():
    """Of 2,000 damaged models: whenever the onnx package sees a weight elsewhere, so do we."""
    draw = random.Random(7)
    sound = model(weights(), constant=kept_out("a")).SerializeToString()
    seen = 0
    for _ in range(2000):
        damaged = bytearray(sound)
        for _ in range(draw.choice([1, 1, 2, 4])):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            parsed = onnx.ModelProto.FromString(bytes(damaged))
        except Exception:  # noqa: BLE001, S112 - whatever onnx refuses is of no interest
            continue
        tensors = [*parsed.graph.initializer, *(a.t for node in parsed.graph.node for a in node.attribute)]
        if any(tensor.data_location or tensor.external_data for tensor in tensors):
            seen += 1
            with pytest.raises(BundleError):
                refuse_external_data(bytes(damaged))
    assert seen > 500


def test_weights_are_skipped_not_read():
    """25 MB take as many steps as 16 bytes; the bar is 50 ms."""
    large = model(weights(25 * 2**18)).SerializeToString()
    before = time.process_time()
    refuse_external_data(large)
    assert time.process_time() - before < 0.05


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x0a\x00" * 4_000_000,
        hostile.message((7, b"\x0a\x00" * 4_000_000)),
        b"\x08\x01" * 4_000_000,
        hostile.message((7, hostile.message((5, b"\x08\x01" * 4_000_000)))),
    ],
    ids=["empty fields", "empty nodes", "numbers", "dimensions"],
)
def test_a_model_of_millions_of_fields_is_refused_within_a_second(bomb: bytes):
    """I3."""
    before = time.process_time()
    with pytest.raises(BundleError, match=f"more than {MAX_FIELDS:,} fields"):
        refuse_external_data(bomb)
    assert time.process_time() - before < 1


def test_nesting_is_followed_without_recursion(monkeypatch):
    """20,000 deep; then deeper than there are steps for."""
    content = hostile.message((5, hostile.tensor((14, 1))))
    for _ in range(10_000):
        content = hostile.message((1, hostile.message((5, hostile.message((6, content))))))
    with pytest.raises(BundleError, match="keeps weights in another file"):
        refuse_external_data(hostile.message((7, content)))
    monkeypatch.setattr(onnx_safety, "MAX_FIELDS", 1000)
    with pytest.raises(BundleError, match="more than 1,000 fields"):
        refuse_external_data(hostile.message((7, content)))
