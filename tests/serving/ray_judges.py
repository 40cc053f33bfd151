"""Judges that are sent to workers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

POISON = "poison."


class Slow:
    """Another judge, made slow; a certain hypothesis kills its process. It notes in a file how many it was asked."""

    def __init__(self, judge, seconds_a_pair: float, *, begun: str | None = None) -> None:
        self._begun = begun
        self._judge = judge
        self._seconds = seconds_a_pair
        self.model, self.labels, self.threshold = judge.model, judge.labels, judge.threshold

    def judge(self, pairs):
        listed = list(pairs)
        if self._begun is not None:
            with Path(self._begun).open("a") as file:
                file.write(f"{len(listed)}\n")
        if any(hypothesis == POISON for _, hypothesis in listed):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self._seconds * len(listed))
        return self._judge.judge(listed)
