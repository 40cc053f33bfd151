"""Transformers' Trainer as it comes: batches of 8 padded to their longest, AdamW, 5e-5 falling to 0, float32."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch
import transformers
from training import Timed

from tuili.types import THREE_WAY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tuili.learning.pairs import LabelledPair


class _Watch(transformers.TrainerCallback):
    """From the end of the first step to the end of the last, without the measurements between."""

    def __init__(self) -> None:
        self.begun: tuple[float, float] | None = None
        self.ended = 0.0, 0.0
        self.losses: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.ended = time.perf_counter(), time.process_time()
        self.begun = self.begun or self.ended

    def on_log(self, *_: Any, logs: dict[str, float] | None = None, **__: Any) -> None:
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])


def trainers_way(
    train: Sequence[LabelledPair], dev: Sequence[LabelledPair], base: str, output: Path, *, epochs: int
) -> Timed:
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    tokenizer.model_max_length = 512
    model = transformers.AutoModelForSequenceClassification.from_pretrained(base, num_labels=3, dtype=torch.float32)

    def rows(pairs: Sequence[LabelledPair]) -> list[dict[str, Any]]:
        # tokenised before it starts, as Trainer's users do, and outside of the time
        return [
            {**tokenizer(p.premise, p.hypothesis, truncation=True), "label": THREE_WAY.index(p.label)} for p in pairs
        ]

    watch = _Watch()
    arguments = transformers.TrainingArguments(
        str(output), num_train_epochs=epochs, use_cpu=True, save_strategy="no", report_to="none", disable_tqdm=True
    )
    trainer = transformers.Trainer(
        model, arguments, train_dataset=rows(train), processing_class=tokenizer, callbacks=[watch]
    )
    trainer.train()
    predicted = trainer.predict(rows(dev)).predictions.argmax(-1)
    right = sum(int(label == THREE_WAY.index(pair.label)) for label, pair in zip(predicted, dev, strict=True))
    begun = watch.begun or (0.0, 0.0)
    return Timed(
        len(train) * epochs - arguments.per_device_train_batch_size,
        watch.ended[0] - begun[0],
        watch.ended[1] - begun[1],
        right / len(dev),
    )
