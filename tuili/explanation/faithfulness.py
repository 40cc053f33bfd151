"""Whether an explanation is true of this very verdict: its words are deleted, or all others, and the pair read anew.

*Comprehensiveness* is what the label's probability loses without the evidence, *sufficiency* what it loses when nothing
but the evidence is left (DeYoung et al. 2020, ERASER). Large and small are good, but only beside the same numbers for
random words: as many on each side, drawn with a seed.

Where the verdict is entailment only the premise is cut: with the words gone that need support, what is left of a
hypothesis follows all the more, however good the evidence. Otherwise both sides are.

Relations: ERASER averages over five sizes of the evidence; here it has the one size that is shown. Deleting favours
explanations that were found by deleting, and texts with holes are unlike what a model was trained on; so the benchmark
also lets a second model judge the cut texts.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from tuili.engine.occlusion import delete_parts, judge_cut
from tuili.explanation.lexical import parts, words
from tuili.types import Label, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.types import Evidence, Judge, Pair, Part, Verdict


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """What deleting says of an explanation. All are differences of the label's probability, -1 to 1.

    Attributes:
        comprehensiveness: Lost without the evidence; large is good.
        comprehensiveness_random: The same for random words, mean over the draws.
        sufficiency: Lost with nothing but the evidence; small is good.
        sufficiency_random: The same for random words.
        premise_loss: Lost without the premise's evidence, the hypothesis left whole: masking said that it matters,
            and this re-reads the cut text. None where there is none.
        draws: How many times random words were drawn.
        seed: Of the draws.
    """

    comprehensiveness: float
    comprehensiveness_random: float
    sufficiency: float
    sufficiency_random: float
    premise_loss: float | None
    draws: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "comprehensiveness": self.comprehensiveness,
            "comprehensiveness_random": self.comprehensiveness_random,
            "sufficiency": self.sufficiency,
            "sufficiency_random": self.sufficiency_random,
            "premise_loss": self.premise_loss,
            "draws": self.draws,
            "seed": self.seed,
        }


def measure(
    judge: Judge, pair: Pair, verdict: Verdict, evidence: Sequence[Evidence], *, draws: int, seed: int
) -> Faithfulness | None:
    """Test evidence on the verdict that it explains; None where there is no evidence to test.

    All cut texts go to the judge in one call.
    """
    every = parts("premise", words(pair.premise))
    if verdict.label is not Label.ENTAILMENT:
        every += parts("hypothesis", words(pair.hypothesis))
    chosen = [word for word in every if any(_inside(word, found) for found in evidence)]
    if not chosen:
        return None
    rng = random.Random(seed)  # noqa: S311 - which words are drawn is no secret
    drawn = [_draw(rng, every, chosen) for _ in range(draws)]
    premise = [word for word in chosen if word.side == "premise"]
    without = [delete_parts(pair, some) for some in (chosen, *drawn)]
    only = [delete_parts(pair, _others(every, some)) for some in (chosen, *drawn)]
    alone = [delete_parts(pair, premise)] if premise else []
    lost = [
        verdict.confidence - found.probabilities[verdict.label] for found in judge_cut(judge, without + only + alone)
    ]
    sufficiency = lost[1 + draws : 2 + 2 * draws]
    return Faithfulness(
        comprehensiveness=lost[0],
        comprehensiveness_random=_mean(lost[1 : 1 + draws]),
        sufficiency=sufficiency[0],
        sufficiency_random=_mean(sufficiency[1:]),
        premise_loss=lost[-1] if premise else None,
        draws=draws,
        seed=seed,
    )


def _inside(word: Part, found: Evidence) -> bool:
    return word.side == found.side and found.span.start <= word.span.start and word.span.end <= found.span.end


def _draw(rng: random.Random, every: Sequence[Part], chosen: Sequence[Part]) -> list[Part]:
    """As many words of each side as were chosen."""
    drawn: list[Part] = []
    for side in get_args(Side):
        own = [word for word in every if word.side == side]
        drawn += rng.sample(own, sum(word.side == side for word in chosen))
    return drawn


def _others(every: Sequence[Part], kept: Sequence[Part]) -> list[Part]:
    held = frozenset(kept)
    return [word for word in every if word not in held]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
