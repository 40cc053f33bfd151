"""Whether a single full stop ends a sentence, or belongs to the word before it."""

from __future__ import annotations

import re

from tuili.perception.abbreviations import (
    AFTER_HOURS,
    CLIPPED,
    CLIPPED_CAPITALISED,
    HOURS,
    LETTERED,
    LINKS,
    NUMBERED,
    SOUNDS,
    SPACED,
    STARTERS,
    TITLES,
)

_REACH = 48
"""Characters looked back for the word before a stop; the bound keeps the time linear."""

_WORD_BACKWARD = re.compile(r"[a-zA-Z0-9_.&'’\u00c0-\u2dff-]*+")  # no Chinese, where words are not parted
_WORD = re.compile(r"[^\W\d_]+")
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_NUMBER = re.compile(r"\d|#|(?:[IVX]{2,}|[VX])\b")
_VOWEL = re.compile(r"[aeiouyà-öø-ÿ\d]", re.IGNORECASE)


def word_before(text: str, begin: int, mark: int) -> str:
    """The word that ends at `mark`, with stops, apostrophes and hyphens inside it; may be empty."""
    found = _WORD_BACKWARD.match(text[max(begin, mark - _REACH) : mark][::-1])
    return found.group()[::-1] if found else ""


def ends_full_stop(text: str, begin: int, mark: int, opening: int, *, lower: bool, closed: bool) -> bool:
    """Whether the sentence from `begin` ends with the stop at `mark`.

    Args:
        text: The whole text.
        begin: Where the sentence begins.
        mark: The stop.
        opening: The first character after it that is not white space, a quote or a bracket.
        lower: Whether that is a lower-case letter.
        closed: Whether a quote or bracket is closed right after the stop.
    """
    word = word_before(text, begin, mark)
    if not word and text[mark - 1] == " ":
        return not _is_spaced_abbreviation(word_before(text, begin, mark - 1).lower(), text, opening)
    if mark - len(word) - begin < 2 and _is_enumerator(word):
        return False
    word = word.rpartition("-")[2].strip("'’&")
    if lower and (closed or (word[:1].isupper() and len(word) < 5)):
        return False
    if not word or not word.isascii() or word[-1].isdigit():
        return True
    if len(word) == 1:
        return not lower and _ends_letter(text, begin, mark, opening)
    return _ends_word(text, mark, word, opening, lower=lower)


def _is_spaced_abbreviation(key: str, text: str, opening: int) -> bool:
    """Text with spaces around all its signs: No . 1, e.g . this. Its other stops end sentences."""
    return key in SPACED or (key in NUMBERED and _NUMBER.match(text, opening) is not None)


def _is_enumerator(word: str) -> bool:
    """1. 12. a. A. ii. IV. at the beginning of a sentence: the number of an item."""
    return len(word) == 1 or (word.isdigit() and len(word) < 4) or (len(word) < 5 and not word.strip("ivxIVX"))


def _ends_word(text: str, mark: int, word: str, opening: int, *, lower: bool) -> bool:
    key = word.lower()
    if key in LINKS or (key in TITLES and word[0].isupper()):
        return False
    if key == "etc":
        return not lower
    if key in HOURS:
        following = _WORD.match(text, opening)
        return not lower and not (following and following.group().lower() in AFTER_HOURS)
    if key in NUMBERED and _NUMBER.match(text, opening):
        return False
    if _is_clipped(key, word) and not (_has_no_vowel(word) and _follows_number(text, mark - len(word))):
        return not lower and _starts_sentence(text, opening)
    return True


def _is_clipped(key: str, word: str) -> bool:
    if word.isalpha() and (word.isupper() or key in SOUNDS):  # TV, EQ, NBC are names and not abbreviations
        return False
    listed = key in CLIPPED or (key in CLIPPED_CAPITALISED and word[0].isupper())
    return listed or _has_no_vowel(word) or _ACRONYM.fullmatch(word) is not None


def _ends_letter(text: str, begin: int, mark: int, opening: int) -> bool:
    """A single letter: an initial (Samuel L. Jackson), or a name of its own (vitamin C, World War I, you and I)."""
    at = mark - 1
    while at > begin and text[at - 1].isspace() and mark - at < 4:
        at -= 1
    before = word_before(text, begin, at)
    if before.lower() in LETTERED or (text[mark - 1] == "I" and before[:1].islower()):
        return True
    return _follows_number(text, mark - 1) or _starts_sentence(text, opening)


def _has_no_vowel(word: str) -> bool:
    """Dr, Ltd, Sgt: likely an abbreviation, also one that no list has."""
    return len(word) < 5 and _VOWEL.search(word) is None


def _follows_number(text: str, at: int) -> bool:
    """A unit: 5 km, 20mg, 30 C."""
    return text[max(0, at - 2) : at].rstrip()[-1:].isdigit()


def _starts_sentence(text: str, opening: int) -> bool:
    """Whether the word at `opening` is one that most often begins a sentence."""
    word = _WORD.match(text, opening)
    if word is None or not text[opening].isupper() or word.group().lower() not in STARTERS:
        return False
    return len(word.group()) > 1 or text[word.end() : word.end() + 1] != "."
