"""Words of a text, and which of them carry content. By rules, so that an explanation is the same on any machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuili.types import Part, Span

if TYPE_CHECKING:
    from tuili.types import Pair, Side

_HAN = "㐀-䶿一-鿿"
# A Chinese character is a word of its own; others are runs of letters and digits, joined by apostrophe, hyphen, point.
_WORD = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W_])+(?:['’.,\-](?:(?![{_HAN}])[^\W_])+)*")

FUNCTION_WORDS = frozenset(
    """
    a an the this that these those some is are was were be been being am has have had having do does did
    in on at of to and or with for from by as into over near out up down while who whom whose which
    his her hers their theirs its it he she they them him i you your we our there very
    的 了 是 在 和 着 地 得 与 及 就 都 也 这 那 个 们
    """.split()
)
"""Words that say little by themselves. Negations, numbers and quantifiers are not among them: they decide verdicts."""


def words(text: str) -> list[Span]:
    """The words of a text, in order; of a text without any (`:-)`), whatever stands between its spaces."""
    found = [Span(*match.span()) for match in _WORD.finditer(text)]
    return found or [Span(*match.span()) for match in re.finditer(r"\S+", text)]


def content_words(text: str) -> list[Span]:
    """The words that are no function words; all of them where there are no others."""
    every = words(text)
    return [span for span in every if plain(text, span) not in FUNCTION_WORDS] or every


def plain(text: str, span: Span) -> str:
    """A word as it is compared: in lower case."""
    return text[span.start : span.end].casefold()


def text_of(pair: Pair, part: Part) -> str:
    """The characters of a part, verbatim."""
    text: str = getattr(pair, part.side)
    return text[part.span.start : part.span.end]


def parts(side: Side, spans: list[Span]) -> list[Part]:
    return [Part(side, span) for span in spans]
