"""Words as spans of a text, and the shape of each: what lower-casing takes away."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_CHUNK = re.compile(r"\S+")
_RUN = re.compile(r"[^\W_]+|[^\s]")
# What stands by itself at the beginning and at the end of a run without white space. A hyphen at the end stays.
_OPENING = re.compile(r"\.\.+|--+|[^\w\s.+#@-]|[.-](?!\w)")
_CLOSING = re.compile(r"(?:\.\.+|--+|[^\w\s-])\Z")
_CLITIC = re.compile(r"(?i)(?:n['’]t|['’](?:s|re|ve|ll|d|m))\Z")
# A full stop that belongs to its word: U.S., J., St.
_ABBREVIATION = re.compile(
    r"(?:[^\W\d_]\.)+\Z|(?:Mr|Mrs|Ms|Dr|Prof|St|Inc|Corp|Co|Ltd|Bros|Jr|Sr|Gen|Col|Sgt|Lt|Capt|Gov|Sen|Rep|Rev|Hon|"
    r"Calif|Fla|Mass|Ariz|Conn|Ill|Wash|Pa|Ga|Va|Md|Mich|Minn|Mo|Tenn|Tex|Ave|vs|No|Nos|Jan|Feb|Aug|Sept|Oct|Nov|Dec)"
    r"\.\Z"
)
LONGEST_ABBREVIATION = 40  # a limit, so that time stays linear


class Shape(IntEnum):
    """How a run of letters and digits is written. Nothing is said of special tokens, so they have `NONE`."""

    NONE = 0
    LOWER = 1  # also letters of scripts that have no case
    TITLE = 2
    UPPER = 3
    INITIAL = 4  # one capital
    MIXED = 5
    NUMBER = 6  # holds a digit
    MARK = 7  # punctuation, a symbol


def shape_of(run: str) -> Shape:
    """The shape of a run of letters and digits, or of a single mark."""
    if any(character.isdigit() for character in run):
        return Shape.NUMBER
    if not run[:1].isalpha():
        return Shape.MARK
    if run == run.lower():
        return Shape.LOWER
    if run == run.upper():
        return Shape.INITIAL if len(run) == 1 else Shape.UPPER
    if run[1:] == run[1:].lower():
        return Shape.TITLE
    return Shape.MIXED


def shapes_at(text: str, places: NDArray[np.int32]) -> NDArray[np.int8]:
    """The shape of the run that each character stands in; a hyphen parts two runs. *Shape:* `(n,)` to `(n,)`."""
    runs = list(_RUN.finditer(text))
    if not runs:
        return np.zeros(len(places), np.int8)
    starts = np.fromiter((run.start() for run in runs), np.int32, len(runs))
    shapes = np.fromiter((shape_of(run.group()) for run in runs), np.int8, len(runs))
    found: NDArray[np.int8] = shapes[np.maximum(np.searchsorted(starts, places, side="right") - 1, 0)]
    return found


def split_words(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The words of a text, or of a part of it, cut as corpora of names cut English.

    Punctuation around a word, `'s` and `n't` are words of their own; hyphens, slashes and full stops inside a word, and
    the one that ends an abbreviation, are part of it. The spans are in order and disjoint, and hold every character
    that is not white space.
    """
    end = len(text) if end is None else end
    return [word for chunk in _CHUNK.finditer(text, start, end) for word in _words(text, *chunk.span())]


def _words(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and (mark := _OPENING.match(text, start, end)) and not _CLITIC.match(text, start, end):
        yield Span(start, mark.end())
        start = mark.end()
    after: list[Span] = []
    while start < end:
        if end - start <= LONGEST_ABBREVIATION and _ABBREVIATION.match(text, start, end):
            break
        # the pattern is anchored at the end, so a few characters before it are all that it can take
        near = max(start, end - 40)
        found = _CLOSING.search(text, near, end) or _CLITIC.search(text, near, end)
        if found is None or found.start() == start:
            break
        after.append(Span(found.start(), end))
        end = found.start()
    if start < end:
        yield Span(start, end)
    yield from reversed(after)
