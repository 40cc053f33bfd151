"""The training loop. It takes a model, batches in a known order and an objective, and knows nothing of the task.

What decides a step is the step's number alone: the batches follow from seed and epoch, the random numbers (dropout)
from seed, step and process, the rate from the share that is done. So a checkpoint needs weights, optimiser and two
numbers, and a run that is killed and resumed ends with the bits of one that was not.
"""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch

from tuili.errors import NumericalError, ResumeError, UsageError
from tuili.learning.memory import told_if_out_of_memory
from tuili.learning.optimiser import adamw
from tuili.learning.outcome import Evaluation, Moment, Outcome
from tuili.learning.precision import Precision
from tuili.learning.processes import Processes
from tuili.learning.settings import Settings
from tuili.learning.state import from_bytes, optimiser_state, put_optimiser_state, put_weights, to_bytes, weights_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    from tuili.learning.batches import Batch, Batches
    from tuili.learning.checkpoints import CheckpointStore
    from tuili.learning.objectives import Objective


@dataclass(slots=True)
class _Place:
    """Where a run stands; goes into each checkpoint."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    finished: bool = False
    best_step: int | None = None
    best_score: Sequence[float] | None = None
    best_metrics: Mapping[str, float] = field(default_factory=dict)
    worse: int = 0  # evaluations since the best one


@dataclass(slots=True, eq=False)
class Trainer:
    """One run.

    Attributes:
        model: Called with a batch's inputs; returns `(n, k)`.
        batches: See `Batches`.
        objective: See `Objective`.
        evaluate: Measures the model, which is in evaluation mode; called in process 0 only. None: the last weights
            are taken.
        store: Where checkpoints go; none are written without.
        run: What must be equal for a checkpoint to be of this run.
        watch: Called in process 0 after each step.
        began: Called in process 0 with the step at which training begins, before the first one.
    """

    model: nn.Module
    batches: Batches
    objective: Objective
    settings: Settings = field(default_factory=Settings)
    evaluate: Callable[[nn.Module], Evaluation] | None = None
    store: CheckpointStore | None = None
    run: str = ""
    processes: Processes = field(default_factory=Processes)
    watch: Callable[[Moment], None] = lambda _: None
    began: Callable[[int], None] = lambda _: None
    _place: _Place = field(default_factory=_Place, init=False)
    _best: dict[str, Tensor] | None = field(default=None, init=False)
    _optimiser: torch.optim.Optimizer = field(init=False)
    _precision: Precision = field(init=False)
    _scaler: torch.amp.GradScaler = field(init=False)

    def fit(self) -> Outcome:
        """Train to the end, from the last checkpoint if there is one.

        Raises:
            NumericalError: The loss or its gradient is not finite. The weights before that step are still good.
            ResumeError: The checkpoints are those of another run.
            UsageError: Memory does not suffice, a checkpoint can't be written, or an option can't be.
        """
        settings, place = self.settings, self._place
        self._precision = Precision.named(settings.precision, self.processes.device)
        self._scaler = self._precision.scaler()
        self.model.to(self.processes.device)
        self._optimiser = adamw(self.model, settings)
        damaged = self._resume()
        resumed_at = place.step
        if self.processes.is_first:
            self.began(resumed_at)
        saved = time.monotonic()
        while not place.finished:
            batches = self.batches.epoch(place.epoch)
            if not len(batches):
                raise UsageError("there is nothing to train on: an epoch without a batch")
            while place.batch < len(batches) and not place.finished:
                moment = self._step(batches)
                if due := self._is_due(len(batches)):
                    moment = self._measure(moment)
                if self.processes.is_first:
                    self.watch(moment)
                    if due or place.finished or time.monotonic() - saved > settings.save_every:
                        self._save()
                        saved = time.monotonic()
            place.epoch, place.batch = place.epoch + 1, 0
        if self._best is not None:
            put_weights(self.model, self._best)
        best = None if place.best_score is None else Evaluation(tuple(place.best_score), place.best_metrics)
        stopped = settings.patience is not None and place.worse >= settings.patience
        return Outcome(place.step, place.best_step, best, stopped, resumed_at, damaged)

    def _step(self, batches: Sequence[Batch]) -> Moment:
        """Take the next batches, as many as make up a step, and go down their gradient."""
        settings, processes, place = self.settings, self.processes, self._place
        stop = min(len(batches), place.batch + settings.accumulate * processes.count)
        place.step += 1
        share = self._share((place.batch + stop) / 2 / len(batches), place.step - 0.5)
        rate = settings.rate * settings.schedule.factor(share)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        torch.manual_seed(_seed(settings.seed, place.step, processes.rank))
        self.model.train()
        with told_if_out_of_memory():
            mine = [batches[index] for index in range(place.batch + processes.rank, stop, processes.count)]
            loss, size = self._backward(mine)
            norm = self._update()
        if not math.isfinite(loss) or not (math.isfinite(norm) or self._scaler.is_enabled()):
            raise self._diverged("gradient of" if math.isfinite(loss) else "loss of")
        place.batch = stop
        share = self._share(stop / len(batches), place.step)
        place.finished = share >= 1
        return Moment(place.step, place.epoch, share, loss, rate, norm, size)

    def _backward(self, batches: Sequence[Batch]) -> tuple[float, int]:
        """The gradient of the weighted mean over all batches of all processes; that mean, and how many examples."""
        self._optimiser.zero_grad(set_to_none=True)
        weight, size = self.processes.sum(
            [sum(float(batch.weights.sum()) for batch in batches), sum(batch.size for batch in batches)]
        )
        total = 0.0
        for batch in batches:
            here = batch.to(self.processes.device)
            with self._precision.autocast():
                outputs = self.model(here.inputs)
            loss = (self.objective(outputs.float(), here.targets) * here.weights).sum() / max(weight, 1e-8)
            torch.autograd.backward(self._scaler.scale(loss))
            total += float(loss.detach())
        self.processes.sum_gradients(self.model.parameters())
        return self.processes.sum([total])[0], int(size)

    def _update(self) -> float:
        """Clip and step, unless the gradient is not finite. Returns its norm."""
        self._scaler.unscale_(self._optimiser)
        limit = self.settings.clip or math.inf
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit))
        if self._scaler.is_enabled():  # which skips a step that overflowed, and lowers its scale
            self._scaler.step(self._optimiser)
            self._scaler.update()
        elif math.isfinite(norm):
            self._optimiser.step()
        return norm

    def _share(self, of_epoch: float, steps: float) -> float:
        if self.settings.steps is not None:
            return min(1.0, steps / self.settings.steps)
        return (self._place.epoch + of_epoch) / self.settings.epochs

    def _is_due(self, batches: int) -> bool:
        if self.evaluate is None:
            return False
        every, place = self.settings.evaluate_every, self._place
        return place.finished or (place.step % every == 0 if every else place.batch == batches)

    def _measure(self, moment: Moment) -> Moment:
        """Evaluate; keep the weights if they are the best so far; end if patience has run out."""
        place, metrics = self._place, moment.metrics
        verdict = [0.0]
        if self.processes.is_first and self.evaluate is not None:
            self.model.eval()
            with torch.no_grad(), self._precision.autocast(), told_if_out_of_memory():
                found = self.evaluate(self.model)
            metrics = found.metrics
            verdict = [float(place.best_score is None or tuple(found.score) > tuple(place.best_score))]
            if not all(map(math.isfinite, (*found.score, *metrics.values()))):
                verdict = [-1.0]
        verdict = self.processes.from_first(verdict)
        if verdict[0] < 0:
            raise self._diverged("evaluation after")
        better = bool(verdict[0])
        if better and self.processes.is_first:
            place.best_step, place.best_score, place.best_metrics = place.step, list(found.score), dict(metrics)
            self._best = weights_of(self.model)
        place.worse = 0 if better else place.worse + 1
        if self.settings.patience is not None and place.worse >= self.settings.patience:
            place.finished = True
        return replace(moment, metrics=metrics)

    def _save(self) -> None:
        if self.store is None:
            return
        place = self._place
        record = {
            "run": self.run,
            "place": {name: getattr(place, name) for name in _Place.__slots__},
            "seed": self.settings.seed,
            "scaler": self._scaler.state_dict(),
        }
        files = {
            "model.safetensors": to_bytes(weights_of(self.model)),
            "optimiser.safetensors": to_bytes(optimiser_state(self.model, self._optimiser)),
        }
        if self._best is not None:
            files["best.safetensors"] = to_bytes(self._best)
        self.store.save(place.step, record, files)

    def _resume(self) -> tuple[str, ...]:
        """Take over the newest checkpoint that is whole, if there is one. Returns what is wrong with later ones."""
        if self.store is None:
            return ()
        # process 0 goes first: it puts aside what is damaged
        if not self.processes.is_first:
            self.processes.wait()
        found = self.store.load()
        if self.processes.is_first:
            self.processes.wait()
        if found is None:
            return ()
        if found.record["run"] != self.run:
            raise ResumeError(f"{self.store.directory} holds the checkpoints of another run; name another output")
        put_weights(self.model, from_bytes(found.files["model.safetensors"]))
        put_optimiser_state(self.model, self._optimiser, from_bytes(found.files["optimiser.safetensors"]))
        if "best.safetensors" in found.files:
            self._best = from_bytes(found.files["best.safetensors"])
        scaler: dict[str, Any] = found.record["scaler"]
        if scaler:
            self._scaler.load_state_dict(scaler)
        for name, value in found.record["place"].items():
            setattr(self._place, name, value)
        return found.damaged

    def _diverged(self, what: str) -> NumericalError:
        numbers = self.store.numbers() if self.store is not None else []
        kept = "no checkpoint had been written yet"
        if numbers and self.store is not None:
            kept = f"the last good checkpoint, of step {numbers[-1]}, is kept in {self.store.directory}"
        return NumericalError(
            f"the {what} step {self._place.step} is not finite; {kept}. Train anew with a lower --rate, a longer "
            "--warmup, or --precision fp32"
        )


def _seed(seed: int, step: int, rank: int) -> int:
    """The generators' state at a step, from its number: nothing of it has to be kept."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{step}/{rank}".encode(), digest_size=8).digest()) >> 1
