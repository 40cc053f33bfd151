"""How many words of a pair its model's calibration pairs did not hold: a sign that it is less sure than it says."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.calibration import Familiar

_WORD = re.compile(r"\w+")


def word_marks(text: str) -> list[int]:
    """A number for each word of a text, in order (CRC-32 of its letters), so that a record of words holds no text.

    Of some 2,000 known words one in two million others has the number of one of them.
    """
    return [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in _WORD.findall(text.casefold())]


def unknown_words(pairs: Sequence[tuple[str, str]], familiar: Familiar) -> NDArray[np.int64]:
    """How many words of each pair, both sides and every occurrence, are not familiar. *Shape:* `(n,)`."""
    known = familiar.words
    counts = [sum(mark not in known for text in pair for mark in word_marks(text)) for pair in pairs]
    return np.array(counts, np.int64)
