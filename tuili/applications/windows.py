"""Which parts of the sources are put to the judge for a claim.

A source that is short is read whole. Of a longer one, the window that shares the most telling words with the claim is
read (or the best few). Where it lacks words of the claim that other sentences have, the best sentences are gathered
and read as one text, since what a claim says is often spread over several places. Windows lie on a fixed grid, so
that claims share them and the judge perceives each only once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tuili.applications.lexical import Bm25, best, content_words, words
from tuili.perception.sentences import split_sentences
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

LONGEST = 1_500
"""Characters of a window at most; a single sentence that is longer is cut."""

WHOLE_CHARACTERS = 300
"""A source up to this length is one window."""

GATHERED = 3
"""Sentences that are gathered."""

PIECE_CHARACTERS = LONGEST // GATHERED
"""A longer sentence is gathered in pieces."""

_LAST_SPACE = re.compile(r"(?s:.*)\s")


@dataclass(frozen=True, slots=True)
class Grid:
    """How windows lie: so many sentences each, fewer where they would have too many characters; one every `stride`."""

    sentences: int
    stride: int
    characters: int


FINE = Grid(sentences=2, stride=1, characters=700)
"""To find a place."""

WIDE = Grid(sentences=6, stride=3, characters=LONGEST)
"""To judge by. On what was not trained on of seven grounding sets, wider windows decided better than narrow ones."""


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

    def __init__(self, sources: Sequence[str], grid: Grid = FINE) -> None:
        self._sources = sources
        self._sentences = [split_sentences(source) for source in sources]
        self.places = [
            Place(number, span)
            for number, sentences in enumerate(self._sentences)
            for span in _grid(sources[number], sentences, grid)
        ]
        self._index = Bm25(words(self.text(place)) for place in self.places)

    def text(self, place: Place) -> str:
        return self._sources[place.source][place.span.start : place.span.end]

    def scores(self, query: Iterable[str]) -> NDArray[np.float64]:
        """How well each place answers the words. *Shape:* `(places,)`."""
        return self._index.scores(query)

    def readings(self, claim: str, top: int) -> list[Reading]:
        """At most `top` windows, best first, and what is gathered beside them. Never empty for a source."""
        telling = content_words(claim)
        chosen = [self.places[index] for index in best(self.scores(telling), top)]
        readings = [Reading(self.text(place), (place,)) for place in chosen]
        gathered = self._gathered(telling, chosen[0]) if chosen else None
        return [*readings, gathered] if gathered is not None else readings

    def sentences(self, place: Place) -> list[Place]:
        """The sentences of a place."""
        inside = (s for s in self._sentences[place.source] if place.span.start <= s.start and s.end <= place.span.end)
        return [Place(place.source, span) for span in inside]

    def _gathered(self, telling: Sequence[str], window: Place) -> Reading | None:
        """The best sentences in their order, if they have words of the claim that the window lacks."""
        pieces, index = self._pieces
        scores = index.scores(telling)
        found = [pieces[place] for place in sorted(best(scores, GATHERED)) if scores[place] > 0]
        premise = "\n".join(self.text(place) for place in found)
        lacking = set(telling).difference(words(self.text(window)))
        return Reading(premise, tuple(found)) if lacking.intersection(words(premise)) else None

    @cached_property
    def _pieces(self) -> tuple[list[Place], Bm25]:
        """The sentences, long ones in pieces, and their index."""
        pieces = [
            Place(number, piece)
            for number, sentences in enumerate(self._sentences)
            for sentence in sentences
            for piece in cut_long(self._sources[number], sentence, PIECE_CHARACTERS)
        ]
        return pieces, Bm25(words(self.text(piece)) for piece in pieces)


def _grid(source: str, sentences: Sequence[Span], grid: Grid) -> list[Span]:
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
            end < min(start + grid.sentences, len(sentences))
            and sentences[end].end - sentences[start].start <= grid.characters
        ):
            end += 1
        windows += cut_long(source, Span(sentences[start].start, sentences[end - 1].end), LONGEST)
        if end == len(sentences):
            break
        start = min(start + grid.stride, end)
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
