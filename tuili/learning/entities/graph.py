"""The entity model as an ONNX graph, from the pieces of the prefix form's.

Inputs, with `n` windows of `t` tokens (padded):

    ids      int64    (n, t)
    shapes   int64    (n, t)
    mask     float32  (n, t)    1 for a token, 0 for padding

Output: `log_probs` float32 `(n, t, tags)`, of every token; those that begin a word are looked at.

As in `tuili.learning.graph`, no operator mixes rows, and integers have one scale a row: a window's result has the same
bits whatever else is in its batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from onnx import TensorProto, helper

from tuili.learning.graph import OPSETS, Branch, Weights, attention_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from tuili.learning.prefix_config import PrefixConfig


def build_entity_graph(
    tensors: Mapping[str, NDArray[np.float32]], config: PrefixConfig, precision: Literal["int8", "float32"]
) -> bytes:
    """The serialised ONNX model.

    Args:
        tensors: What `EntityModel.tensors` gives, as arrays.
        config: Its sizes; `labels` is how many tags there are.
        precision: Of the linear layers and the word embedding.
    """
    weights = Weights(attention_apart(tensors, config), int8=precision == "int8")
    b = Branch(weights, config, "entities")
    heads, size, hidden = config.heads, config.head_size, config.hidden
    tokens = b.size("ids", 1)
    bias = b.mask_bias("mask", [-1, 1, 1, tokens])
    shapes = b.node("Gather", weights.tensor("shapes.weight"), b.reshape("shapes", [-1]))
    x = b.embed(b.node("Unsqueeze", "ids", b.ints(1)), 0, shapes)
    for index in range(config.layers):
        layer = f"layers.{index}"
        ready = b.ready(x)
        query, key, value = (
            b.project(ready, layer, part, [-1, tokens, heads, size], [0, 2, 1, 3]) for part in ("query", "key", "value")
        )
        attention = b.node("Softmax", b.node("Add", b.scores(query, key), bias), axis=-1)
        context = b.node("Transpose", b.node("MatMul", attention, value), perm=[0, 2, 1, 3])
        x = b.finish(x, b.reshape(context, [-1, hidden]), layer)
    logits = b.node("Add", b.product(x, "head"), b.bias("head"))
    log_probs = b.node("LogSoftmax", b.reshape(logits, [-1, tokens, config.labels]), axis=-1)
    b.nodes.append(helper.make_node("Identity", [log_probs], ["log_probs"]))
    graph = helper.make_graph(
        b.nodes,
        "entities",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "t"]),
            helper.make_tensor_value_info("shapes", TensorProto.INT64, ["n", "t"]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", "t"]),
        ],
        [helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["n", "t", config.labels])],
        list(weights.initialisers.values()),
    )
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=8, producer_name="tuili")
    return bytes(model.SerializeToString())
