"""Scores of texts or of pairs, such as how related two sentences are: least squares on any base."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tuili.errors import DataError
from tuili.learning.joint_network import JointNetwork
from tuili.learning.objectives import SquaredError
from tuili.learning.outcome import Evaluation
from tuili.learning.tasks.page import page, record
from tuili.learning.tasks.report import RegressionReport
from tuili.learning.tasks.rows import read_rows
from tuili.learning.tasks.task import MEASURING, SAMPLE
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from tuili.learning.batches import Batch, Batches
    from tuili.learning.objectives import Objective
    from tuili.learning.tasks.task import Setup

USE = """    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained("./{name}")
    model = AutoModelForSequenceClassification.from_pretrained("./{name}").eval()
    model(**tokenizer({example}, return_tensors="pt")).logits.item()"""


class RegressionTask:
    """See `Task`. What is written is a checkpoint that transformers reads, with one output: the score.

    Scores are learnt as standard deviations from their mean, whatever their scale; what is written has the file's.
    Where the head has no bias that could hold a mean, they are learnt in units of their root mean square.
    """

    unit = "rows"

    def __init__(self, setup: Setup) -> None:
        config, card = setup.config, setup.card
        self._config, self._card, self._device = config, card, setup.processes.device
        self._sets = {"train": self._read(config.file)}
        scores = np.array([score for _, score in self._sets["train"]])
        if not scores.std() > 0:
            raise DataError(f"all rows have the score {scores[0]:g}; there is nothing to learn", path=config.file)
        self._sets |= {name: self._read(p) for name, p in (("dev", config.dev), ("test", config.test)) if p is not None}
        self._network = JointNetwork(config, [card.target.columns[0]], problem="regression")
        self._mean = float(scores.mean()) if self._network.has_bias else 0.0
        self._deviation = float(np.sqrt(np.square(scores - self._mean).mean()))
        self.model = self._network.model
        self.objective: Objective = SquaredError()
        self.base = self._network.base
        self._cut = 0

    def _read(self, path: str) -> list[tuple[Pair | str, float]]:
        card, found = self._card, []
        column = card.target.columns[0]
        for row in read_rows(path, card.columns):
            try:
                score = float(row.value(column))
            except ValueError:
                score = math.nan
            if not math.isfinite(score):
                raise row.problem(f"must be a number, got {row.value(column)[:40]!r}", column)
            if card.range is not None and not card.range[0] <= score <= card.range[1]:
                low, high = card.range
                raise row.problem(f"the score {score:g} is outside {low:g} to {high:g}, the card's range", column)
            texts = [row.text(template) for template in card.texts.values()]
            found.append((texts[0] if len(texts) == 1 else Pair(*texts), score))
        return found

    def batches(self) -> Batches:
        texts, scores = zip(*self._sets["train"], strict=True)
        found = self._network.batches(texts, self._standardised(scores), self._config.batch_tokens, self._config.seed)
        self._cut = self._network.cut
        return found

    def dev(self) -> Sequence[Batch]:
        return self._in_order(self._sets["dev"])

    def _in_order(self, rows: Sequence[tuple[Pair | str, float]]) -> Sequence[Batch]:
        texts, scores = zip(*rows, strict=True)
        budget = MEASURING * self._config.batch_tokens
        return self._network.batches(texts, self._standardised(scores), budget, 0).in_order()

    def _standardised(self, scores: Sequence[float]) -> list[float]:
        return [(score - self._mean) / self._deviation for score in scores]

    def evaluate(self, model: nn.Module, dev: Sequence[Batch]) -> Evaluation:
        said = self._said(model, dev) * self._deviation + self._mean
        report = RegressionReport.of(said, np.array([score for _, score in self._sets["dev"]]))
        return Evaluation((-report.mse,), {"dev_mse": report.mse, "dev_pearson": report.pearson})

    def _said(self, model: nn.Module, batches: Sequence[Batch]) -> NDArray[np.float64]:
        rows = [model(batch.inputs.to(self._device)).double().cpu().flatten() for batch in batches]
        return np.asarray(torch.cat(rows).numpy(), np.float64)

    def write(self, facts: Mapping[str, Any]) -> Mapping[str, RegressionReport]:
        config = self._config
        count = len(self._sets["train"])
        self._sets["train"] = random.Random(config.seed).sample(self._sets["train"], min(SAMPLE, count))  # noqa: S311
        self._network.to_scale(self._mean, self._deviation)
        model = self._network.model.eval()
        with torch.no_grad():
            reports = {
                name: RegressionReport.of(self._said(model, self._in_order(rows)), np.array([y for _, y in rows]))
                for name, rows in self._sets.items()
            }
        known = {**facts, "base": self.base, "count": count, "cut": self._cut}
        example = '"A text."' if len(self._card.texts) == 1 else '"A text.", "Another."'
        use = USE.format(name=config.model_name, example=example)
        about = record(config, self._card, reports)
        self._network.write(Path(config.output), about, page(config, reports, known, what="A score of texts", use=use))
        return reports
