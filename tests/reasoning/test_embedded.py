"""The embedded back end under the contract that joint back ends keep, and what is its own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import tiny
from contract import BackendContract, made_up_pairs, same_bits

from tuili.bundle import Bundle, write_bundle
from tuili.errors import BundleError, InvalidText
from tuili.perception.sentences import split_sentences
from tuili.perception.windows import coverage, cut_windows
from tuili.reasoning.embedded import SHARED, Embedded, canonical_length
from tuili.types import Span


class AsJoint:
    """A prefix back end behind the protocol of joint ones: it perceives and reasons at each call."""

    def __init__(self, backend):
        self.backend = backend
        self.name = backend.name
        self.labels = backend.labels

    def score(self, pairs):
        ids = self.backend.tokeniser.ids_of([text for pair in pairs for text in pair])
        percepts = self.backend.perceive([np.array(premise, np.int32) for premise in ids[::2]])
        return self.backend.score_percepts(percepts, ids[1::2], range(len(pairs)))

    def windows(self, premise):
        tokens = self.backend.tokeniser.encode(premise)
        size, overlap = self.backend.premise_window, self.backend.overlap
        windows = cut_windows(tokens, split_sentences(premise), size=size, overlap=overlap)
        if len(windows) == 1:
            return [Span(0, len(premise))]
        # the tokeniser leaves out what it throws away: here each window reaches to where the next one begins
        ends = [max(w.span.end, n.span.start) for w, n in pairwise(windows)] + [len(premise)]
        return [Span(window.span.start, end) for window, end in zip(windows, ends, strict=True)]

    def check_hypothesis(self, hypothesis):
        if len(self.backend.tokeniser.ids_of([hypothesis])[0]) > self.backend.hypothesis_window:
            raise InvalidText("the hypothesis is too long")

    def coverage(self, premise):
        return coverage(premise, self.backend.tokeniser.encode(premise))


@pytest.fixture(scope="module")
def embedded(tiny_directory):
    return Embedded(Bundle.open(tiny_directory), threads=1)


class TestContract(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tiny_directory):
        return AsJoint(Embedded(Bundle.open(tiny_directory), threads=2))


class TestContractInFloat32(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tmp_path_factory):
        return AsJoint(Embedded(tiny.write(tmp_path_factory.mktemp("bundles") / "b", "float32"), threads=1))


def test_a_percept_serves_any_number_of_hypotheses_with_the_same_bits(embedded):
    ids = embedded.tokeniser.ids_of([text for pair in made_up_pairs(SHARED * 3) for text in pair])
    percept = embedded.perceive([np.array(ids[0], np.int32)])
    hypotheses = ids[1::2]
    together = embedded.score_percepts(percept, hypotheses, [0] * len(hypotheses))
    alone = np.concatenate([embedded.score_percepts(percept, [h], [0]) for h in hypotheses])
    assert same_bits(together, alone)


def test_percepts_of_the_int8_model_take_half_the_memory(embedded, tmp_path):
    other = Embedded(tiny.write(tmp_path / "b", "float32"), threads=1)
    window = [np.arange(5, 15, dtype=np.int32)]
    assert 2 * embedded.perceive(window)[0].nbytes == other.perceive(window)[0].nbytes


@pytest.mark.parametrize(
    ("tokens", "padded"), [(3, 4), (4, 4), (5, 6), (32, 32), (33, 36), (64, 64), (65, 72), (256, 256)]
)
def test_a_text_is_padded_to_the_length_that_its_own_length_prescribes(tokens, padded):
    assert canonical_length(tokens) == padded


def test_padding_wastes_an_eighth_at_most_or_one_token():
    assert all(canonical_length(n) - n <= max(1, n / 8) for n in range(1, 3000))


@pytest.mark.parametrize("model", [b"", b"not a model", b"\x08\x08"])
def test_a_model_that_onnx_runtime_cannot_read_is_a_bundle_error(tmp_path, model):
    files = {"model.onnx": model or b"\0", "tokenizer.json": tiny.tokenizer_json()}
    bundle = write_bundle(tmp_path / "b", tiny.manifest("int8"), files)
    with pytest.raises(BundleError):
        Embedded(bundle, threads=1)


def test_a_model_of_another_kind_is_a_bundle_error(tmp_path):
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    files = {"model.onnx": model, "tokenizer.json": tiny.tokenizer_json()}
    with pytest.raises(BundleError, match="prefix-form"):
        Embedded(write_bundle(tmp_path / "b", tiny.manifest("int8"), files), threads=1)
