"""How probable an edge is, given what the judge says and where the two mentions stand."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tuili.applications.graph.candidates import distance
from tuili.errors import DataError
from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tuili.applications.graph.candidates import Candidate
    from tuili.types import Verdict

FEATURES = (
    "support",  # ln p(entailment) / p(contradiction), mean over the hypotheses
    "direction",  # support less that of the same hypotheses with head and tail swapped
    "characters",  # ln(1 + characters between the mentions)
    "mentions",  # mentions between them
    "forward",  # whether the head comes first
    "linked",  # whether only 's, of, in, at, for or a comma stands between
    "linked_forward",
    "comma",  # whether only a comma does
    "comma_forward",
    "possessive",  # whether what stands between begins with 's
    "possessive_forward",
    "same_type",  # whether head and tail are of one type
    "heads",  # ln(1 + other heads that the tail could have in the sentence)
    "tails",  # ln(1 + other tails that the head could have)
)
_LEAST = 1e-4
_LINK = re.compile(r"\s*(?:['’]s|of|in|at|for|,)\s*(?:the\s*)?", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s")


@dataclass(frozen=True, slots=True)
class EdgeCalibration:
    """A logistic model over `FEATURES`, which knows nothing of any relation.

    A small judge is drawn to entailment where a sentence holds both names, whatever it says of them. Where the names
    stand, and how many others could stand in their place, tells much of what it misses. The weights of `support` and
    `direction` are never negative, so that a judge that is surer never makes an edge less probable.

    Relations: temperature scaling (Guo et al. 2017) knows the judge's logits alone and can't reorder; this can.
    """

    weights: tuple[float, ...]
    intercept: float

    def probability(self, features: Sequence[float]) -> float:
        """Of an edge, 0 to 1. *Shape:* as many features as `FEATURES`."""
        z = self.intercept + math.fsum(w * f for w, f in zip(self.weights, features, strict=True))
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, z))))

    def to_dict(self) -> dict[str, Any]:
        return {"intercept": self.intercept, "weights": dict(zip(FEATURES, self.weights, strict=True))}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> EdgeCalibration:
        """What `to_dict` wrote.

        Raises:
            DataError: It is not that.
        """
        weights = value.get("weights")
        if not isinstance(weights, dict) or set(weights) != set(FEATURES):
            raise DataError(f"a calibration of edges holds weights of {', '.join(FEATURES)}")
        numbers = [*(weights[name] for name in FEATURES), value.get("intercept")]
        if not all(type(n) in (int, float) and math.isfinite(n) for n in numbers):
            raise DataError("the weights of a calibration of edges are finite numbers")
        if weights["support"] < 0 or weights["direction"] < 0:
            raise DataError("the weights of support and direction can't be negative")
        return cls(tuple(float(n) for n in numbers[:-1]), float(numbers[-1]))


@cache
def shipped_calibration() -> EdgeCalibration:
    """Fitted for the embedded model by `benchmarks/relations.py --fit`."""
    return EdgeCalibration.from_dict(
        json.loads((files("tuili.applications.graph") / "calibration.json").read_text("utf-8"))
    )


def support(verdicts: Sequence[Verdict]) -> float:
    """ln p(entailment) / p(contradiction), or of not-entailment for a two-way judge; the mean over hypotheses."""
    ratios = []
    for verdict in verdicts:
        against = Label.CONTRADICTION if Label.CONTRADICTION in verdict.probabilities else Label.NOT_ENTAILMENT
        ratios.append(
            math.log(max(verdict.probabilities[Label.ENTAILMENT], _LEAST) / max(verdict.probabilities[against], _LEAST))
        )
    return math.fsum(ratios) / len(ratios)


def features(text: str, candidate: Candidate, forward: float, backward: float | None) -> tuple[float, ...]:
    """The features of one candidate, in the order of `FEATURES`.

    Args:
        text: The source.
        candidate: The hypothesis and its mentions.
        forward: `support` of the candidate.
        backward: `support` with head and tail swapped; None for a symmetric relation.
    """
    head, tail = candidate.head, candidate.tail
    first, second = sorted((head.at, tail.at))
    middle = text[first.end : second.start]
    ahead = float(head.at < tail.at)
    linked = float(bool(_LINK.fullmatch(middle)))
    comma = float(middle.strip() == ",")
    possessive = float(bool(_POSSESSIVE.match(middle)))
    return (
        forward,
        0.0 if backward is None else forward - backward,
        math.log1p(max(0, distance(candidate))),
        float(len(candidate.between)),
        ahead,
        linked,
        linked * ahead,
        comma,
        comma * ahead,
        possessive,
        possessive * ahead,
        float(head.type == tail.type),
        math.log1p(candidate.heads),
        math.log1p(candidate.tails),
    )
