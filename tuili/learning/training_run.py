"""One run from files to a finished model: read, train, measure, write. What that means is the task's to say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tuili.data.atomic import write_files
from tuili.learning.base_size import weights_in
from tuili.learning.loop import Trainer
from tuili.learning.precision import Precision
from tuili.learning.processes import joined
from tuili.learning.run_directory import RunDirectory, check_output
from tuili.learning.schedules import Schedule
from tuili.learning.settings import Settings
from tuili.learning.tasks.task import Setup, card_for, make, suited
from tuili.learning.threads import in_threads
from tuili.learning.tracking import trackers
from tuili.reasoning.model_directory import find_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tuili.learning.config import TrainConfig
    from tuili.learning.outcome import Moment, Outcome
    from tuili.learning.processes import Processes
    from tuili.learning.schedules import Decay
    from tuili.learning.tasks.card import TaskCard
    from tuili.learning.tasks.task import Measured, Task


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run came to.

    Attributes:
        path: Of the model.
        outcome: How training ended; None where it had been over before, or in another process than the first.
        reports: `train` (a sample), `dev` and, where one was given, `test`.
        unit: What is counted in them.
    """

    path: Path
    outcome: Outcome | None
    reports: Mapping[str, Measured]
    unit: str = "pairs"

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


def run_training(
    config: TrainConfig, *, watch: Callable[[Moment], None] = lambda _: None, keep: bool = True
) -> Trained:
    """See `tuili.learning.train.train`.

    Args:
        watch: Called after each step, in process 0 only.
        keep: Whether there are checkpoints, and the model is measured at the end and written; if not, there is only the
            outcome.
    """
    card = card_for(config)
    config = suited(config, card)
    check_output(config)
    with in_threads(config.threads), joined(config.device) as processes:
        directory = RunDirectory.of(config, base=find_model(config.base).name, processes=processes.count)
        if processes.is_first and directory.open(resume=config.resume):
            processes.from_first([1.0])
            return Trained(Path(config.output), None, {})
        if processes.from_first([0.0])[0]:
            return Trained(Path(config.output), None, {})
        return _Run(config, card, directory, processes).whole(watch, keep=keep)


@dataclass(slots=True, eq=False)
class _Run:
    config: TrainConfig
    card: TaskCard | None
    directory: RunDirectory
    processes: Processes

    def whole(self, watch: Callable[[Moment], None], *, keep: bool) -> Trained:
        config = self.config
        task = make(Setup(config, self.card, self.directory.path, self.processes))
        outcome = self._fit(task, watch, keep=keep)
        if not self.processes.is_first:
            return Trained(Path(config.output), None, {}, task.unit)
        if not keep:
            return Trained(Path(config.output), outcome, {}, task.unit)
        sizes = [(parameter.numel(), parameter.requires_grad) for parameter in task.model.parameters()]
        facts = {
            "trained": sum(size for size, trained in sizes if trained) / sum(size for size, _ in sizes),
            "steps": outcome.steps,
            "best_step": outcome.best_step,
            "precision": Precision.named(config.precision, self.processes.device).name,
        }
        reports = task.write(facts)
        texts = {f"{name}.json": json.dumps(report.to_dict(), indent=2) + "\n" for name, report in reports.items()}
        texts |= {f"{name}.md": report.markdown() for name, report in reports.items()}
        write_files(self.directory.path / "reports", {name: text.encode() for name, text in texts.items()})
        self.directory.finish()
        return Trained(Path(config.output), outcome, reports, task.unit)

    def _fit(self, task: Task, watch: Callable[[Moment], None], *, keep: bool) -> Outcome:
        config = self.config
        batches, dev = task.batches(), task.dev()
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
            task.model,
            batches,
            task.objective,
            _settings(config, config.rate_for(weights_in(find_model(config.base)))),
            lambda model: task.evaluate(model, dev),
            self.directory.checkpoints if keep else None,
            self.directory.digest,
            self.processes,
            note,
            began,
        )
        try:
            return trainer.fit()
        finally:
            for log in logs:
                log.close()


def _settings(config: TrainConfig, rate: float) -> Settings:
    return Settings(
        epochs=config.epochs,
        rate=rate,
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
