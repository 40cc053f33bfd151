"""The prefix form as an ONNX graph: one file that perceives premises and reasons about hypotheses.

The graph has two branches over the same weights and picks one by the length of the percept it is handed
(`If`): none yet, so perceive; some, so reason. Inputs, with `g` premises, `m` hypotheses each, `t` tokens
(padded), `p` premise tokens (padded), `L` layers, `H` heads, `d` numbers a head:

    ids           int64    (g, m, t)                m = 1 when perceiving
    mask          float32  (g, m, t)                1 for a token, 0 for padding
    percept       Percept  (g, L, 2, H, p, d)       p = 0 when perceiving
    percept_mask  float32  (g, m or 1, p)           0 for padding, and for tokens to be hidden

Outputs: `percept_out` (as `percept`; empty when reasoning), `log_probs` `(g * m, labels)` (empty when perceiving).

Linear layers in int8 take one activation scale a *row* (LLM.int8, Dettmers et al. 2022, section 2.1), not one
a tensor: no text's result can then depend on what shares its batch. Weights use one scale a column and
7 bits, so that the 16-bit sums of processors without VNNI can't saturate: 255 * 64 * 2 < 2 ** 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tuili.learning.prefix_config import PrefixConfig

CONTRIB = "com.microsoft"
OPSETS = (helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1))
WEIGHT_LIMIT = 64  # 7 bits
GELU_FLOOR = 0.17  # gelu(x) > -0.17 for every x
GELU_ZERO = 24  # of the 8 bits for what came out of a gelu, the steps below zero
MASKED = 1e4


@dataclass(frozen=True, slots=True)
class Rows:
    """Activations ready for integer products: `(values - zero) * scale`."""

    values: str  # uint8 (rows, k)
    scale: str  # float32 (rows, 1)
    zero: str  # uint8 scalar


class Weights:
    """The initialisers, shared by both branches."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]], *, int8: bool) -> None:
        self.tensors = tensors
        self.int8 = int8
        self.initialisers: dict[str, onnx.TensorProto] = {}

    def constant(self, value: object, dtype: type = np.float32) -> str:
        array: NDArray[np.generic] = np.asarray(value, dtype)
        name = f"{array.dtype.name}_{'x'.join(map(str, array.shape))}_{array.ravel().tolist()}"
        return self.put(name, array)

    def put(self, name: str, array: NDArray[np.generic]) -> str:
        if name not in self.initialisers:
            self.initialisers[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def tensor(self, name: str) -> str:
        return self.put(name, self.tensors[name])

    def matrix(self, name: str) -> NDArray[np.float32]:
        """A linear layer's weight as `(k, n)`."""
        return self.tensors[f"{name}.weight"].T

    def bias(self, name: str) -> NDArray[np.float32]:
        return self.tensors[f"{name}.bias"]


def attention_apart(tensors: Mapping[str, NDArray[np.float32]], config: PrefixConfig) -> dict[str, NDArray[np.float32]]:
    """The same network in fewer passes: queries, keys and values as layers of their own, and few biases left.

    Attention's scale is folded into the queries, and only they keep a bias. One among the keys adds the same to all
    scores of a query, of which softmax takes no notice; and since attention's weights sum to 1, the values' goes
    through to the output, into the bias there. The bias of the second feed-forward layer stands in the norm before the
    first, from where the residual brings it; the first layer's bias takes back what it adds there.
    """
    apart = dict(tensors)
    for layer in range(config.layers):
        name = f"layers.{layer}"
        query, key, value = np.split(apart.pop(f"{name}.qkv.weight"), 3)
        query_bias, _, value_bias = np.split(apart.pop(f"{name}.qkv.bias"), 3)
        scale = config.head_size**-0.5
        through = apart[f"{name}.attention_out.weight"].astype(np.float64) @ value_bias
        last_bias = apart.pop(f"{name}.feed_out.bias")
        added = apart[f"{name}.feed_in.weight"].astype(np.float64) @ last_bias
        apart |= {
            f"{name}.attention_norm.bias": apart[f"{name}.attention_norm.bias"] + last_bias,
            f"{name}.feed_in.bias": (apart[f"{name}.feed_in.bias"] - added).astype(np.float32),
            f"{name}.query.weight": (query * scale).astype(np.float32),
            f"{name}.query.bias": (query_bias * scale).astype(np.float32),
            f"{name}.key.weight": key,
            f"{name}.value.weight": value,
            f"{name}.attention_out.bias": (apart[f"{name}.attention_out.bias"] + through).astype(np.float32),
        }
    return apart


def quantise_columns(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """7-bit integers and one scale a column. *Shape:* `(k, n)` to `(k, n)`, `(n,)`."""
    scale = np.maximum(np.abs(matrix).max(0), 1e-12) / WEIGHT_LIMIT
    return np.round(matrix / scale).astype(np.int8), scale.astype(np.float32)


class Branch:
    """The nodes of one branch, written in the order in which they run."""

    def __init__(self, weights: Weights, config: PrefixConfig, prefix: str) -> None:
        self.weights = weights
        self.config = config
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.outputs: tuple[str, str] = ("", "")  # percept, log-probabilities
        self._shapes: dict[tuple[int | str, ...], str] = {}
        self._zeros: dict[int, str] = {}

    def node(self, op: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: object) -> str:
        return self.node_many(op, *inputs, domain=domain, outputs=outputs, **attributes)[0]

    def node_many(
        self, op: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: object
    ) -> tuple[str, ...]:
        names = tuple(f"{self.prefix}_{len(self.nodes)}_{index}" for index in range(outputs))
        self.nodes.append(helper.make_node(op, list(inputs), list(names), domain=domain, **attributes))
        return names

    def ints(self, *values: int) -> str:
        return self.weights.constant(values, np.int64)

    def reshape(self, x: str, shape: Sequence[int | str]) -> str:
        """`Reshape` to sizes that are numbers, or names of int64 tensors `(1,)`."""
        if all(isinstance(size, int) for size in shape):
            return self.node("Reshape", x, self.ints(*(int(size) for size in shape)))
        if tuple(shape) not in self._shapes:
            parts = [size if isinstance(size, str) else self.ints(size) for size in shape]
            self._shapes[tuple(shape)] = self.node("Concat", *parts, axis=0)
        return self.node("Reshape", x, self._shapes[tuple(shape)])

    def size(self, x: str, axis: int) -> str:
        return self.node("Shape", x, start=axis, end=axis + 1)

    # linear layers

    def rows(self, x: str) -> Rows:
        """One symmetric scale a row. That of a row of zeros is 0, and so, whatever its integers, is its product."""
        largest = self.node("ReduceMax", self.node("Abs", x), axes=[-1], keepdims=1)
        return self.quantise(x, self.node("Mul", largest, self.weights.constant(1 / 127)), 128)

    def gelu_rows(self, x: str) -> Rows:
        """One scale a row for what came out of a gelu: what little there is below zero gets a few steps."""
        largest = self.node("ReduceMax", x, axes=[-1], keepdims=1)
        scale = self.node("Mul", largest, self.weights.constant(1 / (255 - GELU_ZERO)))
        scale = self.node("Max", scale, self.weights.constant(GELU_FLOOR / GELU_ZERO))
        return self.quantise(x, scale, GELU_ZERO)

    def quantise(self, x: str, scale: str, zero: int) -> Rows:
        """`round(x / scale) + zero`, one scale a row. *Shape:* `(rows, k)`, `(rows, 1)` to `(rows, k)`."""
        flat = self.node("Squeeze", scale, self.ints(1))
        point = self.weights.constant(zero, np.uint8)
        if zero not in self._zeros:  # all of a branch has the same number of rows
            self._zeros[zero] = self.node("Expand", point, self.node("Shape", flat))
        return Rows(self.node("QuantizeLinear", x, flat, self._zeros[zero], axis=0), scale, point)

    def product(self, x: str | Rows, name: str) -> str:
        """A linear layer without its bias."""
        matrix = self.weights.matrix(name)
        if isinstance(x, str):
            return self.node("MatMul", x, self.weights.put(f"{name}.matrix", matrix))
        values, scale = quantise_columns(matrix)
        product = self.node(
            "MatMulIntegerToFloat",
            x.values,
            self.weights.put(f"{name}.int8", values),
            self.weights.constant(1.0),
            self.weights.put(f"{name}.scale", scale),
            x.zero,
            domain=CONTRIB,
        )
        return self.node("Mul", product, x.scale)

    def bias(self, name: str) -> str:
        return self.weights.put(f"{name}.bias", self.weights.bias(name))

    def ready(self, x: str, *, gelu: bool = False) -> str | Rows:
        if not self.weights.int8:
            return x
        return self.gelu_rows(x) if gelu else self.rows(x)

    # the encoder

    def embed(self, ids: str, token_type: int, *more: str) -> str:
        """Sum of word, position and type embeddings, and of `more`, normalised.

        *Shape:* `ids` `(g, m, t)`, `more` and what comes back `(g * m * t, hidden)`.
        """
        hidden = self.config.hidden
        flat = self.reshape(ids, [-1])
        if self.weights.int8:
            words = self.weights.tensors["words.weight"]
            scale = np.maximum(np.abs(words).max(1, keepdims=True), 1e-12) / 127
            values = np.round(words / scale).astype(np.int8)
            picked = self.node("Cast", self.node("Gather", self.weights.put("words.int8", values), flat), to=1)
            scales = self.weights.put("words.scale", scale.astype(np.float32))
            embedded = self.node("Mul", picked, self.node("Gather", scales, flat))
        else:
            embedded = self.node("Gather", self.weights.tensor("words.weight"), flat)
        tokens = self.size(ids, 2)
        table = self.weights.tensors["positions.weight"] + self.weights.tensors["types.weight"][token_type]
        places = self.node("Slice", self.weights.put(f"positions_{token_type}", table), self.ints(0), tokens)
        embedded = self.reshape(self.node("Add", self.reshape(embedded, [-1, tokens, hidden]), places), [-1, hidden])
        for other in more:
            embedded = self.node("Add", embedded, other)
        return self.norm(embedded, "embedding_norm")

    def norm(self, x: str, name: str) -> str:
        weight, bias = self.weights.tensor(f"{name}.weight"), self.weights.tensor(f"{name}.bias")
        return self.node("LayerNormalization", x, weight, bias, axis=-1, epsilon=self.config.layer_norm_eps)

    def add_norm(self, x: str, residual: str, name: str) -> str:
        """LayerNorm(x + residual). The fused operator for this takes five times as long on a processor."""
        return self.norm(self.node("Add", x, residual), name)

    def project(self, ready: str | Rows, layer: str, part: str, shape: Sequence[int | str], perm: list[int]) -> str:
        """Queries, keys or values, heads brought forward. One product each: cutting them apart would copy them."""
        name = f"{layer}.{part}"
        projected = self.product(ready, name)
        if part == "query":  # the only one with a bias, see `attention_apart`
            projected = self.node("Add", projected, self.bias(name))
        return self.node("Transpose", self.reshape(projected, shape), perm=perm)

    def finish(self, x: str, context: str, layer: str) -> str:
        """Output projection, feed-forward, both norms."""
        ready = self.ready(context)
        name = f"{layer}.attention_out"
        out = self.node("Add", self.product(ready, name), self.bias(name))
        x = self.add_norm(out, x, f"{layer}.attention_norm")
        ready = self.ready(x)
        name = f"{layer}.feed_in"
        inner = self.node("BiasGelu", self.product(ready, name), self.bias(name), domain=CONTRIB)
        ready = self.ready(inner, gelu=True)
        return self.add_norm(self.product(ready, f"{layer}.feed_out"), x, f"{layer}.feed_norm")

    def scores(self, query: str, key: str) -> str:
        return self.node("FusedMatMul", query, key, domain=CONTRIB, transB=1)

    def mask_bias(self, mask: str, shape: Sequence[int | str]) -> str:
        """0 where the mask is 1, a large negative number where it is 0."""
        bias = self.node("Sub", self.node("Mul", mask, self.weights.constant(MASKED)), self.weights.constant(MASKED))
        return self.reshape(bias, shape)

    def empty(self, dtype: int, rank: int) -> str:
        tensor = helper.make_tensor("empty", dtype, [0] * rank, [])
        return self.node("Constant", value=tensor)


def perceive_branch(weights: Weights, config: PrefixConfig, percept_type: int) -> Branch:
    """ids `(g, 1, p)` to percepts."""
    b = Branch(weights, config, "perceive")
    heads, size = config.heads, config.head_size
    tokens = b.size("ids", 2)
    bias = b.mask_bias("mask", [-1, 1, 1, tokens])
    x = b.embed("ids", 0)
    percepts = []
    for index in range(config.layers):
        layer = f"layers.{index}"
        last = index == config.layers - 1
        ready = b.ready(x)
        key, value = (
            b.project(ready, layer, part, [-1, tokens, heads, size], [0, 2, 1, 3]) for part in ("key", "value")
        )
        percepts += [key, value]
        if last:  # nothing reads the premise's own states after its last keys and values
            break
        query = b.project(ready, layer, "query", [-1, tokens, heads, size], [0, 2, 1, 3])
        attention = b.node("Softmax", b.node("Add", b.scores(query, key), bias), axis=-1)
        context = b.node("Transpose", b.node("MatMul", attention, value), perm=[0, 2, 1, 3])
        x = b.finish(x, b.reshape(context, [-1, config.hidden]), layer)
    stacked = b.node("Concat", *percepts, axis=1)  # (g, 2 L H, p, d)
    if percept_type != TensorProto.FLOAT:
        stacked = b.node("Cast", stacked, to=percept_type)
    percept = b.reshape(stacked, [-1, config.layers, 2, heads, tokens, size])
    b.outputs = (percept, b.empty(TensorProto.FLOAT, 2))
    return b


def reason_branch(weights: Weights, config: PrefixConfig, percept_type: int) -> Branch:
    """ids `(g, m, t)` and percepts to log-probabilities `(g * m, labels)`."""
    b = Branch(weights, config, "reason")
    heads, size = config.heads, config.head_size
    groups, hypotheses, tokens = (b.size("ids", axis) for axis in range(3))
    keys = b.size("percept", 4)
    together = b.node("Mul", hypotheses, tokens)
    own_bias = b.mask_bias("mask", [groups, 1, -1, 1, tokens])
    seen_bias = b.mask_bias("percept_mask", [groups, 1, -1, 1, keys])
    percept = "percept" if percept_type == TensorProto.FLOAT else b.node("Cast", "percept", to=TensorProto.FLOAT)
    percept = b.reshape(percept, [groups, 2 * config.layers * heads, keys, size])
    parts = b.node_many("Split", percept, b.ints(*[heads] * (2 * config.layers)), outputs=2 * config.layers, axis=1)
    x = b.embed("ids", 1)
    for index in range(config.layers):
        layer = f"layers.{index}"
        seen_key, seen_value = parts[2 * index : 2 * index + 2]  # each (g, H, p, d)
        ready = b.ready(x)
        shape: list[int | str] = [groups, hypotheses, tokens, heads, size]
        query, key, value = (
            b.project(ready, layer, part, shape, [0, 3, 1, 2, 4]) for part in ("query", "key", "value")
        )  # each (g, H, m, t, d)
        seen = b.scores(b.reshape(query, [groups, heads, together, size]), seen_key)
        seen = b.node("Add", b.reshape(seen, [groups, heads, hypotheses, tokens, keys]), seen_bias)
        own = b.node("Add", b.scores(query, key), own_bias)
        attention = b.node("Softmax", b.node("Concat", seen, own, axis=-1), axis=-1)
        lengths = b.node("Concat", keys, tokens, axis=0)
        seen, own = b.node_many("Split", attention, lengths, outputs=2, axis=-1)
        seen = b.node("MatMul", b.reshape(seen, [groups, heads, together, keys]), seen_value)
        seen = b.reshape(seen, [groups, heads, hypotheses, tokens, size])
        context = b.node("Add", seen, b.node("MatMul", own, value))
        context = b.node("Transpose", context, perm=[0, 2, 3, 1, 4])
        x = b.finish(x, b.reshape(context, [-1, config.hidden]), layer)
    b.outputs = (b.empty(percept_type, 6), _head(b, x, tokens))
    return b


def _head(b: Branch, x: str, tokens: str) -> str:
    """`[CLS]` state and mean of states, two layers, log-softmax; always float32, it is small."""
    hidden = b.config.hidden
    states = b.reshape(x, [-1, tokens, hidden])
    first = b.node("Squeeze", b.node("Slice", states, b.ints(0), b.ints(1), b.ints(1)), b.ints(1))
    mask = b.reshape("mask", [-1, 1, tokens])
    # A product sums each row's tokens by itself. ReduceSum would add in another order when there is only one row.
    total = b.node("Squeeze", b.node("MatMul", mask, states), b.ints(1))
    mean = b.node("Div", total, b.node("ReduceSum", mask, b.ints(2), keepdims=0))
    features = b.node("Concat", first, mean, axis=1)
    # A product with a single row takes another path through the runtime, and its last bits differ. So there are
    # never fewer than two.
    features = b.node("Concat", features, features, axis=0)
    inner = b.node("BiasGelu", b.product(features, "head_in"), b.bias("head_in"), domain=CONTRIB)
    logits = b.node("Add", b.product(inner, "head_out"), b.bias("head_out"))
    logits = b.node("Slice", logits, b.ints(0), b.size(states, 0))
    return b.node("LogSoftmax", logits, axis=-1)


def build_graph(
    tensors: Mapping[str, NDArray[np.float32]], config: PrefixConfig, precision: Literal["int8", "float32"]
) -> bytes:
    """The serialised ONNX model.

    Args:
        tensors: The state of a `PrefixModel`, by name, as float32 arrays.
        config: Its sizes.
        precision: `int8` (percepts in float16) or `float32` (percepts in float32).
    """
    int8 = precision == "int8"
    percept_type = TensorProto.FLOAT16 if int8 else TensorProto.FLOAT
    weights = Weights(attention_apart(tensors, config), int8=int8)
    branches = {
        "then_branch": perceive_branch(weights, config, percept_type),
        "else_branch": reason_branch(weights, config, percept_type),
    }
    main = Branch(weights, config, "main")
    nothing = main.node("Equal", main.size("percept", 4), main.ints(0))
    condition = main.node("Squeeze", nothing)
    shape_of_percept = ["g", config.layers, 2, config.heads, "p", config.head_size]
    graphs = {}
    for name, branch in branches.items():
        percept, log_probs = branch.outputs
        outputs = [
            helper.make_tensor_value_info(percept, percept_type, None),
            helper.make_tensor_value_info(log_probs, TensorProto.FLOAT, None),
        ]
        graphs[name] = helper.make_graph(branch.nodes, name, [], outputs)
    main.nodes.append(helper.make_node("If", [condition], ["percept_out", "log_probs"], **graphs))
    graph = helper.make_graph(
        main.nodes,
        "prefix",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["g", "m", "t"]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["g", "m", "t"]),
            helper.make_tensor_value_info("percept", percept_type, shape_of_percept),
            helper.make_tensor_value_info("percept_mask", TensorProto.FLOAT, ["g", "m_or_1", "p"]),
        ],
        [
            helper.make_tensor_value_info("percept_out", percept_type, None),
            helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, None),
        ],
        list(weights.initialisers.values()),
    )
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=8, producer_name="tuili")
    return bytes(model.SerializeToString())
