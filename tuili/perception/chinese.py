"""Whether a sentence ends at a Chinese stop, above all where a quotation is closed right after it.

A quotation that holds a whole sentence is closed after the stop, 他说：“好的。” and what follows decides:

- An attribution belongs to the quotation before it: “好的。”他说。 One that introduces the next quotation does not.
- A clause without a subject goes on with the one before: 他说：“好的。”然后走了。 Cut off, it would say of nobody
  that he left, and could not be judged.
- A quotation inside a clause (他喊了一声“站住！”就追了上去) is a part of it.
- Anything else begins a new sentence. The closing quote is never parted from its quotation.
"""

from __future__ import annotations

import re

_OPENER_OF = {"”": "“", "’": "‘", "」": "「", "』": "『", '"': '"', "'": "'"}
_OPENERS = frozenset("“‘「『")
_NEVER_FIRST = frozenset("，、。；：！？…—～·,.;:!?)”’」』）】》〉％%")
CHINESE_STOPS = "。！？；｡．"
_REACH = 400
"""Characters looked back for where a quotation or bracket was opened; the bound keeps the time linear."""

_PARTICLE = re.compile(r"的|地|得|之|等|这[样句个种番话声些]|那[样句个种番声]|一[样类般]|と|って|だ|で|は|が|を|に|の")
_SUBJECTLESS = re.compile(
    r"(?:然后|接着|随即|随后|而后|于是|说完|说罢|便|就|并|又|还|也|再|才|后|时)(?!是?[我你您他她它咱大，,这那])"
)
_SPEAKER = re.compile(
    r"[^\s。！？；…：:，,、“”「」]{0,12}?(?:说|(?<!知)道|问|答|喊|叫|嚷|吼|骂|念|写|想|笑|叹|表示|指出|强调|解释|补充|回应)"
    r"[着了过完]?(?=[。！？，,…]|\Z)"
)
_SUBJECT = re.compile(r"[我你您他她它咱]|大家|这(?!样)|那(?!样)|但|可是|不过|因此|所以")
_SPEECH = frozenset("：:，,说道问答喊叫")


def ends_chinese(text: str, begin: int, mark: int, stop: int, after: int) -> bool:
    """Whether the sentence from `begin` ends at `stop`; the arguments are those of `ends_western`."""
    following, last = text[after], text[stop - 1]
    if following in _NEVER_FIRST:
        return False
    if last in "》〉":  # the name of a work, whatever its last sign
        return False
    if last in _OPENER_OF:
        return after > stop or following in _OPENERS or _ends_quotation(text, mark, after, last)
    if last in "）)】]〕":
        return _PARTICLE.match(text, after) is None
    if last == "…" or text[mark] == "…" or text.startswith("..", mark):
        return after > stop or _ends_ellipsis(text, begin, mark, after)
    if last == "；":
        return not _in_brackets(text, begin, mark)
    if last in ".．":
        return _is_full_stop(text, mark, stop)
    return True


def _ends_quotation(text: str, mark: int, after: int, closer: str) -> bool:
    if _PARTICLE.match(text, after) or _SUBJECTLESS.match(text, after):
        return False
    opener = text.rfind(_OPENER_OF[closer], max(0, mark - _REACH), mark)
    before = text[opener - 1] if opener > 0 else "\n"
    if before in _SPEECH:
        return True
    if before.isalnum():
        return _SUBJECT.match(text, after) is not None
    return _SPEAKER.match(text, after) is None


def _ends_ellipsis(text: str, begin: int, mark: int, after: int) -> bool:
    """An ellipsis is a pause more often than an end: a clause must stand before it, and another begin after it."""
    if mark - begin < 5 or text[mark - 1] == text[after]:
        return False
    return text[after] in _OPENERS or _SUBJECT.match(text, after) is not None


def _in_brackets(text: str, begin: int, mark: int) -> bool:
    start = max(begin, mark - _REACH)
    return text.count("（", start, mark) > text.count("）", start, mark)


def _is_full_stop(text: str, mark: int, stop: int) -> bool:
    """A Western stop between Chinese characters ends a sentence only where the text around uses no Chinese ones."""
    return text[mark - 1] > "\u2e7f" and "。" not in text[max(0, mark - _REACH) : stop + _REACH]


class StraightQuotes:
    """Tells which of the straight quotes of a text open, if asked from left to right: the first, the third, ..."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._counted = start
        self._seen = 0

    def opens(self, at: int) -> bool:
        """Whether the quote at `at` opens a quotation."""
        self._seen += self._text.count('"', self._counted, at)
        self._counted = at
        return self._seen % 2 == 0
