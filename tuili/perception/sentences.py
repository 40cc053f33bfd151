"""Split a text into sentences: English, Chinese, or both in one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuili.perception.chinese import CHINESE_STOPS, StraightQuotes, ends_chinese
from tuili.perception.lines import blocks
from tuili.perception.stops import CLOSERS, WESTERN_STOPS, ends_western
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_STOPS = WESTERN_STOPS + CHINESE_STOPS
# A run of stops with all that belongs to it, and the white space after it. Possessive, so that time is linear.
_STOP = re.compile(
    rf"""
    ( [{_STOPS}]
      (?: [{_STOPS}{re.escape(CLOSERS)}]
        | \[(?:\d{{1,3}}|[a-z]|note[ ]\d{{1,3}}|citation[ ]needed)\]    # a note: [12]
        | [ ]\.(?!\w)                                                 # . . .
        | [ ]?(?:[:;]-?[()DP](?!\w)|[☀-➿\uFE0F\U0001F300-\U0001FAFF])  # :-) and its like
      )*+
    )
    \s*+
    """,
    re.VERBOSE,
)


def split_sentences(text: str) -> list[Span]:
    """The sentences of a text, as exact spans of it. By rules, in linear time, the same for any machine.

    The spans are in order and disjoint, begin and end with a character that is not white space, and together hold
    every such character. A text without any gives none.
    """
    return [sentence for block in blocks(text) for sentence in _split(text, block)]


def _split(text: str, block: Span) -> Iterator[Span]:
    begin = block.start
    quotes = StraightQuotes(text, begin)
    for found in _STOP.finditer(text, *block):
        stop, after = found.end(1), found.end()
        if stop == after and text[found.start()] in CHINESE_STOPS:
            quote = text.find('"', found.start(), stop)
            if quote >= 0 and quotes.opens(quote):
                stop = after = quote
        if after < block.end and _ends(text, begin, found.start(), stop, after):
            yield Span(begin, stop)
            begin = after
    yield Span(begin, block.end)


def _ends(text: str, begin: int, mark: int, stop: int, after: int) -> bool:
    # Kana, ideographs and full-width forms begin at U+2E80.
    if text[mark] in CHINESE_STOPS or (after == stop and text[after] > "\u2e7f"):
        return ends_chinese(text, begin, mark, stop, after)
    return ends_western(text, begin, mark, stop, after)
