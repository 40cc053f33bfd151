"""From the probabilities of tags to entities: the most probable tag sequence that means something.

Each word has a tag: `O`, or for each type of entity `B` (it begins one), `I` (inside), `E` (ends one), `S` (is one by
itself). Column 0 is `O`; those of type `t` are `1 + 4 t` to `4 + 4 t`, in that order. After `B` or `I` only `I` or `E`
of the same type may follow, and nowhere else. Ratinov & Roth (2009, section 3) compare the schemes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEVER = -1e9


class WordSpan(NamedTuple):
    """Words `start` to `end` (exclusive) of a sentence are an entity of a type, by its number."""

    start: int
    end: int
    type: int


def columns(types: int) -> int:
    """How many tags there are."""
    return 1 + 4 * types


def tags_of(spans: list[WordSpan], words: int) -> NDArray[np.int64]:
    """The tag of each word. *Shape:* `(words,)`."""
    tags = np.zeros(words, np.int64)
    for start, end, kind in spans:
        first = 1 + 4 * kind
        if end - start == 1:
            tags[start] = first + 3
        else:
            tags[start], tags[start + 1 : end - 1], tags[end - 1] = first, first + 1, first + 2
    return tags


def spans_of(tags: NDArray[np.int64]) -> list[WordSpan]:
    """The entities of a legal tag sequence."""
    spans, begin = [], 0
    for place, tag in enumerate(tags.tolist()):
        if tag == 0:
            continue
        kind, position = divmod(tag - 1, 4)
        if position in (0, 3):
            begin = place
        if position in (2, 3):
            spans.append(WordSpan(begin, place + 1, kind))
    return spans


def is_open(types: int) -> NDArray[np.bool_]:
    """After which tags an entity goes on. *Shape:* `(columns,)`."""
    place = np.arange(columns(types)) - 1
    return (place >= 0) & np.isin(place % 4, (0, 1))


def transitions(types: int) -> NDArray[np.bool_]:
    """Which tag may follow which. *Shape:* `(columns, columns)`, from row to column."""
    place = np.arange(columns(types)) - 1
    kind, position = place // 4, place % 4
    enters = (place < 0) | np.isin(position, (0, 3))
    goes_on = ~enters & (kind[:, None] == kind[None, :])
    return np.where(is_open(types)[:, None], goes_on, enters[None, :])


class Decoder:
    """Decodes sentences for so many types of entities."""

    def __init__(self, types: int) -> None:
        self._opens = is_open(types)
        self._step = np.where(transitions(types), 0.0, _NEVER)
        # what may come first is what may follow O
        self._first = self._step[0]
        self._last = np.where(self._opens, _NEVER, 0.0)

    def best(self, log_probs: NDArray[np.float32]) -> list[WordSpan]:
        """The entities of the most probable legal sequence (Viterbi 1967). *Shape:* `(words, columns)`."""
        scores = log_probs.astype(np.float64)
        tags = scores.argmax(-1)
        if self._is_legal(tags):  # then no other can be more probable
            return spans_of(tags)
        best = scores[0] + self._first
        back = np.zeros(scores.shape, np.int64)
        for word in range(1, len(scores)):
            paths = best[:, None] + self._step
            back[word] = paths.argmax(0)
            best = paths.max(0) + scores[word]
        tags[-1] = (best + self._last).argmax()
        for word in range(len(scores) - 1, 0, -1):
            tags[word - 1] = back[word, tags[word]]
        return spans_of(tags)

    def posteriors(self, log_probs: NDArray[np.float32], spans: list[WordSpan]) -> list[float]:
        """Of all legal sequences, the probability of those that hold exactly this entity, for each of `spans`.

        By the forward and backward sums (Rabiner 1989, section III.A) of the chain whose factors are the words'
        probabilities and the rules of `transitions`. *Shape:* `(words, columns)`.
        """
        scores = log_probs.astype(np.float64)
        words = len(scores)
        # forward[i]: of the words before i; backward[i]: of those from i on; both where no entity is open at i
        closed = np.where(self._opens, _NEVER, 0.0)
        forward, backward = np.zeros(words + 1), np.zeros(words + 1)
        state = self._first + scores[0]
        for word in range(words):
            if word:
                state = _sum(state[:, None] + self._step, 0) + scores[word]
            forward[word + 1] = _sum(state + closed, 0)
        state = self._last
        for word in range(words - 1, -1, -1):
            arrived = scores[word] + state
            state = _sum(self._step + arrived[None, :], 1)
            backward[word] = state[0]
        found = []
        for start, end, kind in spans:
            tags = tags_of([WordSpan(0, end - start, kind)], end - start)
            inside = scores[np.arange(start, end), tags].sum()
            found.append(float(np.exp(min(0.0, forward[start] + inside + backward[end] - forward[words]))))
        return found

    def _is_legal(self, tags: NDArray[np.int64]) -> bool:
        starts, ends = self._first[tags[0]] == 0, not self._opens[tags[-1]]
        return bool(starts and ends and (self._step[tags[:-1], tags[1:]] == 0).all())


def _sum(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """`ln Σ exp`, along an axis."""
    largest = values.max(axis, keepdims=True)
    total: NDArray[np.float64] = np.log(np.exp(values - largest).sum(axis)) + largest.squeeze(axis)
    return total
