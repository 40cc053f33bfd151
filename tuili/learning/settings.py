"""How to train."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tuili.errors import UsageError
from tuili.learning.schedules import Schedule


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        epochs: Passes over the batches.
        steps: Stop after so many steps instead, in as many epochs as that takes.
        rate: Peak learning rate of AdamW (Loshchilov & Hutter 2019).
        weight_decay: On matrices only.
        betas, eps: Of AdamW.
        schedule: The rate's way to its peak and down.
        accumulate: Batches a step, for each process; their gradients are summed.
        clip: Largest norm of a step's gradient (Pascanu et al. 2013); 0: no limit.
        precision: `auto`, `fp32`, `bf16` or `fp16`.
        seed: Of everything that is drawn.
        evaluate_every: Steps between evaluations; 0: at the end of each epoch.
        patience: End after so many evaluations in a row without a better score; None: never.
        save_every: Seconds between checkpoints; there is one after each evaluation anyway.
    """

    epochs: int = 3
    steps: int | None = None
    rate: float = 5e-5
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    eps: float = 1e-6
    schedule: Schedule = field(default_factory=Schedule)
    accumulate: int = 1
    clip: float = 1.0
    precision: str = "auto"
    seed: int = 1
    evaluate_every: int = 0
    patience: int | None = None
    save_every: float = 300.0

    def __post_init__(self) -> None:
        for name in ("epochs", "accumulate"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("steps", "patience"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise UsageError(f"rate must be a number above 0, got {self.rate}")
