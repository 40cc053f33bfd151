"""Text to token ids, and from each token back to the characters it was made from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tokenizers

from tuili.errors import BundleError, InvalidText
from tuili.perception.pieces import PIECE, cut_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, eq=False)
class TokenisedText:
    """The tokens of one text, without special tokens. *Shape:* each array is `(tokens,)`.

    Attributes:
        ids: Rows of the vocabulary, int32.
        starts: First character of each token: an offset into the original text, in code points, int32.
        ends: One past its last character, int32. A letter that was decomposed gives several tokens with one span.
        unknown: True where the token is `[UNK]`: the model can't tell what stood there.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    unknown: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


class Tokeniser:
    """A BERT WordPiece tokeniser. Thread-safe; it never pads, truncates or adds special tokens.

    A special token written out in a text (`[SEP]`) is read as the five characters it is, so that no text can break
    out of its place in the input.

    Attributes:
        cls, sep, pad, unk: Rows of the special tokens, for whoever frames a pair.
        vocabulary_size: Number of rows.
    """

    def __init__(self, content: str | bytes, *, source: str = "tokenizer.json") -> None:
        """Read the content of a `tokenizer.json`; `source` names it in errors.

        Raises:
            BundleError: It is damaged, not of BERT's kind, or lacks a special token.
        """
        text = _checked_content(content, source)
        try:
            self._tokenizer = tokenizers.Tokenizer.from_str(text)
        except Exception as error:  # the library raises bare Exception
            raise BundleError(f"{source}: can't be loaded as a tokeniser ({error}); write the bundle anew") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.encode_special_tokens = True
        self.cls = self._special("[CLS]", source)
        self.sep = self._special("[SEP]", source)
        self.pad = self._special("[PAD]", source)
        self.unk = self._special("[UNK]", source)
        self.vocabulary_size: int = self._tokenizer.get_vocab_size()

    @classmethod
    def from_bytes(cls, content: bytes) -> Tokeniser:
        """Read the content of a `tokenizer.json`, say a bundle's. Raises BundleError."""
        return cls(content)

    @classmethod
    def from_file(cls, path: str | Path) -> Tokeniser:
        """Read a `tokenizer.json`. Raises BundleError, also where the file can't be read."""
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise BundleError(f"{path}: can't be read ({error.strerror}); is the bundle complete?") from error
        return cls(content, source=str(path))

    def encode(self, text: str) -> TokenisedText:
        """The tokens of a text of any length, in linear time.

        Raises:
            InvalidText: `text` is not a string, or holds a lone surrogate.
        """
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[TokenisedText]:
        """`encode` for each text; many short texts go through the library together."""
        return [self._joined(parts) for parts in _by_text(texts, self._tokenizer.encode_batch)]

    def ids_of(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids alone: enough to score, and faster by half. Raises InvalidText as `encode` does.

        That a text was read in full shows without spans: `unk` is not among the ids, and
        `tuili.perception.characters.keeps_every_character(text)` holds.
        """
        read = _by_text(texts, self._tokenizer.encode_batch_fast)
        # almost every text is one piece, whose list needs no copy
        return [parts[0][1].ids if len(parts) == 1 else [i for _, e in parts for i in e.ids] for parts in read]

    def _special(self, token: str, source: str) -> int:
        row = self._tokenizer.token_to_id(token)
        if row is None:
            raise BundleError(f"{source}: the vocabulary lacks {token}; [CLS], [SEP], [PAD] and [UNK] are needed")
        return row

    def _joined(self, parts: list[tuple[int, tokenizers.Encoding]]) -> TokenisedText:
        ids = np.fromiter(chain.from_iterable(e.ids for _, e in parts), np.int32)
        spans = [
            np.fromiter(chain.from_iterable(e.offsets), np.int32, 2 * len(e)).reshape(-1, 2) + np.int32(offset)
            for offset, e in parts
        ]
        starts, ends = np.concatenate(spans).T
        return TokenisedText(ids, np.ascontiguousarray(starts), np.ascontiguousarray(ends), ids == self.unk)


def _by_text(
    texts: Sequence[str], encode: Callable[..., list[tokenizers.Encoding]]
) -> list[list[tuple[int, tokenizers.Encoding]]]:
    """For each text its pieces, encoded, each with its offset in the text."""
    found: list[list[tuple[int, tokenizers.Encoding]]] = [[] for _ in texts]
    for batch in _batches(texts):
        encodings = encode([piece for _, _, piece in batch], add_special_tokens=False)
        for (index, offset, _), encoding in zip(batch, encodings, strict=True):
            found[index].append((offset, encoding))
    return found


def _batches(texts: Iterable[str]) -> Iterator[list[tuple[int, int, str]]]:
    """Pieces as (index of text, offset in text, piece), of at most `PIECE` characters together."""
    batch: list[tuple[int, int, str]] = []
    characters = 0
    for index, text in enumerate(texts):
        _check(text)
        for start, end in cut_pieces(text):
            if characters + end - start > PIECE and batch:
                yield batch
                batch, characters = [], 0
            batch.append((index, start, text[start:end]))
            characters += end - start
    if batch:
        yield batch


def _check(text: str) -> None:
    if not isinstance(text, str):
        raise InvalidText(f"a text must be a str, not {type(text).__name__}")
    if not text.isascii() and (found := _SURROGATE.search(text)):
        raise InvalidText(
            f"lone surrogate U+{ord(found.group()):04X} at character {found.start()}: not valid Unicode; "
            "decode the text again with the right encoding"
        )


def _checked_content(content: str | bytes, source: str) -> str:
    """The content as text, of the kind that `cut_pieces` and the rule for special tokens rely on."""
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        described = json.loads(text)
        kinds = tuple((described[part] or {})["type"] for part in ("normalizer", "pre_tokenizer", "model"))
        normal = described["normalizer"]
        clean = normal["clean_text"] and normal["handle_chinese_chars"]
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{source}: not the JSON of a BERT tokeniser ({error!r}); write the bundle anew") from error
    if kinds != ("BertNormalizer", "BertPreTokenizer", "WordPiece") or not clean:
        raise BundleError(
            f"{source}: made of {', '.join(kinds)}; allowed is BertNormalizer (clean_text and handle_chinese_chars "
            "on), BertPreTokenizer, WordPiece"
        )
    return text
