"""What the entity model reads: sentences of word pieces with their shapes, in windows of neighbouring sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tuili.perception.words import Shape, shapes_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tuili.perception.tokens import Tokeniser
    from tuili.types import Span

    Array: TypeAlias = NDArray[Any]

WORD_PIECES = 16
"""As many pieces of one word are read; what follows in a longer one, say an address of the web, tells no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A sentence, or a part of one that is too long for a window.

    Attributes:
        words: Spans of the text.
        ids, shapes: Of its pieces. *Shape:* `(pieces,)`.
        firsts: The first piece of each word. *Shape:* `(words,)`.
    """

    words: Sequence[Span]
    ids: Array
    shapes: Array
    firsts: Array


@dataclass(frozen=True, slots=True, eq=False)
class EntityWindow:
    """Neighbouring sentences between `[CLS]` and `[SEP]`, with a `[SEP]` between any two.

    Attributes:
        ids, shapes: *Shape:* `(tokens,)`, special tokens among them.
        firsts: Where each word begins, of all sentences in turn. *Shape:* `(words,)`.
    """

    ids: Array
    shapes: Array
    firsts: Array


def read_sentences(
    tokeniser: Tokeniser, texts: Sequence[str], words: Sequence[Sequence[Sequence[Span]]], limit: int
) -> list[list[Sentence]]:
    """Texts as sentences of pieces.

    Args:
        tokeniser: Cuts the texts.
        texts: Texts.
        words: Of each text, the words of each sentence; they hold all that is to be read.
        limit: Pieces of a sentence; a longer one is cut between words.

    Returns:
        Of each text its sentences, without words and sentences that leave no piece.

    Raises:
        InvalidText: A text is not a string, or holds a lone surrogate.
    """
    read = []
    for text, tokens, sentences in zip(texts, tokeniser.encode_many(texts), words, strict=True):
        shapes = shapes_at(text, tokens.starts)
        flat = [word for sentence in sentences for word in sentence]
        begins = np.searchsorted(tokens.starts, np.fromiter((w.start for w in flat), np.int32, len(flat)))
        ends = np.searchsorted(tokens.starts, np.fromiter((w.end for w in flat), np.int32, len(flat)))
        place = 0
        found: list[Sentence] = []
        for sentence in sentences:
            here = range(place, place + len(sentence))
            place += len(sentence)
            pieces = [(flat[i], begins[i], min(ends[i], begins[i] + WORD_PIECES)) for i in here if begins[i] < ends[i]]
            for part in _cut(pieces, limit):
                kept = np.concatenate([np.arange(begin, end) for _, begin, end in part])
                lengths = np.array([end - begin for _, begin, end in part])
                firsts = np.cumsum(lengths) - lengths
                found.append(Sentence([word for word, _, _ in part], tokens.ids[kept], shapes[kept], firsts))
        read.append(found)
    return read


def _cut(pieces: list[tuple[Span, int, int]], limit: int) -> Iterator[list[tuple[Span, int, int]]]:
    part: list[tuple[Span, int, int]] = []
    length = 0
    for word in pieces:
        if part and length + word[2] - word[1] > limit:
            yield part
            part, length = [], 0
        part.append(word)
        length += word[2] - word[1]
    if part:
        yield part


def pack(sentences: Sequence[Sentence], limit: int) -> Iterator[list[Sentence]]:
    """Neighbours in windows of at most `limit` tokens, special tokens counted: each sentence is in one."""
    window: list[Sentence] = []
    length = 1
    for sentence in sentences:
        if window and length + len(sentence.ids) + 1 > limit:
            yield window
            window, length = [], 1
        window.append(sentence)
        length += len(sentence.ids) + 1
    if window:
        yield window


def frame(tokeniser: Tokeniser, sentences: Sequence[Sentence]) -> EntityWindow:
    """Sentences as the model reads them."""
    begin, end, none = np.array([tokeniser.cls]), np.array([tokeniser.sep]), np.array([int(Shape.NONE)])
    ids: list[Array] = [begin]
    shapes: list[Array] = [none]
    firsts: list[Array] = []
    length = 1
    for sentence in sentences:
        ids += [sentence.ids, end]
        shapes += [sentence.shapes, none]
        firsts.append(sentence.firsts + length)
        length += len(sentence.ids) + 1
    return EntityWindow(
        np.concatenate(ids).astype(np.int64), np.concatenate(shapes).astype(np.int64), np.concatenate(firsts)
    )
