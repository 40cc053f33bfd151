"""tuili: given what this text says, does that follow?

    >>> import tuili
    >>> tuili.judge("A man is sleeping.", "A person is asleep.").label
    <Label.ENTAILMENT: 'entailment'>

Names are resolved on first use, so that importing tuili loads no framework.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tuili.version import __version__ as __version__

if TYPE_CHECKING:
    from tuili.applications.answer import answer as answer
    from tuili.applications.check import check as check
    from tuili.applications.classify import classify as classify
    from tuili.applications.graph.build import build_graph as build_graph
    from tuili.applications.match import match as match
    from tuili.applications.recommend.recommender import Recommender as Recommender
    from tuili.engine.default import judge as judge
    from tuili.engine.load import load as load
    from tuili.engine.runs.file_run import judge_file as judge_file
    from tuili.errors import TuiliError as TuiliError
    from tuili.evaluation.evaluate import evaluate as evaluate
    from tuili.explanation.explain import explain as explain
    from tuili.learning.train import train as train
    from tuili.types import Evidence as Evidence
    from tuili.types import Judge as Judge
    from tuili.types import Label as Label
    from tuili.types import Pair as Pair
    from tuili.types import Span as Span
    from tuili.types import Verdict as Verdict

_HOMES = {
    "Evidence": "tuili.types",
    "Judge": "tuili.types",
    "Label": "tuili.types",
    "Pair": "tuili.types",
    "Recommender": "tuili.applications.recommend.recommender",
    "Span": "tuili.types",
    "TuiliError": "tuili.errors",
    "Verdict": "tuili.types",
    "answer": "tuili.applications.answer",
    "build_graph": "tuili.applications.graph.build",
    "check": "tuili.applications.check",
    "classify": "tuili.applications.classify",
    "evaluate": "tuili.evaluation.evaluate",
    "explain": "tuili.explanation.explain",
    "judge": "tuili.engine.default",
    "judge_file": "tuili.engine.runs.file_run",
    "load": "tuili.engine.load",
    "match": "tuili.applications.match",
    "train": "tuili.learning.train",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tuili' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
