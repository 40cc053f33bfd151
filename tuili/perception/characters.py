"""Which share of a text's characters was read, white space aside."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Letters, digits, signs and white space that BERT's normaliser surely keeps: no controls, no format characters, no
# accents that stand alone, nothing younger than its tables.
_ORDINARY = re.compile(
    r"[\t\n\r -~\u00a0-\u00ac\u00ae-\u02ff\u0391-\u03a1\u03a3-\u03ff\u0400-\u0482\u048a-\u04ff"
    r"\u2010-\u2027\u2030-\u205e\u20a0-\u20b9\u2190-\u21ff\u3000-\u3029\u3041-\u3096\u30a0-\u30ff"
    r"\u4e00-\u9fcc\uac00-\ud7a3\uff01-\uff5e]*+"
)
_IS_SPACE = np.zeros(0x3002, np.bool_)  # the last place stands for all code points above
_IS_SPACE[[*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)]] = True
_IS_SPACE[[0x2028, 0x2029, 0x202F, 0x205F, 0x3000]] = True


def keeps_every_character(text: str) -> bool:
    """Whether no character of the text can be lost before it is tokenised, as far as a quick look tells.

    If so, and none of its tokens is `[UNK]`, its coverage is 1. False is no proof of loss: ask `share_read`.
    """
    return _ORDINARY.fullmatch(text) is not None


def share_read(text: str, starts: NDArray[np.int32], ends: NDArray[np.int32]) -> float:
    """Share of the characters that some span holds; 1 for a text of white space only. Linear time.

    An accent (category Mn) that no span holds goes with the letter before it, since a normaliser that strips accents
    drops it. Other characters that it dropped, such as controls and zero-width spaces between words, were not read.

    *Shape:* `starts`, `ends` `(spans,)`.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    counted = ~_is_space(codes)
    if not counted.any():
        return 1.0
    read = held(len(text), starts, ends)
    read |= _goes_with_its_letter(codes, counted & ~read, read)
    return float((read & counted).sum() / counted.sum())


def held(total: int, starts: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The places of `total` that at least one of the spans holds. *Shape:* `(total,)`."""
    opened = np.bincount(starts, minlength=total + 1) - np.bincount(ends, minlength=total + 1)
    return np.cumsum(opened[:total]) > 0


def _is_space(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """*Shape:* as `codes`. White space in Python's sense."""
    return _IS_SPACE[np.minimum(codes, len(_IS_SPACE) - 1)]


def _goes_with_its_letter(
    codes: NDArray[np.uint32], missing: NDArray[np.bool_], read: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """*Shape:* as `codes`. The accents among the missing characters that follow a letter that was read."""
    distinct = np.unique(codes[missing])
    accents = distinct[[unicodedata.category(chr(code)) == "Mn" for code in distinct.tolist()]]
    accent = missing & np.isin(codes, accents)
    places = np.where(accent, 0, np.arange(len(codes)))
    return accent & read[np.maximum.accumulate(places)]
