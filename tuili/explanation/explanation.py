"""What an explanation is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuili.explanation.attribution import Attribution
    from tuili.explanation.contrast import Edit
    from tuili.explanation.faithfulness import Faithfulness
    from tuili.types import Pair, Verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a judge said what it said of one pair, as far as can be told.

    Attributes:
        pair: The pair.
        verdict: The judge's verdict with its evidence: phrases of either side, verbatim, as character spans.
        method: How words were weighed.
        attribution: The weight of each word that was weighed.
        sentence: The evidence in words.
        faithfulness: What deleting the evidence does to this verdict; None where it was not asked for, or where there
            is no evidence.
        edit: The smallest edit found that gives another label; None where none was found or asked for.
    """

    pair: Pair
    verdict: Verdict
    method: str
    attribution: Attribution
    sentence: str
    faithfulness: Faithfulness | None = None
    edit: Edit | None = None

    @property
    def comprehensiveness(self) -> float | None:
        """What the label's probability loses without the evidence."""
        return None if self.faithfulness is None else self.faithfulness.comprehensiveness

    @property
    def sufficiency(self) -> float | None:
        """What the label's probability loses with nothing but the evidence."""
        return None if self.faithfulness is None else self.faithfulness.sufficiency

    @property
    def confirmed(self) -> bool | None:
        """Whether the label's probability falls when the evidence is cut out and the rest is read anew."""
        return None if self.faithfulness is None else self.faithfulness.comprehensiveness > 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "premise": self.pair.premise,
            "hypothesis": self.pair.hypothesis,
            "verdict": self.verdict.to_dict(),
            "method": self.method,
            "sentence": self.sentence,
            "confirmed": self.confirmed,
            "faithfulness": None if self.faithfulness is None else self.faithfulness.to_dict(),
            "edit": None if self.edit is None else self.edit.to_dict(),
            "words": [
                {"side": word.side, "start": word.span.start, "end": word.span.end, "weight": weight}
                for word, weight in zip(self.attribution.words, self.attribution.weights, strict=True)
            ],
            "convergence_delta": self.attribution.delta,
        }
