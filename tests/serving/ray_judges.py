"""Judges that are sent to workers."""

from __future__ import annotations

import os
import signal
import time

POISON = "poison."


class Slow:
    """Another judge, made slow; a certain hypothesis kills its process."""

    def __init__(self, judge, seconds_a_pair: float) -> None:
        self._judge = judge
        self._seconds = seconds_a_pair
        self.model, self.labels, self.threshold = judge.model, judge.labels, judge.threshold

    def judge(self, pairs):
        listed = list(pairs)
        if any(hypothesis == POISON for _, hypothesis in listed):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self._seconds * len(listed))
        return self._judge.judge(listed)
