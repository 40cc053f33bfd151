"""The prefix-form model in ONNX Runtime: perceives premises once, reasons about any number of hypotheses.

Every text runs in the shape that its own length prescribes (`canonical_length`), and no operator mixes rows,
so a pair's log-probabilities have the same bits whatever else is in the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from tuili.errors import BundleError, NumericalError
from tuili.manifest import ENTITIES
from tuili.perception.tokens import Tokeniser
from tuili.reasoning.onnx_safety import refuse_external_data
from tuili.reasoning.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tuili.bundle import Bundle
    from tuili.types import Label

    Array: TypeAlias = NDArray[Any]

REFUSALS = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NotImplemented)
BATCH_TOKENS = 1024  # tokens a run at most: larger falls out of the second-level cache
LEAST_TOKENS = 192  # below this, a run's fixed cost shows; less is not worth a thread of its own
KEY_STEP = 4  # percepts are padded to a multiple of it: keys are cheap, and more of them share a run
SHARED = 4  # from so many hypotheses on, a percept is attended to in place instead of being copied


def canonical_length(tokens: int) -> int:
    """The padded length for a text: in steps of an eighth of it at most, or of two, so that little is wasted."""
    step = 2
    while tokens > 16 * step:
        step *= 2
    return -(-tokens // step) * step


@dataclass(frozen=True, slots=True)
class Percept:
    """What the model computes from a premise alone: each layer's keys and values.

    *Shape:* `states` `(layers, 2, heads, padded, head_size)`; the first `length` of the `padded` tokens are real.
    """

    states: Array
    length: int

    @property
    def nbytes(self) -> int:
        return int(self.states.nbytes)


class Embedded:
    """A prefix-form bundle, ready to run. Safe to call from several threads.

    Attributes:
        name: What verdicts carry as `model`.
        digest: SHA-256 of the bundle's manifest, in hex.
        threads: How many it may use.
        labels: In the order of the columns of `score_percepts`.
        tokeniser: Turns texts into what `perceive` and `score_percepts` take, without special tokens.
        premise_window, hypothesis_window: How many tokens either side may have, special tokens not counted.
        workers: The threads that it may use.
    """

    def __init__(self, bundle: Bundle, *, threads: int) -> None:
        manifest = bundle.manifest
        if manifest.kind == ENTITIES:
            raise BundleError(
                f"{manifest.name} is of kind {ENTITIES}, which does not judge; tuili.reasoning.entities.load reads it"
            )
        self.name = f"{manifest.name}@{bundle.digest[:12]}"
        self.digest = bundle.digest
        self.threads = threads
        self.labels: tuple[Label, ...] = manifest.labels
        self.tokeniser = Tokeniser.from_bytes(bundle.files["tokenizer.json"])
        self.premise_window = manifest.window.premise - 2
        self.hypothesis_window = manifest.window.hypothesis - 2
        self.overlap = manifest.window.overlap
        self.workers = Workers(threads)
        self._session = open_session(
            bundle.files["model.onnx"], {"ids", "mask", "percept", "percept_mask"}, "a prefix-form model"
        )
        percept = next(i for i in self._session.get_inputs() if i.name == "percept")
        _, self._layers, _, self._heads, _, self._head_size = percept.shape
        self._dtype: type = np.float16 if percept.type == "tensor(float16)" else np.float32

    def perceive(self, windows: Sequence[Array]) -> list[Percept]:
        """Percepts of premise windows. *Shape:* each window `(tokens,)`, without special tokens."""
        percepts: dict[int, Percept] = {}

        def run(work: tuple[int, list[int]]) -> None:
            padded, batch = work
            ids, mask = self._frame([windows[index] for index in batch], padded)
            none = np.empty((len(batch), self._layers, 2, self._heads, 0, self._head_size), self._dtype)
            inputs = {"ids": ids, "mask": mask, "percept": none, "percept_mask": mask[:, :, :0]}
            states = _padded_keys(self._session.run(["percept_out"], inputs)[0])
            for row, index in enumerate(batch):
                percepts[index] = Percept(states[row], len(windows[index]) + 2)

        groups = _by_length([len(window) + 2 for window in windows])
        limit = self._limit(sum(padded * len(indices) for padded, indices in groups))
        works = [(padded, batch) for padded, indices in groups for batch in _batches(indices, padded, limit)]
        self.workers.map(run, works)
        return [percepts[index] for index in range(len(windows))]

    def score_percepts(
        self, percepts: Sequence[Percept], hypotheses: Sequence[Sequence[int]], premise_of: Sequence[int]
    ) -> NDArray[np.float32]:
        """Log-probabilities of each hypothesis given the percept it is put to.

        Args:
            percepts: From `perceive`.
            hypotheses: Token ids, without special tokens; at most `hypothesis_window` each.
            premise_of: For each hypothesis, the index of its percept.

        Returns:
            `(len(hypotheses), len(labels))`; each row's exponentials sum to 1.

        Raises:
            NumericalError: The model gave something that is not a number.
        """
        log_probs = np.empty((len(hypotheses), len(self.labels)), np.float32)

        def score(run: Run) -> None:
            shape = (-1, run.hypotheses_each, run.tokens)
            ids, mask = self._frame([hypotheses[index] for index in run.rows], run.tokens)
            inputs = {
                "ids": ids.reshape(shape),
                "mask": mask.reshape(shape),
                "percept": np.stack([percepts[index].states for index in run.percepts]),
                "percept_mask": _mask([percepts[index].length for index in run.percepts], run.keys)[:, None],
            }
            log_probs[run.rows] = self._session.run(["log_probs"], inputs)[0]

        limit = self._limit(sum(canonical_length(len(hypothesis) + 2) for hypothesis in hypotheses))
        self.workers.map(score, list(_plan(percepts, hypotheses, premise_of, limit)))
        self._check_finite(log_probs)
        return log_probs

    def score_hidden(
        self, percept: Percept, hypotheses: Sequence[Sequence[int]], hidden: Sequence[Array]
    ) -> NDArray[np.float32]:
        """Log-probabilities of each hypothesis given a percept some of whose keys are masked.

        Only the hypothesis side runs. It is not deletion: the neighbours' keys and values still carry what was hidden.

        Args:
            percept: From `perceive`.
            hypotheses: Token ids, without special tokens; none of them is a hypothesis of `[CLS]` and `[SEP]`.
            hidden: For each hypothesis, the tokens of the premise that it does not see, without special tokens.
                *Shape:* `(hidden tokens,)` each.

        Returns:
            `(len(hypotheses), len(labels))`. Where nothing is hidden a row has the bits of `score_percepts`.

        Raises:
            NumericalError: The model gave something that is not a number.
        """
        log_probs = np.empty((len(hypotheses), len(self.labels)), np.float32)
        keys = percept.states.shape[3]

        def score(work: tuple[int, list[int]]) -> None:
            padded, rows = work
            ids, mask = self._frame([hypotheses[row] for row in rows], padded)
            seen = np.repeat(_mask([percept.length], keys), len(rows), axis=0)
            for place, row in enumerate(rows):
                seen[place, np.asarray(hidden[row], np.int64) + 1] = 0.0  # [CLS] comes first
            inputs = {
                "ids": ids.reshape(1, -1, padded),
                "mask": mask.reshape(1, -1, padded),
                "percept": percept.states[None],
                "percept_mask": seen[None],
            }
            log_probs[rows] = self._session.run(["log_probs"], inputs)[0]

        groups = _by_length([len(hypothesis) + 2 for hypothesis in hypotheses])
        limit = self._limit(sum(padded * len(rows) for padded, rows in groups))
        works = [(padded, batch) for padded, rows in groups for batch in _batches(rows, padded, limit)]
        self.workers.map(score, works)
        self._check_finite(log_probs)
        return log_probs

    def _check_finite(self, log_probs: Array) -> None:
        if not np.isfinite(log_probs).all():
            raise NumericalError(f"{self.name} gave log-probabilities that are not finite; its weights are unusable")

    def _limit(self, tokens: int) -> int:
        """Tokens a run may have, so that there is work for each thread."""
        return min(BATCH_TOKENS, max(LEAST_TOKENS, -(-tokens // self.workers.free)))

    def _frame(self, texts: Sequence[Array] | Sequence[Sequence[int]], padded: int) -> tuple[Array, Array]:
        """Token ids between `[CLS]` and `[SEP]`, padded, with their mask. *Shape:* `(n, 1, padded)` both."""
        ids = np.full((len(texts), padded), self.tokeniser.pad, np.int64)
        for row, text in enumerate(texts):
            ids[row, 0] = self.tokeniser.cls
            ids[row, 1 : len(text) + 1] = np.asarray(text, np.int64)
            ids[row, len(text) + 1] = self.tokeniser.sep
        return ids[:, None], _mask([len(text) + 2 for text in texts], padded)[:, None]


@dataclass(frozen=True, slots=True)
class Run:
    """One call of the session: either many percepts with a hypothesis each, or one percept with many."""

    percepts: list[int]
    rows: list[int]
    keys: int
    tokens: int

    @property
    def hypotheses_each(self) -> int:
        return len(self.rows) // len(self.percepts)


def _plan(
    percepts: Sequence[Percept], hypotheses: Sequence[Sequence[int]], premise_of: Sequence[int], limit: int
) -> Iterator[Run]:
    """Runs of equal shape. Long queues at one percept get runs of their own and attend to it in place."""
    queues: dict[tuple[int, int], list[int]] = {}
    for row, (hypothesis, premise) in enumerate(zip(hypotheses, premise_of, strict=True)):
        queues.setdefault((canonical_length(len(hypothesis) + 2), premise), []).append(row)
    mixed: dict[tuple[int, int], list[int]] = {}
    for (tokens, premise), rows in queues.items():
        keys = percepts[premise].states.shape[3]
        if len(rows) < SHARED:
            mixed.setdefault((keys, tokens), []).extend(rows)
            continue
        for batch in _batches(rows, tokens, limit):
            yield Run([premise], batch, keys, tokens)
    for (keys, tokens), rows in mixed.items():
        # each row brings a copy of its percept, so what counts is the larger side
        for batch in _batches(rows, max(tokens, keys // 2), limit):
            yield Run([premise_of[row] for row in batch], batch, keys, tokens)


def _padded_keys(states: Array) -> Array:
    """*Shape:* `(n, layers, 2, heads, padded, head_size)`, to a multiple of `KEY_STEP` for `padded`."""
    more = -states.shape[4] % KEY_STEP
    return np.pad(states, [(0, 0)] * 4 + [(0, more), (0, 0)]) if more else states


def _by_length(lengths: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Indices under their canonical length."""
    groups: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        groups.setdefault(canonical_length(length), []).append(index)
    return sorted(groups.items())


def _batches(indices: list[int], tokens_each: int, limit: int) -> Iterator[list[int]]:
    size = max(1, limit // tokens_each)
    for start in range(0, len(indices), size):
        yield indices[start : start + size]


def _mask(lengths: Sequence[int], padded: int) -> Array:
    """1 for a token, 0 for padding. *Shape:* `(n, padded)`, float32."""
    return (np.arange(padded) < np.asarray(lengths)[:, None]).astype(np.float32)


def open_session(model: bytes, inputs: set[str], kind: str) -> onnxruntime.InferenceSession:
    """A model that has been written for this runtime, in one thread. Raises BundleError unless it has these inputs."""
    refuse_external_data(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # The graph was written for this runtime; what its optimiser would still fuse runs slower on a processor.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3  # errors only: they come back as exceptions anyway
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except REFUSALS as error:
        raise BundleError(f"model.onnx can't be run: {str(error).splitlines()[0][:200]}") from error
    found = {i.name for i in session.get_inputs()}
    if found != inputs:
        raise BundleError(f"model.onnx is not {kind}: its inputs are {sorted(found)}")
    return session
