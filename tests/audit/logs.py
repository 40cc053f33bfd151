"""Small logs, and a judge that is quick and says different things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.audit import Log, Recorded
from tuili.audit.disk import Disk
from tuili.audit.settings import make_log
from tuili.audit.signing import make_key
from tuili.types import THREE_WAY, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tuili.audit.log import Limits


class Quick:
    """Says one of the labels, by the length of the texts."""

    model = "quick@1"
    labels = THREE_WAY
    threshold = 0.5

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        verdicts = []
        for premise, hypothesis in pairs:
            label = THREE_WAY[(len(premise) + len(hypothesis)) % 3]
            rest = 0.1 / (1 + len(premise))
            probabilities = {other: rest for other in THREE_WAY if other is not label} | {label: 1 - 2 * rest}
            verdicts.append(Verdict(label, probabilities, True, frozenset([label]), 1.0, self.model))
        return verdicts


def pairs(n: int, start: int = 0) -> list[tuple[str, str]]:
    return [(f"Man {k} sleeps.", f"Person {k} is {'very ' * (k % 3)}tired.") for k in range(start, start + n)]


def signed_log(root: Path, **options: Any) -> Path:
    """A new log with a key and checkpoints elsewhere: `root/log`, `root/key`, `root/elsewhere`."""
    make_key(root / "key")
    make_log(root / "log", Disk(), checkpoints=root / "elsewhere", key=root / "key", **options)
    return root / "log"


def filled(path: Path, calls: int = 8, each: int = 3, *, limits: Limits | None = None, **options: Any) -> Path:
    """A log with so many calls of so many pairs."""
    with Log(path, limits=limits, **options) as log:
        judge = Recorded(Quick(), log)
        for call in range(calls):
            judge.judge(pairs(each, call * each))
    return path
