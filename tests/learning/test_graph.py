from __future__ import annotations

import numpy as np
import onnx
import pytest
import tiny

from tuili.engine.load import load
from tuili.learning.graph import WEIGHT_LIMIT, build_graph, quantise_columns
from tuili.types import Pair

PAIRS = [
    Pair("a man is sleeping outside.", "a person is asleep."),
    Pair("the dog was running in the park, a cat on two.", "the cat is not outside."),
    Pair("a", "a"),
    Pair("three dog was asleep on a person in a park outside.", "the woman is inside the park."),
]


def torch_log_probs(pairs: list[Pair]) -> np.ndarray:
    """The same weights through `PrefixModel`."""
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer

    from tuili.learning.prefix import PackedRows, PairBatch, PrefixModel

    model = PrefixModel(tiny.config()).eval()
    model.load_state_dict({name: torch.from_numpy(array) for name, array in tiny.tensors().items()})
    tokenizer = Tokenizer.from_str(tiny.tokenizer_json().decode())
    sides = [[encoding.ids for encoding in tokenizer.encode_batch([pair[side] for pair in pairs])] for side in (0, 1)]
    order = torch.arange(len(pairs))
    batch = PairBatch(PackedRows.of(sides[0]), PackedRows.of(sides[1]), order, order, torch.ones(len(pairs)))
    with torch.no_grad():
        return np.asarray(model(batch).log_softmax(-1))


def engine_log_probs(directory, pairs: list[Pair]) -> np.ndarray:
    readings = load(str(directory), threads=1)._reader.read(pairs)
    return np.stack([reading.log_probs[0] for reading in readings])


def test_the_float32_graph_agrees_with_torch_to_1e4_in_log_probability(tmp_path):
    tiny.write(tmp_path / "b", "float32")
    assert np.abs(engine_log_probs(tmp_path / "b", PAIRS) - torch_log_probs(PAIRS)).max() < 1e-4


def test_the_int8_graph_stays_close_to_float32(tmp_path):
    tiny.write(tmp_path / "a", "int8")
    tiny.write(tmp_path / "b", "float32")
    int8, float32 = (engine_log_probs(tmp_path / name, PAIRS) for name in "ab")
    assert np.abs(np.exp(int8) - np.exp(float32)).max() < 0.08
    assert not np.array_equal(int8, float32)


def test_the_hypothesis_matters_and_so_does_the_premise(tmp_path):
    tiny.write(tmp_path / "b")
    a, b, c = engine_log_probs(
        tmp_path / "b",
        [PAIRS[0], Pair(PAIRS[0].premise, PAIRS[1].hypothesis), Pair(PAIRS[1].premise, PAIRS[0].hypothesis)],
    )
    assert np.abs(a - b).max() > 1e-3
    assert np.abs(a - c).max() > 1e-3


def test_weights_stand_in_the_file_once(tmp_path):
    model = onnx.load_model_from_string(build_graph(tiny.tensors(), tiny.config(), "int8"))
    names = [tensor.name for tensor in model.graph.initializer]
    assert len(names) == len(set(names))
    branches = [attribute.g for node in model.graph.node if node.op_type == "If" for attribute in node.attribute]
    assert len(branches) == 2
    assert all(not branch.initializer for branch in branches)


def test_no_operator_takes_a_scale_over_the_batch():
    """D2: the dynamic quantisers of ONNX take one scale a tensor, which lets one text move another's verdict."""
    model = onnx.load_model_from_string(build_graph(tiny.tensors(), tiny.config(), "int8"))
    branches = [attribute.g for node in model.graph.node if node.op_type == "If" for attribute in node.attribute]
    operators = {node.op_type for branch in branches for node in branch.node}
    assert "MatMulIntegerToFloat" in operators
    assert not operators & {"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "MatMulInteger"}


def test_seven_bit_weights_cannot_saturate_sums_of_two_products():
    matrix = np.random.default_rng(0).standard_normal((64, 32)).astype(np.float32)
    values, scale = quantise_columns(matrix)
    assert np.abs(values).max() == WEIGHT_LIMIT
    assert 255 * WEIGHT_LIMIT * 2 < 2**15
    assert np.abs(values * scale - matrix).max() <= scale.max() / 2 + 1e-6


def test_a_premise_key_that_is_masked_changes_the_verdict_and_padding_does_not(tiny_engine):
    backend = tiny_engine._reader.backend
    ids = backend.tokeniser.ids_of([PAIRS[0].premise, PAIRS[0].hypothesis])
    percept = backend.perceive([ids[0]])[0]
    log_probs = backend.score_percepts([percept], [ids[1]], [0])
    hidden = type(percept)(percept.states, percept.length - 2)
    assert np.abs(backend.score_percepts([hidden], [ids[1]], [0]) - log_probs).max() > 1e-4
