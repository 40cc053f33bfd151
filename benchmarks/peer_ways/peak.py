"""What the hardware could do: the rate of large integer products, and the multiply-adds that texts need.

The peak is that of ONNX Runtime's `MatMulInteger`, unsigned by signed 8 bits, which is the fastest product it has on
every processor; not what a data sheet promises.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from tuili.perception.sentences import split_sentences
from tuili.perception.windows import cut_windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuili.reasoning.embedded import Embedded

ROWS, INNER, COLUMNS = 1024, 1536, 1536
HIDDEN, LAYERS = 384, 6
FULL_LAYER = 12 * HIDDEN**2  # multiply-adds a token: queries, keys, values, output, twice the four-fold feed-forward
KEYS_AND_VALUES = 2 * HIDDEN**2


def integer_product(threads: int, *, seconds: float = 0.5) -> Callable[[], float]:
    """A function that measures the peak once: billions of multiply-adds a second, in one product a thread."""
    sessions = [_session() for _ in range(threads)]
    rows = np.random.default_rng(0).integers(0, 256, (ROWS, INNER)).astype(np.uint8)

    def measure() -> float:
        done = [0] * threads
        stop = time.perf_counter() + seconds

        def work(number: int) -> None:
            while time.perf_counter() < stop:
                sessions[number].run(None, {"x": rows})
                done[number] += 1

        started = time.perf_counter()
        workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sum(done) * ROWS * INNER * COLUMNS / (time.perf_counter() - started) / 1e9

    return measure


def needed(backend: Embedded, premises: list[str], hypotheses: list[tuple[str, str]]) -> float:
    """Billions of multiply-adds for these premises, read once each, and these pairs' hypothesis sides.

    Special tokens count, padding does not. Linear layers and attention's two products; of a premise's last layer only
    its keys and values.
    """
    lengths = {premise: _window_lengths(backend, premise) for premise in {*premises, *(p for p, _ in hypotheses)}}
    total = 0.0
    for premise in premises:
        for tokens in lengths[premise]:
            total += tokens * ((LAYERS - 1) * (FULL_LAYER + 2 * HIDDEN * tokens) + KEYS_AND_VALUES)
    ids = backend.tokeniser.ids_of([hypothesis for _, hypothesis in hypotheses])
    for (premise, _), hypothesis in zip(hypotheses, ids, strict=True):
        tokens = len(hypothesis) + 2
        for seen in lengths[premise]:
            total += tokens * LAYERS * (FULL_LAYER + 2 * HIDDEN * (tokens + seen))
    return total / 1e9


def _window_lengths(backend: Embedded, premise: str) -> list[int]:
    tokens = backend.tokeniser.encode(premise)
    sentences = split_sentences(premise) if len(tokens) > backend.premise_window else []
    windows = cut_windows(tokens, sentences, size=backend.premise_window, overlap=backend.overlap)
    return [len(window) + 2 for window in windows]


def _session() -> onnxruntime.InferenceSession:
    weights = np.random.default_rng(1).integers(-64, 65, (INNER, COLUMNS)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "weights", "zero"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [ROWS, INNER])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [ROWS, COLUMNS])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array(128, np.uint8), "zero")],
    )
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
