"""Where the course of a run is written: a line of JSON a step, and whatever else was asked for."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Protocol

from tuili.data.atomic import write_files
from tuili.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tuili.learning.outcome import Moment

LOG = "log.jsonl"


class Tracker(Protocol):
    """Somebody who wants to know."""

    def begin(self, step: int) -> None:
        """Training begins after this step; what was said of later ones by a run that was killed does not count."""

    def add(self, moment: Moment) -> None: ...

    def close(self) -> None: ...


class JsonLines:
    """`log.jsonl`: step, epoch, share, loss, rate, gradient norm, size, seconds, and metrics where there are any."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOG
        self._began = time.monotonic()

    def begin(self, step: int) -> None:
        kept = []
        if self._path.exists():
            for line in self._path.read_text("utf-8").splitlines():
                try:
                    if json.loads(line)["step"] <= step:
                        kept.append(line + "\n")
                except (ValueError, KeyError, TypeError):  # torn by a kill
                    continue
        write_files(self._path.parent, {self._path.name: "".join(kept).encode()})

    def add(self, moment: Moment) -> None:
        line = {**_numbers(moment), "seconds": round(time.monotonic() - self._began, 3)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Nothing is open."""


class TensorBoard:
    """Event files in `tensorboard/`; look at them with `tensorboard --logdir`."""

    def __init__(self, directory: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtra("tensorboard", "tensorboard") from error
        self._make: Any = SummaryWriter
        self._directory = directory / "tensorboard"
        self._writer: Any = None

    def begin(self, step: int) -> None:
        self._writer = self._make(str(self._directory), purge_step=step + 1)

    def add(self, moment: Moment) -> None:
        for name, value in _numbers(moment).items():
            if name != "step":
                self._writer.add_scalar(name, value, moment.step)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class WeightsAndBiases:
    """A run of wandb, named after the output; without an account it is kept in `wandb/` (WANDB_MODE=offline)."""

    def __init__(self, directory: Path, name: str, options: Mapping[str, Any]) -> None:
        try:
            import wandb
        except ImportError as error:
            raise MissingExtra("wandb", "wandb") from error
        self._wandb: Any = wandb
        self._directory, self._name, self._options = directory, name, dict(options)
        self._run: Any = None

    def begin(self, step: int) -> None:
        mode = os.environ.get("WANDB_MODE") or ("online" if os.environ.get("WANDB_API_KEY") else "offline")
        self._run = self._wandb.init(
            project="tuili",
            name=self._name,
            dir=str(self._directory),
            config={**self._options, "from": step},
            mode=mode,
        )

    def add(self, moment: Moment) -> None:
        numbers = _numbers(moment)
        self._run.log({name: value for name, value in numbers.items() if name != "step"}, step=moment.step)

    def close(self) -> None:
        if self._run is not None:
            self._run.finish()


def trackers(track: str, directory: Path, name: str, options: Mapping[str, Any]) -> list[Tracker]:
    """JSON lines always, and the one that `track` names.

    Raises:
        MissingExtra: It is not installed.
    """
    others: dict[str, list[Tracker]] = {"jsonl": []}
    if track == "tensorboard":
        others[track] = [TensorBoard(directory)]
    elif track == "wandb":
        others[track] = [WeightsAndBiases(directory, name, options)]
    return [JsonLines(directory), *others[track]]


def _numbers(moment: Moment) -> dict[str, float]:
    return {
        "step": moment.step,
        "epoch": moment.epoch,
        "share": moment.share,
        "loss": moment.loss,
        "rate": moment.rate,
        "gradient_norm": moment.gradient_norm,
        "size": moment.size,
        **moment.metrics,
    }
