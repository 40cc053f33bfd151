"""Which parts of the sources are put to the judge for a claim.

A source that is short is read whole. Of a longer one, the window that shares the most telling words with the claim is
read (or the best few), and the best two that stand apart as one text, since what a claim says is often spread over two
places. Windows lie on a fixed grid, so that claims share them and the judge perceives each only once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.applications.lexical import Bm25, best, content_words, words
from tuili.perception.sentences import split_sentences
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

WINDOW_SENTENCES = 2
STRIDE = 1
WINDOW_CHARACTERS = 700
"""The most that a window holds, unless a single sentence is longer: about what the embedded model reads in one go."""

WHOLE_CHARACTERS = 300
"""A source up to this length is one window."""

_JOINED_FROM = 4
"""Among how many of the best windows two that stand apart are looked for."""

_LAST_SPACE = re.compile(r"(?s:.*)\s")


@dataclass(frozen=True, slots=True)
class Place:
    """Characters of one source. *Units:* `source` counts sources from 0; `span` is in that source's characters."""

    source: int
    span: Span


@dataclass(frozen=True, slots=True)
class Reading:
    """A premise that a claim is judged against, and the places it was taken from, in order."""

    premise: str
    places: tuple[Place, ...]


class SourceWindows:
    """The sources, cut into sentences and windows, and searchable by words."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._sources = sources
        self.places: list[Place] = []
        self._sentences: list[list[Span]] = []
        for number, source in enumerate(sources):
            sentences = split_sentences(source)
            self._sentences.append(sentences)
            self.places += [Place(number, span) for span in _grid(source, sentences)]
        self._index = Bm25(words(self.text(place)) for place in self.places)

    def text(self, place: Place) -> str:
        return self._sources[place.source][place.span.start : place.span.end]

    def scores(self, query: Iterable[str]) -> NDArray[np.float64]:
        """How well each place answers the words. *Shape:* `(places,)`."""
        return self._index.scores(query)

    def readings(self, claim: str, top: int) -> list[Reading]:
        """At most `top` windows, best first, and the best two that stand apart as one. Never empty for a source."""
        chosen = [self.places[index] for index in best(self.scores(content_words(claim)), max(top, _JOINED_FROM))]
        readings = [Reading(self.text(place), (place,)) for place in chosen[:top]]
        joined = self._joined(chosen)
        return [*readings, joined] if joined is not None else readings

    def sentences(self, place: Place) -> list[Place]:
        """The sentences of a place."""
        inside = (s for s in self._sentences[place.source] if place.span.start <= s.start and s.end <= place.span.end)
        return [Place(place.source, span) for span in inside]

    def _joined(self, chosen: Sequence[Place]) -> Reading | None:
        if not chosen:
            return None
        first = chosen[0]
        apart = next((place for place in chosen[1:] if not _touches(first, place)), None)
        if apart is None:
            return None
        pair = tuple(sorted((first, apart), key=lambda place: (place.source, place.span)))
        return Reading("\n".join(self.text(place) for place in pair), pair)


def _grid(source: str, sentences: Sequence[Span]) -> list[Span]:
    """Windows of whole sentences that together hold every sentence."""
    if not sentences:
        return []
    whole = Span(sentences[0].start, sentences[-1].end)
    if whole.end - whole.start <= WHOLE_CHARACTERS:
        return [whole]
    windows: list[Span] = []
    start = 0
    while start < len(sentences):
        end = start + 1
        while (
            end < min(start + WINDOW_SENTENCES, len(sentences))
            and sentences[end].end - sentences[start].start <= WINDOW_CHARACTERS
        ):
            end += 1
        windows += cut_long(source, Span(sentences[start].start, sentences[end - 1].end), 2 * WINDOW_CHARACTERS)
        if end == len(sentences):
            break
        start = min(start + STRIDE, end)
    return windows


def cut_long(text: str, span: Span, limit: int) -> list[Span]:
    """The span in pieces of at most `limit` characters, cut at white space where there is some. Linear time.

    Pieces begin and end with a character that is not white space; those without any are left out.
    """
    pieces = []
    start = span.start
    while start < span.end:
        end = span.end
        if end - start > limit:
            space = _LAST_SPACE.match(text, start + limit // 2, start + limit)
            end = space.end() if space else start + limit
        piece = text[start:end]
        if piece.strip():
            pieces.append(Span(end - len(piece.lstrip()), start + len(piece.rstrip())))
        start = end
    return pieces


def _touches(a: Place, b: Place) -> bool:
    return a.source == b.source and a.span.start < b.span.end and b.span.start < a.span.end
