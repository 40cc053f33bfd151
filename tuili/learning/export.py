"""A joint checkpoint as ONNX: traced, quantised if asked for, compared with torch, timed, and only then written."""

from __future__ import annotations

import hashlib
import io
import random
import statistics
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tuili.data.atomic import write_files
from tuili.errors import InvalidPair, MissingExtra, ModelError, UsageError
from tuili.reasoning.checkpoint import Checkpoint
from tuili.reasoning.foreign_errors import translated
from tuili.reasoning.joint_directory import FILES, MANIFEST, JointDirectory, JointManifest
from tuili.reasoning.joint_onnx import JointOnnx
from tuili.reasoning.model_directory import find_model
from tuili.reasoning.pair_network import quiet
from tuili.reasoning.probes import PROBES
from tuili.types import Label, Pair
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

PRECISIONS = ("float32", "int8")
OPSET = 17
COMPARED = 96
"""Pairs that both are asked about."""

MOST_DRIFT = 1e-3
"""Largest difference of a log-probability that a float32 export may have. Sound ones have about 1e-6."""

LEAST_AGREEMENT = 0.97
"""Share of pairs to which an int8 export must give torch's label."""

MOST_SHIFT = 0.05
"""And how far its probabilities may be from torch's, on average over all pairs and labels."""

SHORT = "A man."
"""A hypothesis that every model has room for."""

TIMED = 21
"""How often one pair is judged for the latency."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the export is from torch.

    Attributes:
        pairs: How many were compared: unmistakable ones, crossed ones, long ones.
        agreement: Share that got the same label.
        worst_log_prob: Largest difference of a log-probability.
        mean_shift, worst_shift: Mean and largest difference of a probability.
    """

    pairs: int
    agreement: float
    worst_log_prob: float
    mean_shift: float
    worst_shift: float

    @classmethod
    def of(cls, expected: NDArray[np.float32], found: NDArray[np.float32]) -> Parity:
        """*Shape:* log-probabilities `(pairs, labels)`, both."""
        shift = np.abs(np.exp(expected.astype(np.float64)) - np.exp(found.astype(np.float64)))
        return cls(
            len(expected),
            float((expected.argmax(1) == found.argmax(1)).mean()),
            float(np.abs(expected - found).max()),
            float(shift.mean()),
            float(shift.max()),
        )

    def check(self, precision: str) -> None:
        """Raise ModelError where the export is another model than the checkpoint."""
        if precision == "float32" and not self.worst_log_prob <= MOST_DRIFT:
            raise ModelError(
                f"the export differs from torch by {self.worst_log_prob:.2g} in a log-probability, and "
                f"{MOST_DRIFT:g} is allowed; nothing was written. The network does something that tracing misses"
            )
        if precision == "int8" and not (self.agreement >= LEAST_AGREEMENT and self.mean_shift <= MOST_SHIFT):
            raise ModelError(
                f"in int8 {self.agreement:.1%} of {self.pairs} pairs get torch's label, and probabilities shift by "
                f"{self.mean_shift:.3f} on average; at least {LEAST_AGREEMENT:.0%} and at most {MOST_SHIFT:g} are "
                "asked for, so nothing was written; export it with --precision float32"
            )


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to.

    Attributes:
        path: The directory; `tuili.load` opens it.
        size: Of model.onnx, in bytes.
        latency_ms, torch_ms: Median time of one pair in one thread, milliseconds: exported, and in torch.
    """

    path: Path
    precision: str
    labels: tuple[Label, ...]
    size: int
    parity: Parity
    latency_ms: float
    torch_ms: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "path": str(self.path), "labels": [label.value for label in self.labels]}


def export(
    checkpoint: str | Path,
    output: str | Path,
    *,
    precision: str = "float32",
    labels: Sequence[Label | str] | None = None,
    check_labels: bool = True,
) -> Exported:
    """Write a sequence classifier (two or three labels) as ONNX, once it has shown to judge as in torch.

    Args:
        checkpoint: `./directory`, `/directory` or `hf:organisation/name`; what `tuili train --form joint` wrote, or any
            other that `tuili.load` reads.
        output: A directory that is not there, or empty.
        precision: `float32`, or `int8` (weights one scale a column, activations one a row; heads stay float32).
        labels, check_labels: As for `tuili.load`.

    Raises:
        UsageError: An option that can't be, or an output that can't be written or holds something.
        BundleError, ModelError: A checkpoint that can't be used, or an export that is not equal to it.
        MissingExtra: torch, transformers or onnx is not installed.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    target = Path(output)
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise UsageError(f"{target} is there already; remove it yourself, or name another --output")
    try:
        import onnx  # noqa: F401
        import torch
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train") from error
    source = find_model(checkpoint)
    judge = Checkpoint.load(checkpoint, labels=labels, check_labels=check_labels)
    tokenizer = _load_tokenizer(source.path)
    example = _example(judge)
    inputs = tuple(example)
    model = _traced(judge, example)
    if precision == "int8":
        from tuili.learning.row_int8 import quantise_rows

        with translated(f"{judge.name} can't be quantised"):
            model = quantise_rows(model)
    files = {"model.onnx": model, "tokenizer.json": tokenizer.backend_tokenizer.to_str().encode()}

    def manifest(facts: Mapping[str, Any]) -> JointManifest:
        return JointManifest(
            name=_name(target),
            labels=judge.labels,
            inputs=inputs,
            pad=int(tokenizer.pad_token_id),
            unknown=None if tokenizer.unk_token_id is None else int(tokenizer.unk_token_id),
            padding_side=str(tokenizer.padding_side),
            positions=judge.network.tokenizer.most,
            precision=precision,
            temperature=judge.temperature,
            files={name: hashlib.sha256(files[name]).hexdigest() for name in FILES},
            facts=facts,
        )

    # What is compared is what will be loaded: the directory, read by the back end that will read it.
    with tempfile.TemporaryDirectory(prefix="tuili-export-") as draft:
        write_files(draft, {**files, MANIFEST: manifest({}).to_json()})
        exported = JointOnnx(JointDirectory.open(draft), threads=1)
    pairs = compared_pairs(judge)
    parity = Parity.of(judge.score(pairs), exported.score(pairs))
    parity.check(precision)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        torch_ms = _milliseconds(judge.score, pairs[0])
    finally:
        torch.set_num_threads(before)
    found = Exported(
        target, precision, judge.labels, len(model), parity, _milliseconds(exported.score, pairs[0]), torch_ms
    )
    facts = {
        "from": judge.name,
        "parity": asdict(parity),
        "latency_ms": found.latency_ms,
        "torch_ms": torch_ms,
        "tuili": __version__,
    }
    # The manifest comes last: a directory without it is no model.
    write_files(target, {**files, MANIFEST: manifest(facts).to_json()})
    return found


def compared_pairs(judge: Checkpoint) -> list[Pair]:
    """Pairs of all kinds and lengths that the model reads: the probes, crossed ones, and long premises."""
    rng = random.Random(0)  # noqa: S311  a selection, not a secret
    premises, hypotheses = ([getattr(probe, side) for probe in PROBES] for side in ("premise", "hypothesis"))
    pairs = [probe.pair for probe in PROBES]
    while len(pairs) < COMPARED:
        many = rng.choice((1, 1, 2, 4, 8, 16, 32))
        pairs.append(Pair(" ".join(rng.choices(premises, k=many)), rng.choice(hypotheses)))
    try:
        judge.network.tokenizer.pairs(pairs)
    except InvalidPair as error:
        long = {problem.index for problem in (error, *error.also)}
        # the first window of a long premise: as long as the model reads
        pairs = [_cut(judge, pair) if index in long else pair for index, pair in enumerate(pairs)]
    return pairs


def _cut(judge: Checkpoint, pair: Pair) -> Pair:
    window = judge.windows(pair.premise)[0]
    return Pair(pair.premise[window.start : window.end], SHORT)


def _example(judge: Checkpoint) -> dict[str, NDArray[np.int64]]:
    """Two rows of unequal length, so that no size is taken for a constant and there is padding to be masked."""
    tokens = judge.network.tokenizer
    rows = tokens.pairs([Pair("A man and a dog.", SHORT), Pair("A man.", SHORT)])
    return tokens.padded(rows, max(len(row) for row in rows))


def _traced(judge: Checkpoint, example: dict[str, NDArray[np.int64]]) -> bytes:
    """The network as a float ONNX model, from token ids to logits."""
    import torch

    network = judge.network.module
    inputs = tuple(example)

    class Wrapper(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *tensors: torch.Tensor) -> Any:
            return self.network(**dict(zip(inputs, tensors, strict=True))).logits

    # The exporter puts the network into the mode of what it is given: that must be evaluation, or it traces dropout.
    written = io.BytesIO()
    wrapper = Wrapper().eval()
    axes = {name: {0: "rows", 1: "tokens"} for name in inputs}
    try:
        with translated(f"{judge.name} can't be exported"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporter, on its own age and on what it traces; parity decides
            torch.onnx.export(
                wrapper,
                tuple(torch.from_numpy(example[name]) for name in inputs),
                cast("Any", written),
                input_names=list(inputs),
                output_names=["logits"],
                dynamic_axes={**axes, "logits": {0: "rows"}},
                opset_version=OPSET,
                dynamo=False,
            )
    finally:
        network.eval()
    return written.getvalue()


def _load_tokenizer(path: Path) -> Any:
    import transformers

    with translated(f"the tokenizer of {path.name} can't be loaded"), quiet(transformers):
        return transformers.AutoTokenizer.from_pretrained(str(path), trust_remote_code=False, local_files_only=True)


def _milliseconds(score: Callable[[list[Pair]], object], pair: Pair) -> float:
    times = []
    for _ in range(TIMED):
        begin = time.perf_counter()
        score([pair])
        times.append(time.perf_counter() - begin)
    return round(1000 * statistics.median(times[1:]), 3)


def _name(target: Path) -> str:
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in target.absolute().name)
    return name.lstrip(".-")[:64] or "model"
