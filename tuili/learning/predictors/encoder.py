"""Models with a head on an encoder: a label or a score for a text or a pair of texts.

As in `tuili.reasoning.pair_network`, every row runs in a shape that its own length prescribes, so that company changes
no bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tuili.errors import InvalidPair, InvalidText, ModelError, NumericalError
from tuili.learning.joint_network import first_window
from tuili.learning.predictors.results import Labelled, Scored
from tuili.learning.threads import in_threads
from tuili.reasoning.foreign_errors import translated
from tuili.reasoning.pair_network import canonical_batches, device_named, import_libraries, positions_of, quiet
from tuili.reasoning.pair_tokens import PairTokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.learning.predictors.record import TaskRecord
    from tuili.learning.predictors.results import Prediction
    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.types import Pair


class EncoderPredictor:
    """A `Predictor` of the kinds `text` and `regression`."""

    def __init__(
        self, directory: ModelDirectory, record: TaskRecord, *, device: str | None, threads: int | None
    ) -> None:
        """Raises MissingExtra, ModelError, or UsageError where there is no such device."""
        _, transformers = import_libraries()
        self._threads = threads
        self.name, self.card = directory.name, record.card
        self._labels = record.labels
        safely = {"trust_remote_code": False, "local_files_only": True}
        with translated(f"{self.name} can't be loaded"), quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(directory.path), **safely)
            network, report = transformers.AutoModelForSequenceClassification.from_pretrained(
                str(directory.path),
                use_safetensors=True,
                attn_implementation="eager",  # the configuration could name a kernel to be fetched from the hub
                dtype=torch.float32,
                output_loading_info=True,
                **safely,
            )
        columns = len(self._labels) or 1
        if report["missing_keys"] or network.config.num_labels != columns:
            raise ModelError(f"{self.name} has no head with {columns} outputs, which its task needs")
        self._tokenizer = PairTokenizer(tokenizer, positions=positions_of(network))
        self._network: Any = network.eval().to(device_named(device))

    def predict(self, texts: Sequence[str | Pair], /) -> Sequence[Prediction]:
        """See `Predictor`. Of a text that is longer than the model reads, its first window counts."""
        read = [self._read(text, number) for number, text in enumerate(texts)]
        with in_threads(self._threads):
            outputs = self._outputs([text for text, _ in read])
        if not self._labels:
            return [Scored(float(row[0]), share) for row, (_, share) in zip(outputs, read, strict=True)]
        powers = np.exp(outputs - outputs.max(1, keepdims=True, initial=-np.inf))
        probabilities = powers / powers.sum(1, keepdims=True)
        return [
            Labelled(self._labels[int(row.argmax())], dict(zip(self._labels, row.tolist(), strict=True)), share)
            for row, (_, share) in zip(probabilities, read, strict=True)
        ]

    def _read(self, text: str | Pair, number: int) -> tuple[str | Pair, float]:
        """What is read of a text or pair, and which share of it, or of its premise, that is."""
        whole = text if isinstance(text, str) else text.premise
        try:
            self._tokenizer.rows([text])
        except InvalidPair:
            try:
                text = first_window(self._tokenizer, text)
            except InvalidText as error:
                raise InvalidPair(str(error), index=number, field="hypothesis") from None
        part = text if isinstance(text, str) else text.premise
        share = self._tokenizer.coverage(part)
        return text, share if part == whole else share * _visible(part) / _visible(whole)

    def _outputs(self, texts: Sequence[str | Pair]) -> NDArray[np.float64]:
        """*Shape:* `(texts, columns)`."""
        rows = self._tokenizer.rows(texts)
        outputs = np.empty((len(rows), len(self._labels) or 1), np.float64)
        for indices, (count, length) in canonical_batches([len(row) for row in rows], self._tokenizer.most):
            batch = [rows[index] for index in indices]
            batch += batch[-1:] * (count - len(batch))
            with translated(f"{self.name} can't be run"), torch.inference_mode():
                inputs = {
                    name: torch.from_numpy(array).to(self._network.device)
                    for name, array in self._tokenizer.padded(batch, length).items()
                }
                outputs[indices] = self._network(**inputs).logits.double().cpu().numpy()[: len(indices)]
        if not np.isfinite(outputs).all():
            raise NumericalError(f"{self.name} gave outputs that are not finite; its weights can't be used")
        return outputs


def _visible(text: str) -> int:
    return max(1, sum(map(len, text.split())))
