"""Characters that a reader does not see as they are: invisible, reordering, control characters, look-alike letters.

Such a text is judged like any other, and nothing in it is ever changed: normalising misses most of these and changes
what people mean (NFKC makes x2 of x²). It is told instead. What a script needs is no finding: joiners in Persian,
Hindi and emoji, direction marks beside Hebrew and Arabic, variation selectors after an emoji or an ideograph.

The edits that are found are those of Boucher et al. 2022 ("Bad Characters: Imperceptible NLP Attacks"), and text in
tag characters or in runs of variation selectors. Not found: look-alikes within one script (ɑ, Turkish ı), and words
wholly of another script in a text that has more of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tuili.data.scripts import look_alikes

if TYPE_CHECKING:
    from collections.abc import Iterator


class Unusual(StrEnum):
    """What is unusual about a character."""

    BIDI = "bidi"  # changes the order in which others are shown
    CONTROL = "control"  # a control character that is no white space
    INVISIBLE = "invisible"  # default-ignorable, and nothing beside it needs it
    LOOK_ALIKE = "look_alike"  # a letter of one script in a word of another, and looks like one of its letters
    TAG = "tag"  # an invisible copy of ASCII


@dataclass(frozen=True, slots=True)
class Finding:
    """An unusual character.

    Attributes:
        kind: What about it.
        offset: Where, in code points.
        code_point: Which.
    """

    kind: Unusual
    offset: int
    code_point: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the code point as `U+202E`."""
        return {"kind": self.kind.value, "offset": self.offset, "code_point": f"U+{self.code_point:04X}"}


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # a form feed is where a page of a PDF ends
# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, the other format characters, and the blank Braille cell.
_HIDDEN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_MARKS = "\u061c\u200e\u200f"
_OPEN, _CLOSE = "\u202a\u202b\u2066\u2067\u2068", "\u202c\u2069"
_OVERRIDE = "\u202d\u202e"
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_LINE_END = re.compile(r"[\n\r\x85\u2028\u2029]")
_JOINED = re.compile(r"[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]")
"""Letters beside which a joiner or non-joiner chooses a shape: Arabic, Syriac, scripts of India, Burmese, Khmer…"""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\uaa60-\uaa7f]")
"""Scripts that put no space between words, and a zero-width one for whoever breaks lines."""
_PICTURE = re.compile(
    r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935\u2b00-\u2bff"
    r"\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_KEY = re.compile(r"[0-9#*]\Z")
_IDEOGRAPH = re.compile(r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")
_MONGOLIAN = re.compile(r"[\u1800-\u18af]")
_FLAG = re.compile(
    "\U0001f3f4(?:\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f)?"
)
"""England's, Scotland's and Wales's: the only emoji that are spelt in tags."""


def unusual(text: str) -> list[Finding]:
    """Every unusual character of a text, in order. Linear in its length; of plain ASCII it is one search.

    >>> [finding.to_dict() for finding in unusual("pay\\u200bpal")]
    [{'kind': 'invisible', 'offset': 3, 'code_point': 'U+200B'}]
    """
    found = [Finding(Unusual.CONTROL, match.start(), ord(match[0])) for match in _CONTROL.finditer(text)]
    if text.isascii():
        return found
    found += _hidden(text)
    found += [Finding(Unusual.LOOK_ALIKE, offset, ord(text[offset])) for offset in look_alikes(text)]
    return sorted(found, key=lambda finding: finding.offset)


def kinds(text: str) -> list[str]:
    """What kinds of unusual characters a text has, sorted; the `flags` of records and of the server's answers."""
    return sorted({finding.kind.value for finding in unusual(text)})


def in_words(found: list[Finding]) -> str:
    """The first finding, and how many more there are, for a message."""
    first = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    what = {Unusual.BIDI: "direction-changing character", Unusual.LOOK_ALIKE: "look-alike letter"}
    kind = what.get(first.kind, f"{first.kind.value} character")
    return f"{kind} U+{first.code_point:04X} at position {first.offset}{more}"


def _hidden(text: str) -> Iterator[Finding]:
    allowed = -1  # up to here, hidden characters belong to an emoji
    directions: _Directions | None = None
    for match in _HIDDEN.finditer(text):
        offset, character = match.start(), match[0]
        if offset < allowed:
            continue
        if character in _MARKS or character in _OPEN or character in _CLOSE or character in _OVERRIDE:
            directions = directions or _Directions(text)
            if not directions.are_needed(offset, character):
                yield Finding(Unusual.BIDI, offset, ord(character))
        elif "\U000e0000" <= character <= "\U000e007f":
            flag = _FLAG.match(text, offset - 1) if offset else None
            if flag is not None and flag.end() > offset:
                allowed = flag.end()
            else:
                yield Finding(Unusual.TAG, offset, ord(character))
        elif not _is_needed(text, offset, character):
            yield Finding(Unusual.INVISIBLE, offset, ord(character))


def _is_needed(text: str, offset: int, character: str) -> bool:
    """Whether what stands beside an invisible character gives it something to do."""
    before, after = text[offset - 1 : offset], text[offset + 1 : offset + 2]
    if character in "\u200c\u200d" and _JOINED.match(before):
        return True
    if character == "\u200d":
        # 👩‍🚀, ❤️‍🔥, 👩🏽‍🚀
        picture = text[offset - 2 : offset - 1] if before == "\ufe0f" else before
        return bool(_PICTURE.match(picture) and _PICTURE.match(after))
    if character == "\u200b":
        return _UNSPACED.search(text, max(0, offset - 3), offset + 4) is not None  # often doubled
    if character in "\ufe0e\ufe0f":
        return bool(_PICTURE.match(before) or _KEY.match(before) or _IDEOGRAPH.match(before))
    if "\ufe00" <= character <= "\ufe02" or "\U000e0100" <= character <= "\U000e01ef":
        return bool(_IDEOGRAPH.match(before))
    if "\u180b" <= character <= "\u180f":
        return bool(_MONGOLIAN.match(before))
    return character == "\u2800" and ("\u2801" <= before <= "\u28ff" or "\u2801" <= after <= "\u28ff")


class _Directions:
    """Which direction marks a text needs: those of a line with letters that run from right to left.

    Overrides are never needed: they show letters in an order that is not theirs. Nor is an embedding that its line
    does not close, which would reach into what a page shows next; unless it begins the line, and only says which way
    that runs.
    """

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._text = text
        self._line = -1
        self._needed: frozenset[int] = frozenset()
        self._marks = False

    def are_needed(self, offset: int, character: str) -> bool:
        """Offsets come in order."""
        while self._line + 1 < len(self._starts) and self._starts[self._line + 1] <= offset:
            self._line += 1
            self._read_line()
        return self._marks if character in _MARKS else offset in self._needed

    def _read_line(self) -> None:
        start = self._starts[self._line]
        end = self._starts[self._line + 1] if self._line + 1 < len(self._starts) else len(self._text)
        line = self._text[start:end]
        self._marks = _RIGHT_TO_LEFT.search(line) is not None
        needed: set[int] = set()
        opened: list[tuple[int, str]] = []
        for match in _HIDDEN.finditer(line) if self._marks else ():
            place, character = start + match.start(), match[0]
            if character in "\u202a\u202b" and place == start:
                needed.add(place)
            if character in _OPEN:
                opened.append((place, "\u202c" if character < "\u2066" else "\u2069"))
            elif character in _OVERRIDE:
                opened.append((-1, "\u202c"))
            elif character in _CLOSE and opened and opened[-1][1] == character:
                begun = opened.pop()[0]
                if begun >= 0:
                    needed |= {begun, place}
        self._needed = frozenset(needed)
