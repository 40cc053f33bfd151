"""Models that write a text for a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tuili.errors import ModelError, UsageError
from tuili.learning.predictors.results import WrittenText
from tuili.learning.tasks.writing import Writer
from tuili.learning.threads import in_threads
from tuili.reasoning.foreign_errors import translated
from tuili.reasoning.pair_network import device_named, import_libraries, quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.learning.predictors.record import TaskRecord
    from tuili.learning.predictors.results import Prediction
    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.types import Pair


class WriterPredictor:
    """A `Predictor` of the kind `generate`."""

    def __init__(
        self, directory: ModelDirectory, record: TaskRecord, *, device: str | None, threads: int | None
    ) -> None:
        """Raises MissingExtra, ModelError, or UsageError where there is no such device."""
        _, transformers = import_libraries()
        self._threads = threads
        self.name, self.card = directory.name, record.card
        safely = {"trust_remote_code": False, "local_files_only": True}
        with translated(f"{self.name} can't be loaded"), quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(directory.path), **safely)
            network, report = transformers.AutoModelForSeq2SeqLM.from_pretrained(
                str(directory.path),
                use_safetensors=True,
                attn_implementation="eager",  # the configuration could name a kernel to be fetched from the hub
                dtype=torch.float32,
                output_loading_info=True,
                **safely,
            )
        if report["missing_keys"] or not tokenizer.is_fast or tokenizer.pad_token_id is None:
            raise ModelError(f"{self.name} is no whole encoder-decoder with a fast tokenizer and a padding token")
        self._writer = Writer(network.eval().to(device_named(device)), tokenizer, self.card.longest)

    def predict(self, texts: Sequence[str | Pair], /) -> Sequence[Prediction]:
        """See `Predictor`. A source that is longer than the model reads loses its end."""
        sources = [text for text in texts if isinstance(text, str)]
        if len(sources) < len(texts):
            raise UsageError(f"{self.name} reads texts, not pairs of texts")
        found = []
        with in_threads(self._threads), translated(f"{self.name} can't be run"), torch.inference_mode():
            for source in self._writer.read(sources, self._writer.most):
                text, finished = self._writer.write(source.ids)
                found.append(WrittenText(text, finished, source.coverage))
        return found
