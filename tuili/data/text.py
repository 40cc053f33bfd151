"""Which texts can be judged: one rule, for every file, every pair, and every other way in."""

from __future__ import annotations

import re

from tuili.errors import InvalidText

MAX_CHARACTERS = 1_000_000
"""The longest text that is read, in code points: a long novel, or about a minute of reading on two processors."""

# White space, control characters (Cc), format characters (Cf), and what Unicode lists as default-ignorable
# (DerivedCoreProperties.txt), with the blank Braille cell: a text of these alone shows nothing to a reader.
# One search with one character class is linear, and ends at the first visible character.
_VISIBLE = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def check_text(text: object, what: str = "text") -> str:
    """`text`, once it is known to be a text that can be judged.

    Emoji, bidirectional controls and control characters other than NUL are text like any other. Costs one or two
    passes over the text.

    Args:
        text: Anything. An instance of a subclass of `str` comes back as a plain `str`.
        what: What the text is called in the error: "premise", "hypothesis", "label".

    Raises:
        InvalidText: It is not a string, is empty or blank, holds NUL or a lone surrogate, or is longer than
            `MAX_CHARACTERS`.
    """
    if not isinstance(text, str):
        raise InvalidText(f"{what} must be a string, got {type(text).__name__}")
    plain = str.__str__(text)  # a subclass may have methods of its own; from here on none of them is called
    if not plain:
        raise InvalidText(f"{what} is empty")
    if len(plain) > MAX_CHARACTERS:
        raise InvalidText(f"{what} has {len(plain):,} characters; at most {MAX_CHARACTERS:,} can be read: split it")
    if (nul := plain.find("\x00")) >= 0:
        raise InvalidText(f"{what} holds the NUL character at position {nul}; remove it")
    _check_unicode(plain, what)
    if not _VISIBLE.search(plain):
        raise InvalidText(f"{what} is blank: it has only white space or invisible characters")
    return plain


def _check_unicode(text: str, what: str) -> None:
    """Refuse surrogates, the only code points that UTF-8 can't hold."""
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        surrogate = ord(text[error.start])
        raise InvalidText(
            f"{what} is not valid Unicode: lone surrogate U+{surrogate:04X} at position {error.start}"
        ) from None
