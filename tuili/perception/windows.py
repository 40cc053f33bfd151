"""Cut a long premise into overlapping windows, along its sentences where they allow it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import UsageError
from tuili.perception.characters import held, keeps_every_character, share_read
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.perception.tokens import TokenisedText


@dataclass(frozen=True, slots=True)
class Window:
    """A run of a text's tokens that a model reads at once.

    Attributes:
        start_token: Its first token, counted in the whole text.
        end_token: One past its last token.
        span: The characters these were made from, in the original text.
    """

    start_token: int
    end_token: int
    span: Span

    def __len__(self) -> int:
        return self.end_token - self.start_token


def cut_windows(tokens: TokenisedText, sentences: Sequence[Span], *, size: int, overlap: int) -> list[Window]:
    """Windows of at most `size` tokens that together hold every token, in order. Linear time.

    A text that fits is one window. Otherwise a window is a run of whole sentences, as many as fit, and the next one
    begins a sentence earlier than it ended, so that what two sentences say together is read together somewhere:
    about `overlap` tokens earlier, at most twice that. Where no sentence begins there, it begins inside of one; a
    sentence longer than a window is cut into windows that overlap by `overlap` tokens.

    Args:
        tokens: The text. One without tokens gives one empty window.
        sentences: Its sentences, in order; `split_sentences` gives them.
        size: Tokens in a window, without special tokens.
        overlap: Tokens that neighbouring windows should share; less than half of `size`.

    Raises:
        UsageError: `size` or `overlap` is out of range.
    """
    if size < 1 or overlap < 0 or 2 * overlap >= max(size, 2):
        raise UsageError(f"size {size}, overlap {overlap}: size must be at least 1 and overlap less than half of it")
    total = len(tokens)
    if total <= size:
        return [_window(tokens, 0, total)]
    bounds = _sentence_bounds(tokens, sentences)
    windows: list[Window] = []
    start = end = 0
    while end < total:
        end = _end(bounds, start, end, size)
        windows.append(_window(tokens, start, end))
        start = _next_start(bounds, start, end, size, overlap)
    return windows


def _sentence_bounds(tokens: TokenisedText, sentences: Sequence[Span]) -> list[int]:
    """The tokens that sentences begin with, ascending, from 0 to the number of tokens."""
    # The starts of tokens ascend, except where accents were reordered by a place or two.
    starts = np.maximum.accumulate(tokens.starts)
    begins = np.fromiter((sentence.start for sentence in sentences), np.int64, len(sentences))
    bounds = np.unique(np.searchsorted(starts, begins))
    return [int(bound) for bound in np.unique(np.concatenate([[0], bounds, [len(tokens)]]))]


def _end(bounds: list[int], start: int, last_end: int, size: int) -> int:
    """Where the window that begins at `start` ends: after a sentence, further than the last window did."""
    index = bisect_right(bounds, start + size) - 1
    whole = bounds[index]
    # The last bound is the end of the text. A sentence longer than a window is cut anyway: it fills this one up.
    goes_on = whole != bounds[-1] and (whole <= last_end or bounds[index + 1] - whole > size)
    return start + size if goes_on else whole


def _next_start(bounds: list[int], start: int, end: int, size: int, overlap: int) -> int:
    """Where the window after `start..end` begins: at a sentence about `overlap` tokens before its end, if one does."""
    index = bisect_right(bounds, end) - 1
    lowest = max(start + 1, end - 2 * overlap)
    if bounds[index] == end < bounds[-1] and bounds[index + 1] - end <= size:
        lowest = max(lowest, bounds[index + 1] - size)  # late enough that the next sentence fits
    wanted = max(end - overlap, lowest)
    before = bounds[bisect_right(bounds, wanted) - 1]
    if before >= lowest:
        return before
    after = bounds[bisect_left(bounds, wanted)]
    return after if after < end else wanted


def _window(tokens: TokenisedText, start: int, end: int) -> Window:
    if start == end:
        return Window(start, end, Span(0, 0))
    return Window(start, end, Span(int(tokens.starts[start:end].min()), int(tokens.ends[start:end].max())))


def coverage(text: str, tokens: TokenisedText, windows: Sequence[Window] | None = None) -> float:
    """Share of the text's characters, white space aside, that the model read, 0 to 1.

    A character was read if it is in the span of a token other than `[UNK]` and, where `windows` are given, one that
    a window holds. What else counts is said at `share_read`. Linear time.
    """
    read = ~tokens.unknown
    if windows is not None:
        starts = np.array([window.start_token for window in windows], np.int32)
        ends = np.array([window.end_token for window in windows], np.int32)
        read &= held(len(tokens), starts, ends)
    if read.all() and keeps_every_character(text):
        return 1.0
    return share_read(text, tokens.starts[read], tokens.ends[read])
