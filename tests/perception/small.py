"""A BERT tokeniser with a vocabulary of a few words and all small letters."""

from __future__ import annotations

import json
import string
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = ["the", "cat", "sat", "##s", "on", "mat", "下", "雨", "[", "]", *string.punctuation]
LETTERS = [*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase), *string.digits]


def library_tokenizer(**normalizer: Any) -> Tokenizer:
    vocabulary = {token: row for row, token in enumerate(dict.fromkeys([*SPECIAL, *WORDS, *LETTERS]))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token=SPECIAL[1]))
    tokenizer.normalizer = BertNormalizer(**normalizer)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(16)
    return tokenizer


def described() -> dict[str, Any]:
    """What its `tokenizer.json` says."""
    content: dict[str, Any] = json.loads(library_tokenizer().to_str())
    return content
