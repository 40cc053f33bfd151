"""What reviews say of aspects, each opinion with the sentence that entails it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.applications.recommend.aspects import Aspect, AspectFinder
from tuili.perception.sentences import split_sentences
from tuili.types import Label, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tuili.applications.recommend.reviews import Review
    from tuili.types import Judge, Verdict

PAIRS = 1_000
MAX_SENTENCE = 1_000
"""Characters; longer sentences are passed over: nobody could read so long a quote."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one sentence of one review says of one aspect.

    Attributes:
        user, item, aspect: Whose, of what.
        satisfaction: Probability that it is good less the probability that it is bad, -1 to 1.
        probability: That the sentence entails the more probable of the two.
        hypothesis: Which that is.
        quote: The sentence, exactly as the review has it at `span`.
    """

    user: str
    item: str
    aspect: str
    satisfaction: float
    probability: float
    hypothesis: str
    quote: str
    span: Span

    def to_dict(self) -> dict[str, Any]:
        return {
            "user": self.user,
            "item": self.item,
            "aspect": self.aspect,
            "satisfaction": self.satisfaction,
            "probability": self.probability,
            "hypothesis": self.hypothesis,
            "quote": self.quote,
            "span": list(self.span),
        }


def read_opinions(
    judge: Judge,
    reviews: Sequence[Review],
    aspects: Iterable[Aspect],
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Opinion]:
    """What the reviews say of the aspects that they name.

    Only sentences that hold a word of an aspect are judged, each as one premise of all hypotheses about its aspects.

    Args:
        progress: Called with the number of reviews done so far.
    """
    finder = AspectFinder(aspects)
    opinions: list[Opinion] = []
    waiting: list[tuple[Review, Span, Aspect]] = []
    pairs = 0
    for number, review in enumerate(reviews, 1):
        for span in split_sentences(review.text):
            if span.end - span.start > MAX_SENTENCE:
                continue
            for aspect in finder.find(review.text[span.start : span.end]):
                waiting.append((review, span, aspect))
                pairs += len(aspect.good) + len(aspect.bad)
        if pairs >= PAIRS or number == len(reviews):
            opinions += _judged(judge, waiting)
            waiting, pairs = [], 0
            if progress is not None:
                progress(number)
    return opinions


def _judged(judge: Judge, waiting: list[tuple[Review, Span, Aspect]]) -> list[Opinion]:
    asked: dict[tuple[str, str], None] = {}
    for review, span, aspect in waiting:
        quote = review.text[span.start : span.end]
        good, bad = aspect.hypotheses()
        asked.update(dict.fromkeys((quote, hypothesis) for hypothesis in (*good, *bad)))
    verdicts = dict(zip(asked, judge.judge(list(asked)), strict=True)) if asked else {}
    opinions = []
    for review, span, aspect in waiting:
        quote = review.text[span.start : span.end]
        good, bad = aspect.hypotheses()
        sides = [
            max(((_entailed(verdicts[quote, h]), h) for h in side), key=lambda pair: pair[0]) for side in (good, bad)
        ]
        probability, hypothesis = max(sides, key=lambda pair: pair[0])
        opinions.append(
            Opinion(
                review.user,
                review.item,
                aspect.name,
                sides[0][0] - sides[1][0],
                probability,
                hypothesis,
                quote,
                span,
            )
        )
    return opinions


def _entailed(verdict: Verdict) -> float:
    return verdict.probabilities[Label.ENTAILMENT]
