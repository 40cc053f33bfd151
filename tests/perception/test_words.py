from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuili.perception.words import Shape, shape_of, shapes_at, split_words


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in split_words(text)]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("The U.S. won, 3-1.", "The|U.S.|won|,|3-1|."),
        ("Mr. J. Doe's dog didn't bark!", "Mr.|J.|Doe|'s|dog|did|n't|bark|!"),
        ('"Well-known" (really?)', '"|Well-known|"|(|really|?|)'),
        ("Wait... what -- no--", "Wait|...|what|--|no|--"),
        ("it costs $5.50, or 20%", "it|costs|$|5.50|,|or|20|%"),
        ("They’re O'Hara's.", "They|’re|O'Hara|'s|."),
        ("1/2 and +3 and .500", "1/2|and|+3|and|.500"),
        ("Acme Corp. fell.", "Acme|Corp.|fell|."),
        (" ", ""),
    ],
)
def test_words_are_cut_as_corpora_cut_them(text, cut):
    assert "|".join(words(text)) == cut


@given(st.text(alphabet="aB1.,'’-–()\"$ \n\tñ中n't", max_size=40))
def test_every_visible_character_is_in_one_word(text):
    spans = split_words(text)
    assert "".join(text[s:e] for s, e in spans) == "".join(text.split())
    assert all(s < e for s, e in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_a_part_of_a_text_keeps_the_offsets_of_the_whole():
    assert split_words("one two three", 4, 7) == [(4, 7)]


@pytest.mark.parametrize(
    ("run", "shape"),
    [
        ("us", Shape.LOWER), ("Paris", Shape.TITLE), ("US", Shape.UPPER), ("J", Shape.INITIAL),
        ("McDonald", Shape.MIXED), ("iPhone", Shape.MIXED), ("F16", Shape.NUMBER), ("1996", Shape.NUMBER),
        (",", Shape.MARK), ("€", Shape.MARK), ("中文", Shape.LOWER), ("Éa", Shape.TITLE), ("", Shape.MARK),
    ],
)  # fmt: skip
def test_shapes(run, shape):
    assert shape_of(run) is shape


def test_shapes_are_those_of_the_run_a_character_stands_in():
    text = "New-born AL5 x"
    places = np.array([0, 2, 3, 4, 9, 11, 13], np.int32)
    wanted = [Shape.TITLE, Shape.TITLE, Shape.MARK, Shape.LOWER, Shape.NUMBER, Shape.NUMBER, Shape.LOWER]
    assert shapes_at(text, places).tolist() == wanted
    assert shapes_at("  ", places[:1]).tolist() == [Shape.NONE]


def test_long_runs_are_cut_in_linear_time():
    def seconds(text: str) -> float:
        began = time.process_time()
        split_words(text)
        return time.process_time() - began

    for unit in ("-", ".", "'s", "(", "a'", "a."):
        short, long = (min(seconds(unit * count) for _ in range(3)) for count in (2_000, 16_000))
        assert long < 40 * max(short, 5e-4), unit
