"""An exported graph in int8: every linear layer and embedding of a float ONNX model, one activation scale a *row*.

The runtime's own dynamic quantisation takes one scale a tensor, that is over the whole batch: a pair's probabilities
then depend on what shares its batch. Here each token has its own scale (LLM.int8, Dettmers et al. 2022, section 2.1),
weights have one a column and 7 bits, so that the 16-bit sums of processors without VNNI can't saturate; embeddings one
a row and 8 bits. `learning.graph` does the same for the prefix form, where it writes the whole graph itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tuili.learning.graph import CONTRIB, quantise_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_WEIGHTS = 4096
"""Smaller matrices stay as they are: they save nothing."""

HEAD_COLUMNS = 8
"""So do classification heads, whose few outputs are the result itself."""


class _Rewriter:
    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self.nodes: list[onnx.NodeProto] = []
        self.made: dict[str, onnx.TensorProto] = {}
        self.ready: dict[str, tuple[str, str, str]] = {}
        self.count = 0

    def whole(self) -> onnx.ModelProto:
        for node in self.model.graph.node:
            if not self._rewritten(node):
                self.nodes.append(node)
        used = {name for node in self.nodes for name in node.input}
        kept = [tensor for tensor in self.model.graph.initializer if tensor.name in used]
        graph = helper.make_graph(
            self.nodes,
            self.model.graph.name,
            self.model.graph.input,
            self.model.graph.output,
            [*kept, *self.made.values()],
        )
        opsets = [*self.model.opset_import, helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=self.model.ir_version, producer_name="tuili")

    def _rewritten(self, node: onnx.NodeProto) -> bool:
        if node.op_type == "Gather" and (table := self._matrix(node.input[0])) is not None:
            self._gather(node, table)
            return True
        if node.op_type == "MatMul" and (matrix := self._matrix(node.input[1])) is not None:
            self._product(node, matrix)
            return True
        return False

    def _matrix(self, name: str) -> NDArray[np.float32] | None:
        tensor = self.weights.get(name)
        if tensor is None or tensor.data_type != TensorProto.FLOAT or len(tensor.dims) != 2:
            return None
        if tensor.dims[0] * tensor.dims[1] < LEAST_WEIGHTS or tensor.dims[1] <= HEAD_COLUMNS:
            return None
        return np.asarray(numpy_helper.to_array(tensor), np.float32)

    def _gather(self, node: onnx.NodeProto, table: NDArray[np.float32]) -> None:
        if any(attribute.name == "axis" and attribute.i != 0 for attribute in node.attribute):
            self.nodes.append(node)
            return
        name, ids = node.input
        scale = np.maximum(np.abs(table).max(1, keepdims=True), 1e-12) / 127
        rows = self.put(f"{name}.int8", np.round(table / scale).astype(np.int8))
        scales = self.put(f"{name}.scale", scale.astype(np.float32))
        picked = self.node("Cast", self.node("Gather", rows, ids), to=TensorProto.FLOAT)
        self.node("Mul", picked, self.node("Gather", scales, ids), out=node.output[0])

    def _product(self, node: onnx.NodeProto, matrix: NDArray[np.float32]) -> None:
        x, name = node.input
        quantised, scale, shape = self._rows(x, matrix.shape[0])
        values, scales = quantise_columns(matrix)
        product = self.node(
            "MatMulIntegerToFloat",
            quantised,
            self.put(f"{name}.int8", values),
            self.put("one", np.array(1.0, np.float32)),
            self.put(f"{name}.scale", scales),
            self.put("zero_point", np.array(128, np.uint8)),
            domain=CONTRIB,
        )
        wide = self.node(
            "Concat", shape, self.put(f"width_{matrix.shape[1]}", np.array([matrix.shape[1]], np.int64)), axis=0
        )
        self.node("Reshape", self.node("Mul", product, scale), wide, out=node.output[0])

    def _rows(self, x: str, width: int) -> tuple[str, str, str]:
        """Activations as uint8 `(rows, width)`, their scales `(rows, 1)`, and the shape before the last axis."""
        if x not in self.ready:
            shape = self.node("Shape", x, start=0, end=-1)
            flat = self.node("Reshape", x, self.put(f"rows_{width}", np.array([-1, width], np.int64)))
            largest = self.node("ReduceMax", self.node("Abs", flat), axes=[-1], keepdims=1)
            floor = self.node("Max", largest, self.put("floor", np.array(1e-6, np.float32)))
            scale = self.node("Mul", floor, self.put("per_127", np.array(1 / 127, np.float32)))
            column = self.node("Squeeze", scale, self.put("axis_1", np.array([1], np.int64)))
            zeros = self.node("Expand", self.put("zero_point", np.array(128, np.uint8)), self.node("Shape", column))
            self.ready[x] = self.node("QuantizeLinear", flat, column, zeros, axis=0), scale, shape
        return self.ready[x]

    def node(self, op: str, *inputs: str, domain: str = "", out: str | None = None, **attributes: Any) -> str:
        self.count += 1
        name = out or f"row_int8_{self.count}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], domain=domain, **attributes))
        return name

    def put(self, name: str, array: NDArray[Any]) -> str:
        name = f"row_int8.{name}"
        if name not in self.made:
            self.made[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name


def quantise_rows(model: bytes) -> bytes:
    """A float ONNX model in int8. What is no product with a constant matrix, and no table, stays as it is."""
    # A tied or shared weight reaches its users through Identity nodes: look through them first.
    parsed = _without_identities(onnx.load_from_string(model))
    return bytes(_Rewriter(parsed).whole().SerializeToString())


def _without_identities(model: onnx.ModelProto) -> onnx.ModelProto:
    weights = {tensor.name for tensor in model.graph.initializer}
    same: dict[str, str] = {}
    nodes = []
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = same.get(name, name)
        if node.op_type == "Identity" and node.input[0] in weights:
            same[node.output[0]] = node.input[0]
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model
