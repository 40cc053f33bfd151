"""How the learning rate goes, as a factor on its peak, over the share of the training that is done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from tuili.errors import UsageError

Decay = Literal["linear", "cosine", "constant", "late"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Warm-up, then decay. A share needs no count of steps, which differs from epoch to epoch.

    Attributes:
        warmup: Share of the training during which the rate rises in a line (Goyal et al. 2017, section 2.2).
        decay: After it. `linear` to zero; `cosine` to zero (Loshchilov & Hutter 2017); `constant`; or `late`, constant
            and then linear to zero over the last part (warm-up, stable, decay: Hu et al. 2024, MiniCPM, section 4).
        tail: How large that last part is.
    """

    warmup: float = 0.06
    decay: Decay = "linear"
    tail: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.warmup < 1:
            raise UsageError(f"warmup must be a share of the training, from 0 to below 1, got {self.warmup}")
        if self.decay not in get_args(Decay):
            raise UsageError(f"decay must be one of {', '.join(get_args(Decay))}, got {self.decay!r}")
        if not 0 < self.tail <= 1:
            raise UsageError(f"tail must be a share of the training, above 0 and up to 1, got {self.tail}")

    def factor(self, share: float) -> float:
        """Of the peak rate, after `share` (0 to 1) of the training."""
        if share < self.warmup:
            return share / self.warmup
        done = (share - self.warmup) / (1 - self.warmup)
        if self.decay == "linear":
            return 1 - done
        if self.decay == "cosine":
            return (1 + math.cos(math.pi * done)) / 2
        if self.decay == "late":
            return min(1.0, (1 - share) / self.tail)
        return 1.0
