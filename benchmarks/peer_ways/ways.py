"""Each peer as a function of pairs. All start from text, as users do: tokenising is part of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from peer_ways.network import INPUTS, MOST_TOKENS, Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Pairs = Sequence[tuple[str, str]]
    Way = Callable[[Pairs], NDArray[np.float32]]  # logits (pairs, 3), or log-probabilities; in order

ORT_TOKENS = 512
OPENVINO_TOKENS = 1024


def article(network: Network, threads: int) -> Way:
    """The article's loop: float32, padded and cut to 128 tokens, batches of 16."""
    import torch

    torch.set_num_threads(threads)
    model, tokenizer = network.model(), network.tokenizer()

    @torch.inference_mode()
    def run(pairs: Pairs) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(pairs), 16):
            batch = pairs[start : start + 16]
            inputs = tokenizer(
                [p for p, _ in batch],
                [h for _, h in batch],
                padding="max_length",
                truncation=True,
                max_length=128,
                return_tensors="pt",
            )
            logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
            parts.append(logits.log_softmax(-1).numpy())
        return np.concatenate(parts)

    return run


def pipeline(network: Network, threads: int) -> Way:
    """Transformers' text-classification pipeline, batches of 32 in the order given."""
    import torch
    import transformers

    torch.set_num_threads(threads)
    labels = ("contradiction", "entailment", "neutral")
    made = transformers.pipeline(
        "text-classification", model=network.checkpoint, device="cpu", top_k=None, truncation=True
    )

    def run(pairs: Pairs) -> NDArray[np.float32]:
        found = made([{"text": p, "text_pair": h} for p, h in pairs], batch_size=32)
        rows = [{one["label"]: one["score"] for one in scores} for scores in found]
        return np.log(np.array([[row[label] for label in labels] for row in rows], np.float32))

    return run


def cross_encoder(network: Network, threads: int, forward: Callable[[dict[str, Any]], Any] | None = None) -> Way:
    """sentence-transformers' CrossEncoder as it comes: sorted by length, batches of 32.

    Its ONNX and OpenVINO back ends don't install beside Transformers 5, so `forward` drives a session of ours in
    their place, inside of CrossEncoder's own `predict`.
    """
    import torch
    from sentence_transformers import CrossEncoder

    torch.set_num_threads(threads)
    encoder = CrossEncoder(network.checkpoint, device="cpu", max_length=MOST_TOKENS)
    if forward is not None:

        def instead(features: dict[str, Any], **_: object) -> dict[str, Any]:
            arrays = {name: features[name].numpy() for name in INPUTS}
            return {"scores": torch.from_numpy(forward(arrays))}

        encoder.forward = instead

    def run(pairs: Pairs) -> NDArray[np.float32]:
        return np.asarray(encoder.predict(list(pairs), batch_size=32, show_progress_bar=False))

    return run


def cross_encoder_onnx(network: Network, threads: int, *, int8: bool = False) -> Way:
    session = _session(network.onnx_int8(fused=False) if int8 else network.onnx(), threads)
    return cross_encoder(network, threads, lambda arrays: session.run(["logits"], arrays)[0])


def cross_encoder_openvino(network: Network, threads: int, *, int8: bool = False) -> Way:
    request = _compiled(network, threads, int8=int8, hint="LATENCY").create_infer_request()

    def forward(arrays: dict[str, Any]) -> Any:
        return np.array(request.infer(arrays)["logits"])

    return cross_encoder(network, threads, forward)


def bare_onnx(network: Network, threads: int, *, int8: bool = True) -> Way:
    """ONNX Runtime alone: fused graph, pairs sorted by tokens, as many a batch as fit a budget."""
    session = _session(network.onnx_int8(fused=True) if int8 else network.onnx_fused(), threads)
    encode = _encoder(network)

    def run(pairs: Pairs) -> NDArray[np.float32]:
        logits = np.empty((len(pairs), 3), np.float32)
        for rows, arrays in _sorted_batches(encode(pairs), ORT_TOKENS):
            logits[rows] = session.run(["logits"], arrays)[0]
        return logits

    return run


def bare_openvino(network: Network, threads: int, *, int8: bool = True) -> Way:
    """OpenVINO alone: as many streams as threads, sorted batches with a budget, inferred side by side."""
    import openvino

    compiled = _compiled(network, threads, int8=int8, hint="THROUGHPUT")
    queue = openvino.AsyncInferQueue(compiled)
    encode = _encoder(network)
    logits = np.empty((0, 3), np.float32)

    def keep(request: Any, rows: list[int]) -> None:
        logits[rows] = request.get_output_tensor().data

    queue.set_callback(keep)

    def run(pairs: Pairs) -> NDArray[np.float32]:
        nonlocal logits
        logits = np.empty((len(pairs), 3), np.float32)
        for rows, arrays in _sorted_batches(encode(pairs), OPENVINO_TOKENS):
            queue.start_async(arrays, rows)
        queue.wait_all()
        return logits

    return run


def ours(threads: int, model: str | None, *, cache_bytes: int = 0) -> Way:
    """`tuili.load().judge`, without a memory from call to call."""
    import tuili

    engine = tuili.load(model, threads=threads, cache_bytes=cache_bytes)

    def run(pairs: Pairs) -> NDArray[np.float32]:
        return np.log(np.array([list(v.probabilities.values()) for v in engine.judge(pairs)], np.float32))

    return run


PEERS: dict[str, Callable[[Network, int], Way]] = {
    "article's way": article,
    "Transformers pipeline": pipeline,
    "CrossEncoder": cross_encoder,
    "CrossEncoder, ONNX": cross_encoder_onnx,
    "CrossEncoder, ONNX int8": lambda network, threads: cross_encoder_onnx(network, threads, int8=True),
    "CrossEncoder, OpenVINO": cross_encoder_openvino,
    "CrossEncoder, OpenVINO int8": lambda network, threads: cross_encoder_openvino(network, threads, int8=True),
    "ONNX Runtime int8, sorted": bare_onnx,
    "OpenVINO int8, sorted": bare_openvino,
}
FASTEST = (
    "CrossEncoder, ONNX int8",
    "CrossEncoder, OpenVINO int8",
    "ONNX Runtime int8, sorted",
    "OpenVINO int8, sorted",
)
"""Where the slow ones would take hours. They are slower on every workload that all take part in."""

OURS = "tuili"


def _session(path: str, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _compiled(network: Network, threads: int, *, int8: bool, hint: str) -> Any:
    import openvino

    core = openvino.Core()
    model = core.read_model(network.openvino_int8()) if int8 else network.openvino()
    settings: dict[str, Any] = {"PERFORMANCE_HINT": hint, "INFERENCE_NUM_THREADS": threads}
    if hint == "THROUGHPUT":
        settings["NUM_STREAMS"] = threads
    return core.compile_model(model, "CPU", settings)


def _encoder(network: Network) -> Callable[[Pairs], list[Any]]:
    """The fast path of the `tokenizers` library."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{network.checkpoint}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return lambda pairs: tokenizer.encode_batch_fast(list(pairs))


def _sorted_batches(encodings: list[Any], budget: int) -> Iterator[tuple[list[int], dict[str, NDArray[np.int64]]]]:
    order = sorted(range(len(encodings)), key=lambda index: len(encodings[index]))
    rows: list[int] = []
    for index in order:
        if rows and (len(rows) + 1) * len(encodings[index]) > budget:
            yield rows, _padded([encodings[row] for row in rows])
            rows = []
        rows.append(index)
    if rows:
        yield rows, _padded([encodings[row] for row in rows])


def _padded(encodings: list[Any]) -> dict[str, NDArray[np.int64]]:
    tokens = len(encodings[-1])
    arrays = {name: np.zeros((len(encodings), tokens), np.int64) for name in INPUTS}
    for row, encoding in enumerate(encodings):
        length = len(encoding)
        arrays["input_ids"][row, :length] = encoding.ids
        arrays["attention_mask"][row, :length] = 1
        arrays["token_type_ids"][row, :length] = encoding.type_ids
    return arrays
