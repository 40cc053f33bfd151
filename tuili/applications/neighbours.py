"""Which texts of a collection are worth holding against each other: exact nearest neighbours by TF-IDF cosine."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tuili.applications.lexical import best, content_words

if TYPE_CHECKING:
    from collections.abc import Sequence


def neighbours(texts: Sequence[str], top: int) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, in order, where one is among the other's `top` nearest and they share a word.

    Stop words count only in texts that have no others. Memory is that of the words; time that of the common words of
    all pairs, as no pair without any is looked at.
    """
    counts = [Counter(content_words(text)) for text in texts]
    held = Counter(word for count in counts for word in count)
    postings: dict[str, tuple[list[int], list[float]]] = {}
    for number, count in enumerate(counts):
        # ln((1 + N) / n), so that even a word of every text has a little weight: else twins in a small file are missed.
        weights = {word: tf * math.log((1 + len(texts)) / held[word]) for word, tf in count.items()}
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        for word, weight in weights.items():
            numbers, values = postings.setdefault(word, ([], []))
            numbers.append(number)
            values.append(weight / norm)
    arrays = {word: (np.array(n), np.array(v)) for word, (n, v) in postings.items() if len(n) > 1}
    pairs: set[tuple[int, int]] = set()
    for number, count in enumerate(counts):
        cosine = np.zeros(len(texts))
        for word in count:
            if word in arrays:
                numbers_of, values_of = arrays[word]
                own = values_of[np.searchsorted(numbers_of, number)]
                cosine[numbers_of] += own * values_of
        cosine[number] = 0.0
        pairs |= {(min(number, other), max(number, other)) for other in best(cosine, top) if cosine[other] > 0}
    return sorted(pairs)
