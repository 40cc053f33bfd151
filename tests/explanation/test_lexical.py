from __future__ import annotations

import pytest

from tuili.explanation.lexical import content_words, words
from tuili.explanation.lexicon import substitutes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A man's well-known dog, 3.5 m long.", ["A", "man's", "well-known", "dog", "3.5", "m", "long"]),
        ("一个男人 sleeps", ["一", "个", "男", "人", "sleeps"]),
        ("don’t", ["don’t"]),
        (":-) !!", [":-)", "!!"]),
        ("naïve\u0301 Straße", ["naïve", "Straße"]),
        ("", []),
    ],
)
def test_words_are_spans_of_the_text(text, expected):
    assert [text[span.start : span.end] for span in words(text)] == expected


def test_function_words_carry_no_content_but_negations_do():
    text = "The man is not in the park"
    assert [text[span.start : span.end] for span in content_words(text)] == ["man", "not", "park"]


def test_a_text_of_function_words_alone_keeps_them():
    assert len(content_words("it is")) == 2


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("man", "woman"),
        ("Man", "Woman"),
        ("MAN", "WOMAN"),
        ("outside", "inside"),
        ("two", "three"),
        ("one", "two"),
        ("41", "42"),
        ("is", "is not"),
        ("not", ""),
        ("nobody", "somebody"),
    ],
)
def test_the_lexicon_knows_what_excludes_a_word(word, expected):
    assert expected in substitutes(word)


def test_the_lexicon_never_offers_the_word_itself():
    from tuili.explanation.lexicon import _TABLE

    assert all(word not in others for word, others in _TABLE.items())
    assert substitutes("zeugma") == []
