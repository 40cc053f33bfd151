"""Cut a long text into pieces that can be tokenised one at a time with the same tokens as the whole.

A tokeniser holds the whole text, its normalised copy and an alignment of every character in memory: ten megabytes in
one call have cost 16 seconds and 1.9 GB. Cut into pieces, the cost of a call is bounded and the tokens are the same,
provided that the cuts fall where a BERT pre-tokeniser cuts anyway: before white space, punctuation, or a Chinese
character. Each of these begins a new character in every normal form too, so no cut parts a letter from its accents.
"""

from __future__ import annotations

import re

from tuili.types import Span

PIECE = 2048
"""Characters a piece has at most. The worst text, long words that fall apart into letters, takes 10 ms at this size."""

_SPACES = " \n\t\r"
# White space, ASCII and common punctuation, Chinese characters. All are joints in every version of Unicode's tables.
_JOINT = re.compile(r"[ \n\t\r\u00a0\u3000!-/:-@\[-`{-~‘-”…、-〃〈-】！（），．：；？\u4e00-\u9fff]")


def cut_pieces(text: str, limit: int = PIECE) -> list[Span]:
    """Spans of at most `limit` characters, in order, that tokenise like the whole. Linear time.

    Together they cover the text, but for one case: of a single word longer than `limit` only the beginning is kept.
    WordPiece makes one `[UNK]` of any word over a hundred characters, so the rest would be thrown away all the same.
    """
    pieces: list[Span] = []
    start = 0
    while len(text) - start > limit:
        cut = _last_joint(text, start + 1, start + limit)
        if cut is not None:
            pieces.append(Span(start, cut))
            start = cut
        else:
            pieces.append(Span(start, start + limit))
            joint = _JOINT.search(text, start + limit)
            start = joint.start() if joint else len(text)
    if start < len(text) or not pieces:
        pieces.append(Span(start, len(text)))
    return pieces


def _last_joint(text: str, low: int, high: int) -> int | None:
    """The last place in `low..high` where a cut is safe; white space in the second half is preferred."""
    found = max(text.rfind(space, (low + high) // 2, high + 1) for space in _SPACES)
    if found >= 0:
        return found
    joint = _JOINT.search(text[low : high + 1][::-1])
    return high - joint.start() if joint else None
