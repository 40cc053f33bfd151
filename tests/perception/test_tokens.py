"""Tokens: ids, spans in the original text, what is unknown, and the same tokens however the text is cut."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from typing import TYPE_CHECKING

import pytest
import small
from growth import growth
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuili.errors import BundleError, InvalidText
from tuili.perception.pieces import _JOINT, PIECE, cut_pieces
from tuili.perception.tokens import TokenisedText, Tokeniser

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = json.dumps(small.described())
TOKENISER = Tokeniser(CONTENT)
WHOLE = small.library_tokenizer()
WHOLE.no_padding()
WHOLE.no_truncation()
WHOLE.encode_special_tokens = True

texts = st.text(max_size=60)
# No word is longer than a piece, but any character can be in a word.
wordy = st.lists(
    st.one_of(st.text(max_size=12), st.sampled_from(["下雨", "cats", "e\u0301", "don't", "...", "\u200b"]))
)
spaced = wordy.map(" ".join)


def words(text: str, tokens: TokenisedText) -> list[str]:
    return [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]


def test_a_text_becomes_ids_without_special_tokens():
    tokens = TOKENISER.encode("The cats sat.")
    assert words("The cats sat.", tokens) == ["The", "cat", "s", "sat", "."]
    assert [WHOLE.id_to_token(row) for row in tokens.ids] == ["the", "cat", "##s", "sat", "."]
    assert not tokens.unknown.any()
    assert len(tokens) == 5


def test_arrays_are_small_integers_and_booleans():
    for text in ("", "the cat"):
        tokens = TOKENISER.encode(text)
        assert [str(array.dtype) for array in (tokens.ids, tokens.starts, tokens.ends)] == ["int32"] * 3
        assert str(tokens.unknown.dtype) == "bool"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("😀 the 👩‍👩‍👧 cat", ["😀", "the", "👩‍👩‍👧", "cat"]),
        ("下雨了the", ["下", "雨", "了", "the"]),
        ("caf\u00e9 sa\u0301t", ["c", "a", "f", "\u00e9", "sa\u0301t"]),
        ("\U00020000 cat", ["\U00020000", "cat"]),
        ("\tthe\r\ncat", ["the", "cat"]),
        ("c\u200bat", ["c\u200bat"]),
    ],
)
def test_spans_count_code_points_of_the_original_text(text, expected):
    assert words(text, TOKENISER.encode(text)) == expected


def test_what_the_vocabulary_lacks_is_unknown():
    tokens = TOKENISER.encode("the 😀 cat é ω")
    assert tokens.unknown.tolist() == [False, True, False, False, True]
    assert set(tokens.ids[tokens.unknown]) == {TOKENISER.unk}


def test_a_word_of_more_than_a_hundred_characters_is_unknown():
    assert TOKENISER.encode("a" * 100 + " " + "a" * 101).unknown.tolist() == [False] * 100 + [True]


def test_a_special_token_in_a_text_is_read_as_characters():
    ids = TOKENISER.ids_of(["[SEP] the [UNK] [CLS][PAD]"])[0]
    assert not {TOKENISER.cls, TOKENISER.sep, TOKENISER.pad, TOKENISER.unk} & set(ids)
    assert TOKENISER.encode("[SEP]").ids.tolist() == [
        WHOLE.token_to_id(token) for token in ("[", "s", "##e", "##p", "]")
    ]


def test_padding_and_truncation_of_the_file_are_switched_off():
    assert len(TOKENISER.encode("cat")) == 1
    assert len(TOKENISER.encode("cat " * 1000)) == 1000


def test_special_tokens_are_looked_up():
    assert (TOKENISER.pad, TOKENISER.unk, TOKENISER.cls, TOKENISER.sep) == (0, 1, 2, 3)
    assert TOKENISER.vocabulary_size == WHOLE.get_vocab_size()


def test_content_and_file_give_the_same_tokeniser(tmp_path: Path):
    path = tmp_path / "tokenizer.json"
    path.write_text(CONTENT, encoding="utf-8")
    for tokeniser in (
        Tokeniser.from_bytes(CONTENT.encode()),
        Tokeniser.from_file(path),
        Tokeniser.from_file(str(path)),
    ):
        assert tokeniser.ids_of(["the cats"]) == TOKENISER.ids_of(["the cats"])


@pytest.mark.parametrize("token", small.SPECIAL)
def test_a_vocabulary_without_a_special_token_is_refused(token):
    content = small.described()
    content["added_tokens"] = [added for added in content["added_tokens"] if added["content"] != token]
    content["post_processor"] = None
    del content["model"]["vocab"][token]
    with pytest.raises(BundleError, match=re.escape(token)):
        Tokeniser(json.dumps(content))


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"model": 3}', b"\xff\xfe", b"PK\x03\x04"])
def test_damaged_content_is_refused(content):
    with pytest.raises(BundleError, match=r"tokenizer\.json: .*write the bundle anew"):
        Tokeniser(content)


def test_content_that_the_library_refuses_is_refused():
    content = small.described()
    content["model"]["vocab"] = 3
    with pytest.raises(BundleError, match="can't be loaded"):
        Tokeniser(json.dumps(content))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("pre_tokenizer", {"type": "Whitespace"}),
        ("pre_tokenizer", None),
        ("normalizer", {"type": "Lowercase"}),
        ("model", {"type": "BPE"}),
        ("normalizer", {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": True}),
        ("normalizer", {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": False}),
    ],
)
def test_a_tokeniser_of_another_kind_is_refused(part, value):
    with pytest.raises(BundleError):
        Tokeniser(json.dumps({**small.described(), part: value}))


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(BundleError, match=r"nowhere\.json: can't be read"):
        Tokeniser.from_file(tmp_path / "nowhere.json")


@pytest.mark.parametrize("text", [None, 3, b"the cat", ["the"]])
def test_what_is_not_a_string_is_refused(text):
    with pytest.raises(InvalidText, match="must be a str"):
        TOKENISER.encode(text)
    with pytest.raises(InvalidText, match="must be a str"):
        TOKENISER.ids_of([text])


def test_a_lone_surrogate_is_refused_with_its_place():
    for read in (TOKENISER.encode_many, TOKENISER.ids_of):
        with pytest.raises(InvalidText, match=r"U\+D83D at character 4"):
            read(["the cat", "the \ud83d"])


@given(st.lists(texts, max_size=5))
@settings(deadline=None)
def test_many_texts_give_what_each_gives(batch):
    """I2: the full range of code points; ids alone are those with spans."""
    encoded = TOKENISER.encode_many(batch)
    for text, tokens, ids in zip(batch, encoded, TOKENISER.ids_of(batch), strict=True):
        alone = TOKENISER.encode(text)
        assert tokens.ids.tolist() == alone.ids.tolist() == ids
        assert tokens.starts.tolist() == alone.starts.tolist()
        assert tokens.ends.tolist() == alone.ends.tolist()
        assert ((tokens.starts >= 0) & (tokens.starts < tokens.ends) & (tokens.ends <= len(text))).all()


def test_no_texts_give_nothing():
    assert TOKENISER.encode_many([]) == []
    assert TOKENISER.ids_of([]) == []
    assert TOKENISER.ids_of(["", "cat", ""]) == [[], [WHOLE.token_to_id("cat")], []]


@given(spaced, st.integers(24, 64))
@settings(deadline=None, max_examples=500)
@example("a\u0301 " * 30, 24)
@example("=\u0338 \u0338= " * 20, 24)
@example("下" * 80, 24)
@example("!?" * 40, 24)
def test_pieces_give_the_tokens_of_the_whole(text, limit):
    """I2: the full range of code points."""
    whole = WHOLE.encode(text, add_special_tokens=False)
    ids, offsets = [], []
    pieces = cut_pieces(text, limit)
    for start, end in pieces:
        piece = WHOLE.encode(text[start:end], add_special_tokens=False)
        ids += piece.ids
        offsets += [(start + a, start + b) for a, b in piece.offsets]
    assert ids == whole.ids
    assert offsets == whole.offsets
    assert "".join(text[start:end] for start, end in pieces) == text
    assert all(end - start <= limit for start, end in pieces)


def test_a_text_of_many_pieces_gives_the_tokens_of_the_whole():
    text = "The cats sat on 下雨 the mat, e\u0301 😀 twice. " * (3 * PIECE // 40)
    whole = WHOLE.encode(text, add_special_tokens=False)
    tokens = TOKENISER.encode(text)
    assert tokens.ids.tolist() == whole.ids == TOKENISER.ids_of([text])[0]
    assert list(zip(tokens.starts, tokens.ends, strict=True)) == whole.offsets


def test_a_word_longer_than_a_piece_is_one_unknown_token():
    text = "the " + "a" * (3 * PIECE) + " cat"
    tokens = TOKENISER.encode(text)
    assert tokens.ids.tolist() == WHOLE.encode(text, add_special_tokens=False).ids
    assert tokens.unknown.tolist() == [False, True, False]


def test_every_joint_is_one_for_the_tokeniser_too():
    joints = [chr(code) for code in range(0x10000) if _JOINT.fullmatch(chr(code))]
    assert len(joints) > 20_000
    for joint in joints:
        assert unicodedata.combining(joint) == 0
        normal = WHOLE.normalizer.normalize_str(f"x{joint}y")
        assert len(WHOLE.pre_tokenizer.pre_tokenize_str(normal)) > 1, ascii(joint)


HOSTILE = ["\n", '"', "(", ".", "a.", "a", "\u0301", "a\u0301", "\u200b", "下", "한", "qzxj" * 24 + " ", "\ufdfa"]


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_ten_times_the_text_takes_about_ten_times_as_long(unit):
    """I4: linear time."""
    assert growth(TOKENISER.encode, unit, 10_000) <= 15
    assert growth(cut_pieces, unit, 100_000) <= 15


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_a_piece_takes_the_tokeniser_less_than_fifty_milliseconds(unit):
    """I4: the text that goes into one call of the library is bounded."""
    piece = (unit * PIECE)[:PIECE]

    def seconds() -> float:
        start = time.perf_counter()
        WHOLE.encode_batch([piece], add_special_tokens=False)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) <= 0.05
