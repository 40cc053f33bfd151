"""Recommendations from reviews, each with the sentences of other people that entail its reason."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.applications.recommend.aspects import Aspect, AspectFinder, content_words, mine_aspects
from tuili.applications.recommend.opinions import Opinion, read_opinions
from tuili.applications.recommend.profiles import Profiles, Weights, scaled
from tuili.applications.recommend.reviews import Review, check_reviews
from tuili.data.shown import shown
from tuili.data.text import check_text
from tuili.errors import UsageError
from tuili.perception.sentences import split_sentences
from tuili.types import Label, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tuili.types import Judge

ENTAILED = 0.5
"""Probability from which on a sentence counts as a reason."""

REQUESTED = Weights(neighbours=1.0, popularity=0.3, words=1.5, aspects=0.5)
"""For requests and for similar items, where what is asked must outweigh what everybody buys. Chosen, not fitted."""

REASONS = 3
CHECKED = 20
"""How many of the best items a request is put to the reviews of."""

_WANT = re.compile(
    r"^\s*(?:i|we)(?:'m|’m|'d|’d| am| are| would)?\s+(?:want|need|like|look(?:ing)? for|search(?:ing)? for)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An item, and why.

    Attributes:
        item: Which.
        score: Higher is better; only comparable within one answer.
        signals: What the score is the sum of.
        reasons: Sentences of reviews that entail that it has what is cared about; empty where no review says so.
    """

    item: str
    score: float
    signals: Mapping[str, float]
    reasons: tuple[Opinion, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "item": self.item,
            "score": self.score,
            "signals": dict(self.signals),
            "reasons": [reason.to_dict() for reason in self.reasons],
        }


class Recommender:
    """Fit on reviews, then ranks items for a user, for a request in words, or beside another item.

    Signals: neighbours by co-review (item-kNN), popularity, the words of reviews (TF-IDF), and satisfaction with
    aspects, which the judge infers from the sentences that name them.
    """

    def __init__(
        self, judge: Judge, *, aspects: Sequence[Aspect] | None = None, weights: Weights | None = None
    ) -> None:
        """A recommender that knows nothing yet.

        Args:
            judge: Who says what a review entails.
            aspects: What may be said of an item; by default, mined from the reviews.
            weights: How much each signal counts in `recommend`.
        """
        self._judge = judge
        self._given = None if aspects is None else tuple(aspects)
        self.weights = weights or Weights()
        self.aspects: tuple[Aspect, ...] = self._given or ()
        self.reviews: tuple[Review, ...] = ()
        self.opinions: tuple[Opinion, ...] = ()
        self.profiles = Profiles((), ())

    def fit(
        self, reviews: Iterable[Review | Mapping[str, Any]], *, progress: Callable[[int], None] | None = None
    ) -> Recommender:
        """Forget what was known, and learn from these reviews; equal reviews are counted once.

        Args:
            reviews: `Review`s, or mappings with user, item, rating and, where there is any, text.
            progress: Called with the number of reviews read so far.

        Raises:
            InputError: One of them is no review.
        """
        checked = check_reviews(reviews)
        self.aspects = self._given if self._given is not None else mine_aspects(review.text for review in checked)
        opinions = read_opinions(self._judge, checked, self.aspects, progress=progress)
        self.restore(checked, opinions)
        return self

    def update(
        self, reviews: Iterable[Review | Mapping[str, Any]], *, progress: Callable[[int], None] | None = None
    ) -> Recommender:
        """Learn from more reviews; only they are judged, and the aspects stay as they are.

        A review replaces the same user's earlier one of the same item.
        """
        checked = check_reviews(reviews)
        if not self.reviews:
            return self.fit(checked, progress=progress)
        known = set(self.reviews)
        new = [review for review in checked if review not in known]
        replaced = {(review.user, review.item) for review in new}
        opinions = read_opinions(self._judge, new, self.aspects, progress=progress)
        kept = [review for review in self.reviews if (review.user, review.item) not in replaced]
        old = [opinion for opinion in self.opinions if (opinion.user, opinion.item) not in replaced]
        self.restore([*kept, *new], [*old, *opinions])
        return self

    def restore(self, reviews: Sequence[Review], opinions: Sequence[Opinion]) -> None:
        """Know these reviews and what was read in them; nothing is judged."""
        self.reviews, self.opinions = tuple(reviews), tuple(opinions)
        self.profiles = Profiles(self.reviews, self.opinions)

    def recommend(self, user: str, *, n: int = 10) -> list[Recommendation]:
        """Items that a user has not reviewed, best first. Nobody knows an unknown user: see `for_request`.

        Raises:
            UsageError: The user has no reviews, or n is below 1.
        """
        reviews = self.profiles.of_user.get(user)
        if not reviews:
            raise UsageError(
                f"no review is by {shown(user)}; for someone new say what is wanted: for_request(sentence), "
                "on the command line --request"
            )
        cares = self.profiles.cares(user)
        signals = self._signals([r.item for r in reviews], [r.text for r in reviews], cares)
        return self._ranked(signals, {review.item for review in reviews}, cares, user, n)

    def scores(self, user: str) -> dict[str, float]:
        """The score of every item for a user, those that they reviewed among them."""
        reviews = self.profiles.of_user.get(user, [])
        cares = self.profiles.cares(user)
        signals = self._signals([r.item for r in reviews], [r.text for r in reviews], cares)
        total = self._total(signals)
        return dict(zip(self.profiles.items, total.tolist(), strict=True))

    def for_request(self, request: str, *, n: int = 10) -> list[Recommendation]:
        """Items for someone who says what they want: "I want a quiet amp for a flat".

        The items whose reviews share most with the request are put to the judge: does a sentence of a review entail
        that the thing is what is wanted? Those of which one does rise, and carry the sentence.

        Raises:
            InvalidText: The request can't be judged.
            UsageError: n is below 1.
        """
        request = check_text(request, "request")
        if not self.reviews:
            return []
        found = AspectFinder(self.aspects).find(request)
        cares = {aspect.name: 1 / len(found) for aspect in found}
        signals = self._signals([], [request], cares, REQUESTED)
        ranked = self._ranked(signals, set(), cares, None, max(n, CHECKED))
        return self._checked(request, ranked)[: _positive(n)]

    def similar(self, item: str, *, n: int = 10) -> list[Recommendation]:
        """Items that the same people reviewed, and of which the same is said.

        Raises:
            UsageError: The item has no reviews, or n is below 1.
        """
        if item not in self.profiles.place:
            raise UsageError(f"no review is of {shown(item)}")
        texts = [review.text for review in self.reviews if review.item == item]
        cares = {}
        named = [opinion.aspect for opinion in self.opinions if opinion.item == item]
        for aspect in named:
            cares[aspect] = named.count(aspect) / len(named)
        return self._ranked(self._signals([item], texts, cares, REQUESTED), {item}, cares, None, n)

    def save(self, directory: str | Path) -> None:
        """Write all that was learnt into a directory, as JSON.

        Raises:
            UsageError: It can't be written to.
        """
        from tuili.applications.recommend.saved import save

        save(self, directory)

    @classmethod
    def load(cls, judge: Judge, directory: str | Path) -> Recommender:
        """What `save` wrote. Nothing is judged again.

        Raises:
            DataError: It is missing or damaged.
        """
        from tuili.applications.recommend.saved import load

        return load(cls, judge, directory)

    def _signals(
        self, items: Sequence[str], texts: Sequence[str], cares: Mapping[str, float], weights: Weights | None = None
    ) -> dict[str, NDArray[np.float64]]:
        signals = {
            "neighbours": self.profiles.neighbours(items),
            "popularity": self.profiles.popularity,
            "words": self.profiles.words(texts),
            "aspects": self.profiles.aspects(cares),
        }
        share = asdict(weights or self.weights)
        return {name: share[name] * scaled(signal) for name, signal in signals.items()} if self.reviews else signals

    @staticmethod
    def _total(signals: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.asarray(np.sum(list(signals.values()), axis=0))

    def _ranked(
        self,
        signals: Mapping[str, NDArray[np.float64]],
        without: set[str],
        cares: Mapping[str, float],
        user: str | None,
        n: int,
    ) -> list[Recommendation]:
        total = self._total(signals)
        order = sorted(range(len(total)), key=lambda i: (-total[i], self.profiles.items[i]))
        best = [i for i in order if self.profiles.items[i] not in without][: _positive(n)]
        wanted = {self.profiles.items[i] for i in best}
        reasons: dict[str, list[Opinion]] = {}
        for opinion in self.opinions:
            speaks = opinion.satisfaction > 0 and opinion.probability >= ENTAILED and opinion.user != user
            if speaks and opinion.item in wanted:
                reasons.setdefault(opinion.item, []).append(opinion)
        return [
            Recommendation(
                self.profiles.items[i],
                float(total[i]),
                {name: float(signal[i]) for name, signal in signals.items()},
                _best_reasons(reasons.get(self.profiles.items[i], []), cares),
            )
            for i in best
        ]

    def _checked(self, request: str, ranked: list[Recommendation]) -> list[Recommendation]:
        """The items again, those of which a review entails the request first."""
        wanted = _WANT.sub("", request, count=1).strip().rstrip(".!?")
        hypothesis = f"This is {wanted}."
        words = set(content_words(request))
        of_item: dict[str, list[tuple[int, Review, Span]]] = {one.item: [] for one in ranked[:CHECKED]}
        for review in self.reviews:
            if review.item in of_item:
                for span in split_sentences(review.text):
                    shared = len(words & set(content_words(review.text[span.start : span.end])))
                    if shared and span.end - span.start <= 1_000:
                        of_item[review.item].append((shared, review, span))
        chosen = [
            (review, span)
            for found in of_item.values()
            for _, review, span in sorted(found, key=lambda one: -one[0])[:REASONS]
        ]
        quotes = [review.text[span.start : span.end] for review, span in chosen]
        verdicts = self._judge.judge([(quote, hypothesis) for quote in quotes]) if quotes else []
        entailing: dict[str, list[Opinion]] = {}
        for (review, span), quote, verdict in zip(chosen, quotes, verdicts, strict=True):
            p = verdict.probabilities[Label.ENTAILMENT]
            if p >= ENTAILED:
                said = Opinion(review.user, review.item, "request", p, p, hypothesis, quote, span)
                entailing.setdefault(review.item, []).append(said)
        lifted = []
        for one in ranked:
            found = sorted(entailing.get(one.item, []), key=lambda said: -said.probability)
            lift = found[0].probability if found else 0.0
            reasons = (*found, *one.reasons)[:REASONS]
            signals = {**one.signals, "entailed": lift}
            lifted.append(Recommendation(one.item, one.score + lift, signals, reasons))
        return sorted(lifted, key=lambda one: (-one.score, one.item))


def _best_reasons(opinions: list[Opinion], cares: Mapping[str, float]) -> tuple[Opinion, ...]:
    """Of what is cared about first; one sentence for each aspect."""
    ranked = sorted(opinions, key=lambda o: (-cares.get(o.aspect, 0.0), -o.probability, o.quote))
    first: dict[str, Opinion] = {}
    for opinion in ranked:
        first.setdefault(opinion.aspect, opinion)
    return tuple(first.values())[:REASONS]


def _positive(n: int) -> int:
    if type(n) is not int or n < 1:
        raise UsageError(f"n must be a whole number, 1 or more, got {n!r}")
    return n
