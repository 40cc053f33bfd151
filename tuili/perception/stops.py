"""Whether a sentence ends at a stop of a Western script: `.` `!` `?` `...`, with what is closed right after it."""

from __future__ import annotations

import re

from tuili.perception.abbreviations import EXCLAIMING_NAMES, STARTERS
from tuili.perception.full_stops import ends_full_stop, word_before

WESTERN_STOPS = ".!?…।॥؟۔‼⁇⁈⁉"
CLOSERS = "\"'”’»」』)]}）】〉》〕*_"
_QUOTES = frozenset("\"'”’»」』")
_OPENERS = frozenset("\"'“‘«([{「『（《¿¡*_-–— ")
_GOES_ON = frozenset(",;:)]}%=，、；：。")

_WORD = re.compile(r"[^\W\d_]+")
_GLUED_WORD = re.compile(r"([A-Z][a-z]*)(?:['’][a-z]+)?(?=[\s,])")
_NAMED_SPEAKER = re.compile(
    r"""(?:I|(?:(?:Mrs?|Ms|Dr|Prof)\.[ ])?(?!(?:He|She|They|We|You|It|The|Then|And|But)\b)[A-Z][\w'’-]{0,20}
        (?:[ ][A-Z][\w'’.-]{0,20}){0,2})[ ](?:[a-z]{2,12}ly[ ])?
        (?:said|says|asked|asks|replied|cried|shouted|yelled|whispered|answered|exclaimed|muttered|murmured|called
        |demanded|wondered|added|continued|screamed|snapped|sighed|laughed|thought|wrote|inquired|gasped|begged)\b""",
    re.VERBOSE,
)


def ends_western(text: str, begin: int, mark: int, stop: int, after: int) -> bool:
    """Whether the sentence that begins at `begin` ends at `stop`. Looks at a bounded number of characters.

    Args:
        text: The whole text.
        begin: Where the sentence begins.
        mark: Where its stop begins.
        stop: Where the stop ends, with the brackets and quotes it closes.
        after: The next character that is not white space; equal to `stop` where nothing stands between.
    """
    if mark - begin < 2:
        return False
    if after == stop:
        return text[after].isupper() and _ends_glued(text, mark, stop)
    opening = _skip_openers(text, after)
    letter = text[opening]
    if letter in _GOES_ON or (text[after] in "-–—" and letter.islower()):
        return False
    # iPhone and eBay begin a sentence as they are
    lower = letter.islower() and not text[opening + 1 : opening + 2].isupper()
    run = text[mark:stop]
    if run[0] not in ".…" or "?" in run or "!" in run:
        return _ends_cry(text, mark, run, after, lower=lower)
    if run[0] == "…" or run[1:2] in (".", "…") or run[1:3] == " .":
        stays = lower or letter.isdigit() or _repeats(text, mark, opening)
        return not stays and not _names_speaker(text, run, after)
    return ends_full_stop(text, begin, mark, opening, lower=lower, closed=run[-1] in CLOSERS)


def _skip_openers(text: str, at: int) -> int:
    """The first character of a sentence that is not a quote, bracket or dash; at most six of these are skipped."""
    limit = min(at + 6, len(text) - 1)
    while at < limit and text[at] in _OPENERS:
        at += 1
    return at


def _ends_glued(text: str, mark: int, stop: int) -> bool:
    """After "loved it.The food" somebody forgot a space; System.Out and example.Com are meant as they are."""
    word = _GLUED_WORD.match(text, stop)
    if word is None or not (text[mark - 1].islower() or text[mark - 1] == ")") or text[mark - 2].isspace():
        return False
    if text[stop - 1] in "!?":
        return True
    return text[stop - 1] in ".…" and word.group(1).lower() in STARTERS and not _repeats(text, mark, stop)


def _ends_cry(text: str, mark: int, run: str, after: int, *, lower: bool) -> bool:
    """Exclamation and question marks, and the full stops of scripts that have no capitals."""
    if lower:
        return run[-1] not in CLOSERS and word_before(text, 0, mark).lower() not in EXCLAIMING_NAMES
    return text[mark - 1] not in "([" and not _names_speaker(text, run, after)


def _names_speaker(text: str, run: str, after: int) -> bool:
    """Whether what follows a closed quotation says who spoke: "Really?" John asked."""
    return run[-1] in _QUOTES and _NAMED_SPEAKER.match(text, after) is not None


def _repeats(text: str, mark: int, opening: int) -> bool:
    """Whether somebody stammers: "I... I didn't"."""
    word = _WORD.match(text, opening, opening + 20)
    return word is not None and text.endswith(word.group(), 0, mark)
