"""Judges of pairs: read, train, calibrate, measure, write. The kind that a run without a task card has."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.engine.load import load
from tuili.errors import UsageError
from tuili.evaluation.calibration import COLDEST, fit_temperature
from tuili.evaluation.scoring import score
from tuili.learning.card import model_card
from tuili.learning.config import WITHOUT_EFFECT
from tuili.learning.joint_form import JointForm
from tuili.learning.measure import measure_pairs
from tuili.learning.objectives import BinaryLogistic, PartialLabels, SoftLabels, SoftmaxCrossEntropy
from tuili.learning.pairs import GivenPair, LabelledPair, LabelScheme, read_given, read_pairs
from tuili.learning.prefix_form import PrefixForm
from tuili.learning.tasks.rows import read_rows
from tuili.learning.tasks.task import MEASURING, SAMPLE
from tuili.learning.teacher import taught
from tuili.types import Label
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from tuili.evaluation.report import Report
    from tuili.learning.batches import Batch, Batches
    from tuili.learning.objectives import Objective
    from tuili.learning.outcome import Evaluation
    from tuili.learning.pairs import TaughtPair
    from tuili.learning.tasks.card import TaskCard
    from tuili.learning.tasks.task import Setup
    from tuili.types import Judge

OBJECTIVES: dict[str, Objective] = {
    "softmax": SoftmaxCrossEntropy(),
    "binary": BinaryLogistic(),
    "partial": PartialLabels(),
    "soft": SoftLabels(),
}


class PairTask:
    """See `Task`. What is written is a bundle (prefix form) or a checkpoint (joint form) that `tuili.load` opens."""

    unit = "pairs"

    def __init__(self, setup: Setup) -> None:
        config, card = setup.config, setup.declared
        self._config, self._place, self._processes = config, setup.place, setup.processes
        self._held = {"dev": labelled_pairs(config.dev, card)}
        if config.test is not None:
            self._held["test"] = labelled_pairs(config.test, card)
        self._labelled: Sequence[LabelledPair]
        self._train: Sequence[LabelledPair | TaughtPair]
        self._teacher: str | None = None
        if config.teacher is None:
            self._labelled = self._train = labelled_pairs(config.file, card)
            self._scheme = LabelScheme.of(self._labelled, config.objective, config.file)
        else:
            given = read_given(config.file) if card is None else pairs_of(config.file, card, optional=True)
            lesson = taught(config, given, setup.place, setup.processes)
            self._labelled, self._train, self._teacher = lesson.labelled, lesson.pairs, lesson.teacher
            self._scheme = lesson.scheme
        self._form = (PrefixForm if config.form == "prefix" else JointForm)(config, self._scheme)
        self.model = self._form.model
        self.objective = OBJECTIVES[self._scheme.objective]
        self.base = self._form.base
        self._cut = 0

    def batches(self) -> Batches:
        found = self._form.batches(self._train, self._config.batch_tokens, self._config.seed)
        self._cut = self._form.cut
        return found

    def dev(self) -> Sequence[Batch]:
        pairs = self._held["dev"]
        return self._form.batches(pairs, MEASURING * self._config.batch_tokens, 0, gold=True).in_order()

    def evaluate(self, model: nn.Module, dev: Sequence[Batch]) -> Evaluation:
        return measure_pairs(model, dev, self._processes.device)

    def write(self, facts: Mapping[str, Any]) -> Mapping[str, Report]:
        """The model, once to fit its temperature, once to measure it, and then for good."""
        config = self._config
        sample = random.Random(config.seed).sample(self._labelled, min(SAMPLE, len(self._labelled)))  # noqa: S311
        sets = {**({"train": sample} if sample else {}), **self._held}
        recipe = {name: value for name, value in config.to_dict().items() if name not in WITHOUT_EFFECT}
        recipe = {**recipe, "tuili": __version__, "pairs": len(self._train)}
        if self._teacher is not None:
            recipe["teacher"] = self._teacher
        about: dict[str, Any] = {"recipe": recipe}
        with tempfile.TemporaryDirectory(prefix="draft-", dir=self._place) as drafts:
            draft = Path(drafts, "model")
            self._form.write(draft, config, about, "# Draft\n")
            temperature = _temperature(load(draft), self._scheme, sets["dev"])
            about["temperature"] = 1.0 if temperature is None else temperature
            self._form.write(draft, config, about, "# Draft\n")
            judge = load(draft)
            reports = {name: _report(judge, pairs) for name, pairs in sets.items()}
        about["metrics"] = {name: _figures(report) for name, report in reports.items()}
        known = {**facts, "base": self.base, "pairs": len(self._train), "cut": self._cut, "temperature": temperature}
        card = model_card(config, self._scheme, reports, known, teacher=self._teacher)
        self._form.write(Path(config.output), config, about, card)
        return reports


def labelled_pairs(path: str | Path, card: TaskCard | None) -> list[LabelledPair]:
    """All pairs of a file, each with its label. Raises as `read_pairs` and `pairs_of`."""
    if card is None:
        return read_pairs(path)
    found = pairs_of(path, card, optional=False)
    return [LabelledPair(pair.premise, pair.hypothesis, pair.label) for pair in found if pair.label is not None]


def pairs_of(path: str | Path, card: TaskCard, *, optional: bool) -> list[GivenPair]:
    """The pairs of a file whose columns a card names; `optional`: a label may be missing.

    Raises:
        DataError: The file or a row can't be read, or a label is none of those that the card declares.
        UsageError: The card gives labels other names than ours.
    """
    names = card.labels or {label.value: label.value for label in Label}
    if unknown := [name for name in names.values() if name not in list(Label)]:
        raise UsageError(f"labels: {unknown[0]!r} is no label of a pair; allowed: {', '.join(Label)}")
    pairs = []
    column = card.target.columns[0]
    for row in read_rows(path, card.columns):
        label = None
        if not (optional and row.values[column] in (None, "")):
            written = row.value(column).strip()
            if written not in names:
                raise row.problem(f"unknown label {written[:40]!r}; the task card knows {', '.join(names)}", column)
            label = Label(names[written])
        premise, hypothesis = (row.text(card.texts[side]) for side in ("premise", "hypothesis"))
        pairs.append(GivenPair(premise, hypothesis, label, row.number))
    return pairs


def _temperature(judge: Judge, scheme: LabelScheme, pairs: Sequence[LabelledPair]) -> float | None:
    """Fitted on the pairs; None where they are too easy to tell."""
    verdicts = judge.judge([(pair.premise, pair.hypothesis) for pair in pairs])
    probabilities = np.array([[verdict.probabilities[label] for label in scheme.labels] for verdict in verdicts])
    gold = np.array([scheme.column(pair.label) for pair in pairs])
    found = fit_temperature(np.log(np.maximum(probabilities, 1e-12)), gold)
    # At the bound no dev pair was wrong. That is no reason for a model to be surer than it was trained to be.
    return round(found, 4) if found > COLDEST * 1.01 else None


def _report(judge: Judge, pairs: Sequence[LabelledPair]) -> Report:
    return score(judge.judge([(pair.premise, pair.hypothesis) for pair in pairs]), [pair.label for pair in pairs])


def _figures(report: Report) -> dict[str, float]:
    return {
        "n": report.n,
        "labels": 2 if report.two_way else 3,
        "accuracy": round(report.accuracy, 4),
        "macro_f1": round(report.macro_f1, 4),
        "ece": round(report.ece, 4),
        "brier": round(report.brier, 4),
    }
