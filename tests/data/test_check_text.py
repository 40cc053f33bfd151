"""The one rule for texts."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tuili.data.text import MAX_CHARACTERS, check_text
from tuili.errors import InvalidText


@pytest.mark.parametrize(
    "text",
    [
        "A man is sleeping.",
        "x",
        "  padded\n",
        "猫が寝ている。",
        "👩\u200d👩\u200d👧",
        "\u202eright to left\u202c",
        "bell\x07 and escape\x1b[31m",
        "\u0301",
        "\uffff",
        "\U0010ffff",
        "\ue000",
    ],
)
def test_a_text_with_something_to_see_comes_back_as_it_was(text: str) -> None:
    assert check_text(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "premise is empty"),
        (" \t\r\n\u3000\u2028\x85", "premise is blank"),
        ("\u200b\u200d\ufeff\u00ad", "premise is blank"),
        (" \u2800\u3164\ufe0f ", "premise is blank"),
        ("\x01\x02\x1b", "premise is blank"),
        ("a\x00b", "premise holds the NUL character at position 1"),
        ("\x00", "premise holds the NUL character at position 0"),
        ("ab\ud800", r"premise is not valid Unicode: lone surrogate U\+D800 at position 2"),
        ("\udfff", r"premise is not valid Unicode: lone surrogate U\+DFFF at position 0"),
        (None, "premise must be a string, got NoneType"),
        (1, "premise must be a string, got int"),
        (b"bytes", "premise must be a string, got bytes"),
        (["a"], "premise must be a string, got list"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_sentence(text: object, reason: str) -> None:
    with pytest.raises(InvalidText, match=reason):
        check_text(text, "premise")


def test_a_text_may_be_as_long_as_the_limit_and_no_longer() -> None:
    text = "a" * MAX_CHARACTERS
    assert check_text(text) is text
    with pytest.raises(InvalidText, match="1,000,001 characters; at most 1,000,000"):
        check_text(text + "a")


def test_a_subclass_comes_back_plain_and_none_of_its_methods_is_called() -> None:
    class Liar(str):
        __slots__ = ()

        def __len__(self) -> int:
            raise AssertionError

        def find(self, *_: object) -> int:
            raise AssertionError

        def isascii(self) -> bool:
            raise AssertionError

    assert type(check_text(Liar("text"))) is str
    with pytest.raises(InvalidText, match="NUL"):
        check_text(Liar("\x00"))


def test_every_space_control_and_format_character_alone_is_blank() -> None:
    blank = {"Cc", "Cf", "Zs", "Zl", "Zp"}
    for code in range(1, sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in blank:
            with pytest.raises(InvalidText, match="blank"):
                check_text(character)


def test_no_letter_or_digit_that_shows_is_blank() -> None:
    fillers = {"\u115f", "\u1160", "\u3164", "\uffa0"}  # letters by category, and drawn as nothing
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character)[0] in "LN" and character not in fillers:
            assert check_text(character) == character


def shows(character: str) -> bool:
    """Whether there is something to see, by category and by Unicode's list of default-ignorable characters."""
    return not (
        unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}
        or character in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
        or 0xFFF0 <= ord(character) <= 0xFFF8
        or 0xFE00 <= ord(character) <= 0xFE0F
        or 0xE0000 <= ord(character) <= 0xE0FFF
    )


@given(st.text(st.characters()))  # with surrogates
@example("\ud800\udc00")
@example("\U000e0101")
def test_a_text_is_accepted_unchanged_exactly_if_it_is_unicode_and_shows_something(text: str) -> None:
    """I2: the full range of code points; only the documented error."""
    surrogate = any(unicodedata.category(character) == "Cs" for character in text)
    if "\x00" in text or surrogate or not any(map(shows, text)):
        with pytest.raises(InvalidText, match=r"^text "):
            check_text(text)
    else:
        assert check_text(text) == text


@given(st.text(st.characters()))
def test_white_space_around_a_text_changes_nothing(text: str) -> None:
    def accepted(candidate: str) -> bool:
        try:
            check_text(candidate)
        except InvalidText:
            return False
        return True

    assert accepted(text) == accepted(f" {text}\n")


@pytest.mark.parametrize("unit", ["a", "é", "\u200b", " ", "\n", "漢", "🙂", "\u0301"])
def test_a_long_text_is_checked_in_linear_time(unit: str) -> None:
    """I4: a million characters of anything, the most that is read, within a fifth of a second."""
    text = unit * (MAX_CHARACTERS - 1) + "x"
    start = time.process_time()
    check_text(text)
    assert time.process_time() - start < 0.2
