"""A joint model in ONNX Runtime, as `tuili export` writes it: no torch, no transformers.

Every pair runs in the shape that its own length prescribes (`canonical_batches`), and no operator of the graph mixes
rows, so a pair's log-probabilities have the same bits whatever else is scored with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state
from tokenizers import Tokenizer

from tuili.errors import BundleError, ModelError, NumericalError
from tuili.reasoning.foreign_errors import first_line, translated
from tuili.reasoning.joint_directory import JointDirectory
from tuili.reasoning.onnx_safety import refuse_external_data
from tuili.reasoning.pair_network import canonical_batches
from tuili.reasoning.pair_tokens import PairTokenizer
from tuili.reasoning.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tuili.reasoning.joint_directory import JointManifest
    from tuili.types import Label, Pair, Span

REFUSALS = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NotImplemented)
RUN_FAILURES = (*REFUSALS, state.RuntimeException)


class JointOnnx:
    """A `Backend`; safe to call from several threads.

    Attributes:
        name: What verdicts carry as `model`.
        labels: In the order of the columns of `score`.
        temperature: What the engine divides log-probabilities by.
    """

    def __init__(self, directory: JointDirectory, *, threads: int) -> None:
        """Raises BundleError where the model or its tokenizer can't be used."""
        self.name = directory.name
        self.labels: tuple[Label, ...] = directory.manifest.labels
        self.temperature = directory.manifest.temperature
        self._workers = Workers(threads)
        self._tokenizer = _tokenizer(directory)
        self._session = _session(directory)

    @classmethod
    def open(cls, path: str | Path, *, threads: int) -> JointOnnx:
        """Raises BundleError where the directory is damaged or can't be used."""
        return cls(JointDirectory.open(path), threads=threads)

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Log-probabilities. *Shape:* `(len(pairs), len(labels))`.

        Raises:
            InvalidPair: A pair has more tokens than the model reads; see `windows`.
            NumericalError: The model gave something that is not a number.
            ModelError: The model can't be run.
        """
        rows = self._tokenizer.pairs(pairs)
        logits = np.empty((len(rows), len(self.labels)), np.float64)

        def run(work: tuple[list[int], tuple[int, int]]) -> None:
            indices, (count, length) = work
            batch = [rows[index] for index in indices]
            batch += batch[-1:] * (count - len(batch))
            try:
                found = self._session.run(None, self._tokenizer.padded(batch, length))[0]
            except RUN_FAILURES as error:
                raise ModelError(f"{self.name} can't be run: {first_line(error)}") from error
            if found.shape != (count, len(self.labels)):
                raise ModelError(f"{self.name} gave scores of shape {found.shape}, not one row for each pair")
            logits[indices] = found[: len(indices)]

        self._workers.map(run, list(canonical_batches([len(row) for row in rows], self._tokenizer.most)))
        if not np.isfinite(logits).all():
            raise NumericalError(f"{self.name} gave scores that are not finite; its weights are unusable")
        logits -= logits.max(1, keepdims=True, initial=-np.inf)
        return np.asarray(logits - np.log(np.exp(logits).sum(1, keepdims=True)), np.float32)

    def windows(self, premise: str) -> list[Span]:
        """Spans of whole sentences, as many as fit beside the longest hypothesis; together the whole premise."""
        return self._tokenizer.windows(premise)

    def check_hypothesis(self, hypothesis: str) -> None:
        """Raises InvalidText where the hypothesis has more than a quarter of the tokens that the model reads."""
        self._tokenizer.check_hypothesis(hypothesis)

    def coverage(self, text: str) -> float:
        """Share of the text's characters, white space aside, that became known tokens."""
        return self._tokenizer.coverage(text)


@dataclass(frozen=True, slots=True)
class _SavedTokenizer:
    """What `PairTokenizer` asks of a tokenizer of transformers, from the manifest."""

    backend_tokenizer: Any
    manifest: JointManifest
    is_fast: bool = True

    @property
    def pad_token_id(self) -> int:
        return self.manifest.pad

    @property
    def unk_token_id(self) -> int | None:
        return self.manifest.unknown

    @property
    def padding_side(self) -> str:
        return self.manifest.padding_side

    @property
    def model_input_names(self) -> tuple[str, ...]:
        return self.manifest.inputs

    @property
    def model_max_length(self) -> int:
        return self.manifest.positions


def _tokenizer(directory: JointDirectory) -> PairTokenizer:
    try:
        with translated("tokenizer.json can't be used"):
            backend = Tokenizer.from_str(directory.files["tokenizer.json"].decode())
            return PairTokenizer(_SavedTokenizer(backend, directory.manifest), positions=directory.manifest.positions)
    except ModelError as error:
        raise BundleError(f"{directory.name}: {error}") from error


def _session(directory: JointDirectory) -> onnxruntime.InferenceSession:
    model = directory.files["model.onnx"]
    refuse_external_data(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: they come back as exceptions anyway
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except REFUSALS as error:
        raise BundleError(f"{directory.name}: model.onnx can't be run: {first_line(error)}") from error
    taken = sorted(part.name for part in session.get_inputs())
    if taken != sorted(directory.manifest.inputs) or len(session.get_outputs()) != 1:
        raise BundleError(f"{directory.name}: model.onnx takes {taken}, which is not what its manifest says")
    return session
