"""Where a new line is the end of a sentence, and where the text was merely wrapped."""

from __future__ import annotations

import re
from heapq import nlargest
from typing import NamedTuple

from tuili.perception.abbreviations import OPEN_ENDS
from tuili.types import Span

# What a line begins with that no wrapped sentence goes on with.
_ITEM = re.compile(
    r"""[•●▪■◆‣·*+-][ \t\u3000] | [•●▪■◆‣①-⑳|]          # a bullet, a table
    | [–—][ ]?+(?![a-z])                                 # a dash, but not one that goes on in lower case
    | \#{1,6}[ ]                                         # a heading in Markdown
    | \(?\d{1,3}[.)、．](?:(?=[\s\u4e00-\u9fff])|\Z)     # 1.  2)  (3)
    | [(（](?:\d{1,3}|[a-zA-Z]|[ivx]{1,4}|[一二三四五六七八九十]{1,3})[)）]
    | (?:[a-z]|[ivx]{2,5}|[IVX]{2,5})[.)][ \t] | [A-Z]\)[ \t]
    | [一二三四五六七八九十]{1,3}、 | 第[一二三四五六七八九十\d]{1,3}[章节条款]
    | [A-Z][\w.'’]{0,20}(?:[ ][A-Z][\w.'’]{0,20}){0,2}:[ ]     # Ann Lee: a speaker
    """,
    re.VERBOSE,
)
_HEADING = re.compile(r"#{1,6}[ ]")
_STOPPED = re.compile(r"[.!?…。！？；｡।؟][\"'”’」』)\]）】》]{0,4}\Z")
_GOES_ON = frozenset(",，、;；-–—(（[&/")
_OPENERS = "\"'“‘「『(（[《¿¡*_"
_LONGEST_HEADLINE = 150
_NARROW = 50
"""Text that was wrapped is rarely narrower than this many characters."""


class _Line(NamedTuple):
    start: int
    text: str


def blocks(text: str) -> list[Span]:
    """The stretches of text, in order, that no sentence reaches beyond; none begins or ends with white space.

    A blank line always ends one. A single new line does before a list item or heading, and after a headline;
    otherwise it is white space like any other. Linear time.
    """
    found: list[Span] = []
    paragraph: list[_Line] = []
    start = 0
    for raw in text.splitlines(keepends=True):
        line = raw.lstrip()
        if line:
            paragraph.append(_Line(start + len(raw) - len(line), line.rstrip()))
        elif paragraph:
            found += _blocks_of(paragraph)
            paragraph = []
        start += len(raw)
    return found + _blocks_of(paragraph)


def _blocks_of(paragraph: list[_Line]) -> list[Span]:
    if not paragraph:
        return []
    found: list[Span] = []
    width = _wrapped_at(paragraph) if len(paragraph) > 1 else 0
    first = last = paragraph[0]
    for line in paragraph[1:]:
        if _parted(last.text, line.text, width):
            found.append(Span(first.start, last.start + len(last.text)))
            first = line
        last = line
    return [*found, Span(first.start, last.start + len(last.text))]


def _wrapped_at(paragraph: list[_Line]) -> int:
    """The width the lines would have been wrapped at. One longer line, say a web address, does not set it."""
    longest = nlargest(2, (len(line.text) for line in paragraph))
    return longest[0] if len(paragraph) < 4 else longest[1]


def _parted(line: str, following: str, width: int) -> bool:
    """Whether no sentence goes on from one line of a paragraph to the next."""
    if _ITEM.match(following) or _HEADING.match(line) or _is_rule(line) or _is_rule(following):
        return True
    # Where a line ends with a stop, the rules for stops know more than those for lines.
    return not _STOPPED.search(line[-5:]) and _is_headline(line, following, width)


def _is_rule(line: str) -> bool:
    """A line drawn with signs: ---, ===, * * *."""
    return len(line) > 2 and line[0] in "-=*_~#" and not line.strip("-=*_~# ")


def _is_headline(line: str, following: str, width: int) -> bool:
    opening = following[:8].lstrip(_OPENERS)
    if opening[:1].islower() or line[0].islower() or line[-1] in _GOES_ON or len(line) > _LONGEST_HEADLINE:
        return False
    words = line.split()
    if words[-1].lower() in OPEN_ENDS:
        return False
    if line.isupper() and len(words[0]) > 1:
        return not following.isupper()
    # A line that had room for the next word was not wrapped there: somebody ended it.
    needed = len(line) + 1 + len(following[:30].split()[0] if following.isascii() else following[:1])
    if needed <= 0.7 * width:
        return True
    return (needed <= width or width < _NARROW) and _is_title(words)


def _is_title(words: list[str]) -> bool:
    """Most of the longer words begin with a capital."""
    longer = [word for word in words if len(word) > 3 and word[0].isalpha()]
    return len(words) > 2 and sum(word[0].isupper() for word in longer) >= max(2, 0.75 * len(longer))
