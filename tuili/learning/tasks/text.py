"""Single texts with one label each: a sequence classifier on any base."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tuili.errors import DataError
from tuili.learning.joint_network import JointNetwork
from tuili.learning.measure import measure_pairs
from tuili.learning.objectives import SoftmaxCrossEntropy
from tuili.learning.tasks.page import page, record
from tuili.learning.tasks.report import TextReport
from tuili.learning.tasks.rows import read_rows
from tuili.learning.tasks.task import MEASURING, SAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from tuili.learning.batches import Batch, Batches
    from tuili.learning.objectives import Objective
    from tuili.learning.outcome import Evaluation
    from tuili.learning.tasks.task import Setup

USE = """    from transformers import pipeline
    pipeline("text-classification", "./{name}")("A text.")"""


class TextTask:
    """See `Task`. What is written is a checkpoint that transformers reads."""

    unit = "texts"

    def __init__(self, setup: Setup) -> None:
        config, card = setup.config, setup.card
        self._config, self._card, self._device = config, card, setup.processes.device
        self._labels = list(dict.fromkeys(card.labels.values()))
        self._sets = {"train": self._read(config.file)}
        found = Counter(column for _, column in self._sets["train"])
        if len(found) < 2:
            only = self._labels[next(iter(found))]
            raise DataError(f"all texts say {only}; a model learns from at least two labels", path=config.file)
        self._sets |= {name: self._read(p) for name, p in (("dev", config.dev), ("test", config.test)) if p is not None}
        self._network = JointNetwork(config, self._labels)
        self.model = self._network.model
        self.objective: Objective = SoftmaxCrossEntropy()
        self.base = self._network.base
        self._cut = 0

    def _read(self, path: str) -> list[tuple[str, int]]:
        """Texts and columns. Without labels in the card the training file, which is read first, says what there are."""
        card = self._card
        rows = read_rows(path, card.columns)
        column = card.target.columns[0]
        written = [row.value(column).strip() for row in rows]
        if not self._labels:
            self._labels = sorted(set(written))
        places = {name: place for place, name in enumerate(self._labels)}
        found = []
        for row, label in zip(rows, written, strict=True):
            name = card.labels.get(label) if card.labels else label
            if name not in places:
                known = ", ".join(card.labels or self._labels)
                raise row.problem(f"unknown label {label[:40]!r}; known are {known[:200]}", column)
            found.append((row.text(card.texts["text"]), places[name]))
        return found

    def batches(self) -> Batches:
        texts, columns = zip(*self._sets["train"], strict=True)
        found = self._network.batches(texts, columns, self._config.batch_tokens, self._config.seed)
        self._cut = self._network.cut
        return found

    def dev(self) -> Sequence[Batch]:
        return self._in_order(self._sets["dev"])

    def _in_order(self, rows: Sequence[tuple[str, int]]) -> Sequence[Batch]:
        texts, columns = zip(*rows, strict=True)
        return self._network.batches(texts, columns, MEASURING * self._config.batch_tokens, 0).in_order()

    def evaluate(self, model: nn.Module, dev: Sequence[Batch]) -> Evaluation:
        return measure_pairs(model, dev, self._device)

    def write(self, facts: Mapping[str, Any]) -> Mapping[str, TextReport]:
        config = self._config
        count = len(self._sets["train"])
        self._sets["train"] = random.Random(config.seed).sample(self._sets["train"], min(SAMPLE, count))  # noqa: S311
        reports = {name: self._report(rows) for name, rows in self._sets.items()}
        known = {**facts, "base": self.base, "count": count, "cut": self._cut}
        what = f"A classifier of texts: {', '.join(self._labels)}"
        card = page(config, reports, known, what=what, use=USE.format(name=config.model_name))
        about = {**record(config, self._card, reports), "labels": self._labels}
        self._network.write(Path(config.output), about, card)
        return reports

    def _report(self, rows: Sequence[tuple[str, int]]) -> TextReport:
        model = self._network.model.eval()
        with torch.no_grad():
            logits = [model(batch.inputs.to(self._device)).double().cpu() for batch in self._in_order(rows)]
        probabilities = torch.cat(logits).softmax(-1).numpy()
        return TextReport.of(self._labels, probabilities, np.array([column for _, column in rows]))
