"""Windows over a long text, and the share of it that was read."""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
import small
from growth import growth
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers.normalizers import BertNormalizer

from tuili.errors import UsageError
from tuili.perception.characters import _IS_SPACE, keeps_every_character
from tuili.perception.sentences import split_sentences
from tuili.perception.tokens import TokenisedText, Tokeniser
from tuili.perception.windows import Window, coverage, cut_windows
from tuili.types import Span

TOKENISER = Tokeniser(small.library_tokenizer().to_str())


def text_of(lengths: list[int]) -> tuple[TokenisedText, list[Span]]:
    """A text whose sentences have so many tokens, each of two characters and a space."""
    total = sum(lengths)
    starts = 3 * np.arange(total, dtype=np.int32)
    tokens = TokenisedText(np.arange(total, dtype=np.int32), starts, starts + 2, np.zeros(total, np.bool_))
    ends = np.cumsum(lengths).tolist()
    return tokens, [Span(3 * (end - length), 3 * end - 1) for end, length in zip(ends, lengths, strict=True)]


def cut(lengths: list[int], *, size: int, overlap: int) -> list[tuple[int, int]]:
    tokens, sentences = text_of(lengths)
    return [(w.start_token, w.end_token) for w in cut_windows(tokens, sentences, size=size, overlap=overlap)]


def test_a_text_that_fits_is_one_window():
    assert cut([3, 4, 3], size=10, overlap=2) == [(0, 10)]


def test_a_window_is_a_run_of_whole_sentences_and_the_next_begins_one_earlier():
    assert cut([4, 4, 2, 4, 4], size=10, overlap=2) == [(0, 10), (8, 18)]
    assert cut([4, 4, 2, 2, 4, 4], size=10, overlap=2) == [(0, 10), (8, 16), (12, 20)]


def test_an_overlap_is_given_up_where_the_next_sentence_would_not_fit():
    assert cut([6, 6, 6], size=10, overlap=2) == [(0, 6), (4, 12), (10, 18)]
    assert cut([9, 9], size=10, overlap=2) == [(0, 9), (8, 18)]
    assert cut([10, 10], size=10, overlap=2) == [(0, 10), (10, 20)]


def test_no_overlap_is_wanted_and_none_is_made():
    assert cut([5, 5, 5, 5], size=10, overlap=0) == [(0, 10), (10, 20)]


def test_a_sentence_longer_than_a_window_is_cut_by_tokens():
    assert cut([25], size=10, overlap=2) == [(0, 10), (8, 18), (16, 25)]
    assert cut([3, 14, 3], size=10, overlap=2) == [(0, 10), (8, 17), (15, 20)]


def test_a_text_without_sentences_is_cut_by_tokens():
    tokens, _ = text_of([25])
    windows = cut_windows(tokens, [], size=10, overlap=2)
    assert [(window.start_token, window.end_token) for window in windows] == [(0, 10), (8, 18), (16, 25)]


def test_a_text_without_tokens_is_one_empty_window():
    windows = cut_windows(TOKENISER.encode("\u200b"), [Span(0, 1)], size=10, overlap=2)
    assert windows == [Window(0, 0, Span(0, 0))]
    assert len(windows[0]) == 0


def test_the_span_of_a_window_is_in_characters_of_the_text():
    text = " The 😀 cat sat. The mat\u200b sat."
    windows = cut_windows(TOKENISER.encode(text), split_sentences(text), size=6, overlap=0)
    assert [text[slice(*window.span)] for window in windows] == ["The 😀 cat sat.", "The mat\u200b sat."]


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (-1, 0), (10, -1), (10, 5), (1, 1)])
def test_sizes_that_make_no_sense_are_refused(size, overlap):
    tokens, sentences = text_of([5])
    with pytest.raises(UsageError, match="overlap less than half"):
        cut_windows(tokens, sentences, size=size, overlap=overlap)


lengths = st.lists(st.integers(0, 30), max_size=40)
sizes = st.integers(1, 25).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, max(0, (size - 1) // 2))))


@given(lengths, sizes)
@settings(deadline=None, max_examples=1000)
def test_every_token_is_in_a_window_and_windows_advance(sentence_lengths, sizes):
    """I2: windows in order, none too large, none within another, no gap."""
    size, overlap = sizes
    windows = cut(sentence_lengths, size=size, overlap=overlap)
    assert windows[0][0] == 0
    assert windows[-1][1] == sum(sentence_lengths)
    assert all(end - start <= size for start, end in windows)
    for (start, end), (next_start, next_end) in pairwise(windows):
        assert start < next_start <= end < next_end
        assert end - next_start <= 2 * overlap
        assert end > start


@given(st.lists(st.integers(1, 5), min_size=1, max_size=60))
@settings(deadline=None)
def test_short_sentences_are_never_cut_and_neighbours_share_one(sentence_lengths):
    bounds = {0, *np.cumsum(sentence_lengths).tolist()}
    windows = cut(sentence_lengths, size=20, overlap=5)
    assert {place for window in windows for place in window} <= bounds
    assert all(next_start < end for (_, end), (next_start, _) in pairwise(windows))


@given(st.lists(st.integers(1, 150), min_size=1, max_size=60))
@settings(deadline=None)
def test_windows_hold_a_bounded_multiple_of_the_tokens(sentence_lengths):
    """I4: the work of the model is linear in the text."""
    windows = cut(sentence_lengths, size=100, overlap=20)
    assert sum(end - start for start, end in windows) <= 4 * sum(sentence_lengths)


# --- coverage ---


def read_share(text: str) -> float:
    return coverage(text, TOKENISER.encode(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cats sat on the mat.", 1),
        ("the\tcat\r\nsat\u3000下雨\x0c", 1),
        ("the 😀 cat", 6 / 7),
        ("the ωω cat", 6 / 8),
        ("cat 晴", 3 / 4),
        ("a" * 100 + " " + "b" * 101, 100 / 201),
        ("the \x01 cat", 6 / 7),
        ("the \u200b cat", 6 / 7),
        ("the c\u200bat", 1),
        ("the \ufffd cat", 6 / 7),
        ("cafe\u0301 cat", 1),
        ("e\u0301\u0302\u0323 cat", 1),
        ("\u0301 cat", 3 / 4),
        ("ω\u0301 cat", 3 / 5),
        ("", 1),
        (" \n", 1),
        ("\u200b", 0),
        ("😀", 0),
    ],
)
def test_coverage_is_the_share_of_characters_that_were_read(text, expected):
    assert read_share(text) == pytest.approx(expected)


def test_what_no_window_holds_was_not_read():
    text = "the cat 😀 sat on"
    tokens = TOKENISER.encode(text)
    assert coverage(text, tokens, [Window(0, 5, Span(0, 16))]) == pytest.approx(11 / 12)
    assert coverage(text, tokens, [Window(0, 2, Span(0, 7)), Window(1, 3, Span(4, 9))]) == pytest.approx(6 / 12)
    assert coverage(text, tokens, []) == 0
    assert coverage("the cat", TOKENISER.encode("the cat"), [Window(1, 2, Span(4, 7))]) == pytest.approx(1 / 2)


def counted_one_by_one(text: str, tokens: TokenisedText) -> float:
    read = [False] * len(text)
    for start, end, unknown in zip(tokens.starts, tokens.ends, tokens.unknown, strict=True):
        if not unknown:
            read[start:end] = [True] * (end - start)
    for place, character in enumerate(text):
        if place and unicodedata.category(character) == "Mn":
            read[place] |= read[place - 1]
    counted = [seen for seen, character in zip(read, text, strict=True) if not character.isspace()]
    return sum(counted) / len(counted) if counted else 1.0


@given(st.one_of(st.text(), st.text(st.sampled_from("ae \n\u0301\u0302ω😀下\u200b\x01."))))
@settings(deadline=None, max_examples=500)
@example("\x1c\x85 a")
def test_coverage_is_what_counting_one_by_one_gives(text):
    """I2: the full range of code points."""
    tokens = TOKENISER.encode(text)
    share = coverage(text, tokens)
    assert 0 <= share <= 1
    assert share == pytest.approx(counted_one_by_one(text, tokens))
    if keeps_every_character(text) and not tokens.unknown.any():
        assert share == 1


def test_ordinary_characters_all_survive_the_normaliser():
    normaliser = BertNormalizer()
    ordinary = [chr(code) for code in range(sys.maxunicode + 1) if keeps_every_character(chr(code))]
    assert len(ordinary) > 30_000
    assert all(normaliser.normalize_str(character) for character in ordinary)
    spaces = [
        character
        for character in ordinary
        if re.fullmatch(r"\s", normaliser.normalize_str(character).strip(" ") or " ")
    ]
    assert all(character.isspace() for character in spaces)


def test_white_space_is_what_python_takes_for_it():
    assert [code for code in range(sys.maxunicode + 1) if chr(code).isspace()] == np.flatnonzero(_IS_SPACE).tolist()


def cut_whole(text: str) -> list[Window]:
    return cut_windows(TOKENISER.encode(text), split_sentences(text), size=128, overlap=32)


@pytest.mark.parametrize("unit", ["the cat. ", "the cat ", "ω", "\u0301", "e\u0301", "\u200b", "...", "\n"], ids=ascii)
def test_ten_times_the_text_takes_about_ten_times_as_long(unit):
    """I4: linear time."""
    assert growth(lambda text: coverage(text, TOKENISER.encode(text), cut_whole(text)), unit, 5_000) <= 15
