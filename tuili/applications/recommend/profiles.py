"""What users and items have in common: neighbours by co-review, words of their reviews, and opinions of aspects."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuili.applications.recommend.aspects import content_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tuili.applications.recommend.opinions import Opinion
    from tuili.applications.recommend.reviews import Review

VOCABULARY = 4_000
MAX_PER_USER = 200
"""A user's latest reviews that make neighbours, so that one busy user does not make the work quadratic."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts; each is scaled to a standard deviation of 1 over the items first.

    The defaults are those that `benchmarks/recommendation.py` found best on users that its figures are not measured on.
    Aspects got no weight there: they give reasons, and rank only for requests and for weights of your own.
    """

    neighbours: float = 1.0
    popularity: float = 2.0
    words: float = 1.0
    aspects: float = 0.0


class Profiles:
    """Signals about items for a user or a request. *Shape:* each `(items,)`, in the order of `items`."""

    def __init__(self, reviews: Sequence[Review], opinions: Iterable[Opinion]) -> None:
        self.items = sorted({review.item for review in reviews})
        self.place = {item: number for number, item in enumerate(self.items)}
        self.of_user: dict[str, list[Review]] = defaultdict(list)
        for review in reviews:
            self.of_user[review.user].append(review)
        self._neighbours = self._similar()
        counts = Counter(review.item for review in reviews)
        self.popularity = np.log1p(np.array([counts[item] for item in self.items], float))
        self._read_words(reviews)
        self._read_opinions(list(opinions))

    def _similar(self) -> dict[int, dict[int, float]]:
        """Cosine of the sets of users (item-kNN, Sarwar et al. 2001)."""
        together: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        size: Counter[int] = Counter()
        for reviews in self.of_user.values():
            items = list({self.place[review.item] for review in reviews[-MAX_PER_USER:]})
            size.update(items)
            for a in items:
                for b in items:
                    if a != b:
                        together[a][b] += 1
        return {a: {b: n / math.sqrt(size[a] * size[b]) for b, n in row.items()} for a, row in together.items()}

    def _read_words(self, reviews: Sequence[Review]) -> None:
        of_item: dict[str, Counter[str]] = defaultdict(Counter)
        for review in reviews:
            of_item[review.item].update(content_words(review.text))
        seen: Counter[str] = Counter()
        for counter in of_item.values():
            seen.update(counter.keys())
        known = sorted((word for word, n in seen.items() if n > 1), key=lambda word: (-seen[word], word))[:VOCABULARY]
        self._word = {word: number for number, word in enumerate(known)}
        self._idf = np.array([math.log(len(self.items) / seen[word]) for word in known])
        self._rows = np.zeros((len(self.items), len(known)), np.float32)  # (items, vocabulary)
        for item, counter in of_item.items():
            self._rows[self.place[item]] = self._vector(counter)

    def _vector(self, counter: Mapping[str, int]) -> NDArray[np.float64]:
        row = np.zeros(len(self._word))
        for word, count in counter.items():
            if word in self._word:
                row[self._word[word]] = 1 + math.log(count)
        row *= self._idf
        length = float(np.linalg.norm(row))
        return row / length if length else row

    def _read_opinions(self, opinions: list[Opinion]) -> None:
        aspects = sorted({opinion.aspect for opinion in opinions})
        self._aspect = {aspect: number for number, aspect in enumerate(aspects)}
        total = np.zeros((len(self.items), len(aspects)))
        count = np.zeros_like(total)
        self._cares: dict[str, Counter[str]] = defaultdict(Counter)
        for opinion in opinions:
            at = self.place[opinion.item], self._aspect[opinion.aspect]
            total[at] += opinion.satisfaction
            count[at] += 1
            self._cares[opinion.user][opinion.aspect] += 1
        mean = total.sum(0) / np.maximum(count.sum(0), 1)  # what nobody said of an item is taken from the others
        self.satisfaction = (total + 2 * mean) / (count + 2)  # (items, aspects)
        self._named = count

    def neighbours(self, items: Iterable[str]) -> NDArray[np.float64]:
        scores = np.zeros(len(self.items))
        for item in items:
            for other, similarity in self._neighbours.get(self.place.get(item, -1), {}).items():
                scores[other] += similarity
        return scores

    def words(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Cosine of TF-IDF between texts and what is said of each item."""
        counter: Counter[str] = Counter()
        for text in texts:
            counter.update(content_words(text))
        return np.asarray(self._rows @ self._vector(counter), float)

    def cares(self, user: str) -> dict[str, float]:
        """How much of what a user says is about each aspect; sums to 1 where they named any."""
        named = self._cares.get(user, Counter())
        return {aspect: n / named.total() for aspect, n in named.items()}

    def aspects(self, cares: Mapping[str, float]) -> NDArray[np.float64]:
        """Satisfaction with the aspects that someone cares about, more for items of which they are spoken of."""
        scores = np.zeros(len(self.items))
        for aspect, weight in cares.items():
            if aspect in self._aspect:
                column = self._aspect[aspect]
                spoken = self._named[:, column] / (self._named[:, column] + 2)
                scores += weight * (self.satisfaction[:, column] + spoken)
        return scores


def scaled(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(signal.std())
    return (signal - signal.mean()) / spread if spread > 0 else np.zeros_like(signal)
