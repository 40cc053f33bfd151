"""Words and their weights: the cheap look that decides what the judge is asked.

No verdict rests on it. It only chooses, among many texts, the few that are worth reading.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

K1 = 1.2
B = 0.75

# A run of letters and digits; ideographs and kana stand alone, since nothing separates their words.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|(?:(?![\u3040-\u30ff\u3400-\u9fff])\w)+")

STOP_WORDS = frozenset(
    "a an and are as at be been but by did do does for from had has have he her hers him his how i if in into is it "
    "its of on or our she so than that the their them then there these they this those to was we were what when where "
    "which who whom whose why will with would you your".split()
)
"""Words that say nothing of what a text is about. They are left out where a question or claim has others."""


def words(text: str) -> list[str]:
    """The words of a text in lower case, a plural's s cut off. Linear time."""
    return [_singular(word) for word in _WORD.findall(text.lower())]


def content_words(text: str) -> list[str]:
    """The words without stop words; all of them where there are no others."""
    every = words(text)
    return [word for word in every if word not in STOP_WORDS] or every


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word


class Bm25:
    """Okapi BM25 (Robertson et al. 1994) over texts held in memory, with k1 = 1.2 and b = 0.75.

    Relations: the same measure that SQLite's FTS5 ranks by in `passages_index`, for texts that are not on disk.
    """

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        """Index the texts, each given as its words."""
        postings: dict[str, list[tuple[int, int]]] = {}
        lengths: list[int] = []
        for number, text in enumerate(texts):
            lengths.append(len(text))
            for word, count in Counter(text).items():
                postings.setdefault(word, []).append((number, count))
        self._size = len(lengths)
        length = np.array(lengths, np.float64)
        self._slack = K1 * (1 - B + B * length / max(float(length.mean()) if lengths else 1.0, 1.0))  # (texts,)
        self._postings = {word: np.array(found, np.int64) for word, found in postings.items()}

    def __len__(self) -> int:
        return self._size

    def idf(self, word: str) -> float:
        """ln(1 + (N - n + 1/2) / (n + 1/2)): never negative."""
        held = len(self._postings.get(word, ()))
        return math.log(1 + (self._size - held + 0.5) / (held + 0.5))

    def scores(self, query: Iterable[str]) -> NDArray[np.float64]:
        """How well each text answers the words of the query. *Shape:* `(texts,)`."""
        scores = np.zeros(self._size)
        for word in dict.fromkeys(query):
            found = self._postings.get(word)
            if found is not None:
                texts, counts = found[:, 0], found[:, 1]
                scores[texts] += self.idf(word) * counts * (K1 + 1) / (counts + self._slack[texts])
        return scores


def best(scores: NDArray[np.float64], top: int) -> list[int]:
    """Indices of the `top` highest scores, best first; of equal ones the first."""
    order = np.argsort(-scores, kind="stable")[:top]
    return [int(index) for index in order]
