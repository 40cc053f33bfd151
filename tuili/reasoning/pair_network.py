"""A Hugging Face classifier and its tokenizer, run in torch (extra `hf`).

torch gives the same row other bits in another shape, so every pair runs in one shape, which its own length
prescribes: padded to a multiple of `STEP`, in as many rows as make up `SHAPE_TOKENS`; rows that are left over repeat
the last pair. In a given shape, rows do not disturb each other.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.errors import MissingExtra, ModelError, NumericalError, UsageError
from tuili.reasoning.foreign_errors import first_line, translated
from tuili.reasoning.pair_tokens import PairTokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.types import Pair

STEP = 32
SHAPE_TOKENS = 256
MOST_TOKENS = 512
"""Cost grows with the square of the length, and few models have learnt from longer pairs."""

DTYPES = ("float32", "bfloat16", "float16")
OUTPUTS = (2, 3)


class PairNetwork:
    """Pairs to log-probabilities, in columns whose meaning it does not know.

    Attributes:
        name: Of the model, for errors.
        outputs: What the configuration calls the columns.
        tokenizer: Says what fits.
    """

    def __init__(self, network: Any, tokenizer: PairTokenizer, *, name: str) -> None:
        self.name = name
        self.outputs: list[object] = [
            network.config.id2label.get(column) for column in range(network.config.num_labels)
        ]
        self.tokenizer = tokenizer
        self._network = network
        if len(self.outputs) not in OUTPUTS:
            raise ModelError(
                f"{name} has {len(self.outputs)} outputs; a model for natural-language inference has 3, or 2"
            )

    @classmethod
    def load(cls, directory: ModelDirectory, *, device: str | None, dtype: str) -> PairNetwork:
        """Raises MissingExtra, UsageError or ModelError, as `Checkpoint.load` does."""
        torch, transformers = import_libraries()
        if dtype not in DTYPES:
            raise UsageError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
        # Code that came with a model is never run, and nothing can change that.
        safely = {"trust_remote_code": False, "local_files_only": True}
        with translated(f"{directory.name} can't be loaded"), quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(directory.path), **safely)
            network, report = transformers.AutoModelForSequenceClassification.from_pretrained(
                str(directory.path),
                use_safetensors=True,
                attn_implementation="eager",  # the configuration could name a kernel to be fetched from the hub
                dtype=getattr(torch, dtype),
                output_loading_info=True,
                **safely,
            )
        if missing := sorted(report["missing_keys"]):
            raise ModelError(
                f"{directory.name} is no trained classifier: it lacks {missing[0]}"
                f"{f' and {len(missing) - 1} more' if missing[1:] else ''}, which would be random numbers"
            )
        network = network.eval().to(device_named(device))
        return cls(network, PairTokenizer(tokenizer, positions=positions_of(network)), name=directory.name)

    @property
    def module(self) -> Any:
        """The torch module, in evaluation mode."""
        return self._network

    def log_probs(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """A row for each pair. *Shape:* `(len(pairs), len(outputs))`.

        Raises:
            InvalidPair: A pair has more tokens than the model reads.
            NumericalError: The model gave something that is not a number.
            ModelError: The model can't be run.
        """
        rows = self.tokenizer.pairs(pairs)
        logits = np.empty((len(rows), len(self.outputs)), np.float64)
        for indices, shape in canonical_batches([len(row) for row in rows], self.tokenizer.most):
            batch = [rows[index] for index in indices]
            batch += batch[-1:] * (shape[0] - len(batch))
            logits[indices] = self._run(self.tokenizer.padded(batch, shape[1]))[: len(indices)]
        if not np.isfinite(logits).all():
            raise NumericalError(
                f"{self.name} gave scores that are not finite; its weights can't be used in this dtype"
            )
        logits -= logits.max(1, keepdims=True, initial=-np.inf)
        return np.asarray(logits - np.log(np.exp(logits).sum(1, keepdims=True)), np.float32)

    def _run(self, inputs: dict[str, NDArray[np.int64]]) -> NDArray[np.float64]:
        """Logits. *Shape:* `(rows, len(outputs))`."""
        import torch

        with translated(f"{self.name} can't be run"), torch.inference_mode():
            tensors = {name: torch.from_numpy(array).to(self._network.device) for name, array in inputs.items()}
            logits = self._network(**tensors).logits.double().cpu().numpy()
        if logits.shape != (len(inputs["input_ids"]), len(self.outputs)):
            raise ModelError(f"{self.name} gave scores of shape {logits.shape}, not one row for each pair")
        return np.asarray(logits)


def canonical_batches(lengths: Sequence[int], most: int) -> Iterator[tuple[list[int], tuple[int, int]]]:
    """Indices that run together, with the shape `(rows, tokens)` that is theirs; shortest first."""
    groups: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        groups.setdefault(min(-(-length // STEP) * STEP, most), []).append(index)
    for tokens, indices in sorted(groups.items()):
        rows = max(1, SHAPE_TOKENS // tokens)
        for start in range(0, len(indices), rows):
            yield indices[start : start + rows], (rows, tokens)


def positions_of(network: Any, most_tokens: int = MOST_TOKENS) -> int:
    """How many tokens the model may be given at once."""
    config = network.config
    most = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
    if not isinstance(most, int) or most < 1:  # positions are relative, so there is no limit
        return most_tokens
    # RoBERTa and its kin count positions from the padding token's id on: the rows up to there are not used.
    tables = [module for name, module in network.named_modules() if name.endswith("position_embeddings")]
    unused = max(
        (table.padding_idx + 1 for table in tables if getattr(table, "padding_idx", None) is not None), default=0
    )
    return min(most - unused, most_tokens)


def device_named(name: str | None) -> Any:
    """A device of torch; the processor, if None. Raises UsageError where there is no such device."""
    import torch

    try:
        device = torch.device(name or "cpu")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA says so by an assertion
        raise UsageError(f"device {name!r} can't be used: {first_line(error)}") from error
    return device


def import_libraries() -> tuple[Any, Any]:
    """torch and transformers. Raises MissingExtra."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra("transformers", "hf") from error
    return torch, transformers


@contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """Keep progress bars and load reports off the terminal: what matters in them becomes an error."""
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
