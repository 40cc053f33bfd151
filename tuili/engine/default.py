"""One pair, the embedded model, no ceremony."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tuili.engine.load import load

if TYPE_CHECKING:
    from tuili.engine.engine import Engine
    from tuili.types import Verdict

_lock = threading.Lock()
_engine: Engine | None = None


def judge(premise: str, hypothesis: str) -> Verdict:
    """The embedded model's verdict on one pair; the model is loaded on first use and kept.

    Raises:
        InvalidPair: One of the texts can't be judged.
    """
    return _embedded().judge([(premise, hypothesis)])[0]


def _embedded() -> Engine:
    global _engine
    with _lock:
        if _engine is None:
            _engine = load()
        return _engine
