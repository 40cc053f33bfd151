"""One run from files to a finished model: read, train, calibrate, measure, write."""

from __future__ import annotations

import json
import random
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from tuili.data.atomic import write_files
from tuili.engine.load import load
from tuili.evaluation.calibration import COLDEST, fit_temperature
from tuili.evaluation.scoring import score
from tuili.learning.card import model_card
from tuili.learning.config import WITHOUT_EFFECT
from tuili.learning.joint_form import JointForm
from tuili.learning.loop import Trainer
from tuili.learning.measure import measure_pairs
from tuili.learning.objectives import BinaryLogistic, PartialLabels, SoftmaxCrossEntropy
from tuili.learning.pairs import LabelScheme, read_pairs
from tuili.learning.precision import Precision
from tuili.learning.prefix_form import PrefixForm
from tuili.learning.processes import joined
from tuili.learning.run_directory import RunDirectory, check_output
from tuili.learning.schedules import Schedule
from tuili.learning.settings import Settings
from tuili.learning.tracking import trackers
from tuili.reasoning.model_directory import find_model
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tuili.evaluation.report import Report
    from tuili.learning.config import TrainConfig
    from tuili.learning.objectives import Objective
    from tuili.learning.outcome import Moment, Outcome
    from tuili.learning.pairs import LabelledPair
    from tuili.learning.processes import Processes
    from tuili.learning.schedules import Decay
    from tuili.types import Judge

OBJECTIVES: dict[str, Objective] = {
    "softmax": SoftmaxCrossEntropy(),
    "binary": BinaryLogistic(),
    "partial": PartialLabels(),
}
MEASURING = 4
"""A batch without gradients may be so many times as large."""

SAMPLE = 2000
"""Training pairs that are measured at the end."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run came to.

    Attributes:
        path: Of the model.
        outcome: How training ended; None where it had been over before, or in another process than the first.
        reports: `train` (a sample), `dev` and, where one was given, `test`.
    """

    path: Path
    outcome: Outcome | None
    reports: Mapping[str, Report]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "output": str(self.path),
            "steps": None if self.outcome is None else self.outcome.steps,
            "best_step": None if self.outcome is None else self.outcome.best_step,
            "stopped_early": None if self.outcome is None else self.outcome.stopped_early,
            "resumed_at": None if self.outcome is None else self.outcome.resumed_at,
            "reports": {name: report.to_dict() for name, report in self.reports.items()},
        }


def run_training(config: TrainConfig, *, watch: Callable[[Moment], None] = lambda _: None) -> Trained:
    """See `tuili.learning.train.train`. `watch` is called after each step, in process 0 only."""
    check_output(config)
    with _threads(config.threads), joined(config.device) as processes:
        directory = RunDirectory.of(config, base=find_model(config.base).name, processes=processes.count)
        if processes.is_first and directory.open(resume=config.resume):
            processes.from_first([1.0])
            return Trained(Path(config.output), None, {})
        if processes.from_first([0.0])[0]:
            return Trained(Path(config.output), None, {})
        return _Run(config, directory, processes).whole(watch)


@dataclass(slots=True, eq=False)
class _Run:
    config: TrainConfig
    directory: RunDirectory
    processes: Processes

    def whole(self, watch: Callable[[Moment], None]) -> Trained:
        config = self.config
        sets = {"train": read_pairs(config.file), "dev": read_pairs(config.dev)}
        if config.test is not None:
            sets["test"] = read_pairs(config.test)
        scheme = LabelScheme.of(sets["train"], config.objective, config.file)
        form = (PrefixForm if config.form == "prefix" else JointForm)(config, scheme)
        outcome, cut = self._fit(form, scheme, sets, watch)
        if not self.processes.is_first:
            return Trained(Path(config.output), None, {})
        count = len(sets["train"])
        sets["train"] = random.Random(config.seed).sample(sets["train"], min(SAMPLE, len(sets["train"])))  # noqa: S311
        facts = {
            "base": form.base,
            "pairs": count,
            "steps": outcome.steps,
            "best_step": outcome.best_step,
            "precision": Precision.named(config.precision, self.processes.device).name,
            "cut": cut,
        }
        reports = self._write(form, scheme, sets, facts)
        self.directory.finish()
        return Trained(Path(config.output), outcome, reports)

    def _fit(
        self,
        form: PrefixForm | JointForm,
        scheme: LabelScheme,
        sets: Mapping[str, Sequence[LabelledPair]],
        watch: Callable[[Moment], None],
    ) -> tuple[Outcome, int]:
        config = self.config
        batches = form.batches(sets["train"], config.batch_tokens, config.seed)
        cut = form.cut
        dev = form.batches(sets["dev"], MEASURING * config.batch_tokens, 0, gold=True).in_order()
        logs = trackers(config.track, self.directory.path, config.model_name, config.to_dict())
        logs = logs if self.processes.is_first else []

        def began(step: int) -> None:
            for log in logs:
                log.begin(step)

        def note(moment: Moment) -> None:
            for log in logs:
                log.add(moment)
            watch(moment)

        trainer = Trainer(
            form.model,
            batches,
            OBJECTIVES[scheme.objective],
            _settings(config),
            lambda model: measure_pairs(model, dev, self.processes.device),
            self.directory.checkpoints,
            self.directory.digest,
            self.processes,
            note,
            began,
        )
        try:
            return trainer.fit(), cut
        finally:
            for log in logs:
                log.close()

    def _write(
        self,
        form: PrefixForm | JointForm,
        scheme: LabelScheme,
        sets: Mapping[str, Sequence[LabelledPair]],
        facts: dict[str, Any],
    ) -> Mapping[str, Report]:
        """The model, once to fit its temperature, once to measure it, and then for good."""
        config = self.config
        recipe = {name: value for name, value in config.to_dict().items() if name not in WITHOUT_EFFECT}
        recipe = {**recipe, "tuili": __version__, "pairs": facts["pairs"]}
        about: dict[str, Any] = {"recipe": recipe}
        with tempfile.TemporaryDirectory(prefix="draft-", dir=self.directory.path) as drafts:
            draft = Path(drafts, "model")
            form.write(draft, config, about, "# Draft\n")
            temperature = _temperature(load(draft), scheme, sets["dev"])
            about["temperature"] = 1.0 if temperature is None else temperature
            form.write(draft, config, about, "# Draft\n")
            judge = load(draft)
            reports = {name: _report(judge, pairs) for name, pairs in sets.items()}
        about["metrics"] = {name: _figures(report) for name, report in reports.items()}
        texts = {f"{name}.json": json.dumps(report.to_dict(), indent=2) + "\n" for name, report in reports.items()}
        texts |= {f"{name}.md": report.markdown() for name, report in reports.items()}
        write_files(self.directory.path / "reports", {name: text.encode() for name, text in texts.items()})
        card = model_card(config, scheme, reports, {**facts, "temperature": temperature})
        form.write(Path(config.output), config, about, card)
        return reports


def _settings(config: TrainConfig) -> Settings:
    return Settings(
        epochs=config.epochs,
        rate=config.peak_rate,
        weight_decay=config.weight_decay,
        schedule=Schedule(config.warmup, cast("Decay", config.decay)),
        accumulate=config.accumulate,
        clip=config.clip,
        precision=config.precision,
        seed=config.seed,
        evaluate_every=config.evaluate_every,
        patience=config.patience,
        save_every=config.save_every,
    )


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


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
