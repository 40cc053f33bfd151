"""A Hugging Face tokenizer as a joint model needs it: pairs to padded rows, and how much fits into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.errors import InvalidPair, InvalidText, ModelError
from tuili.perception.sentences import split_sentences
from tuili.perception.tokens import TokenisedText
from tuili.perception.windows import coverage, cut_windows
from tuili.types import Pair, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from tokenizers import Encoding, Tokenizer

HYPOTHESIS_SHARE = 4
"""A hypothesis may take a quarter of the model's tokens, so that the rest is always there for the premise."""

OVERLAP_SHARE = 8
"""Neighbouring windows share about an eighth of their tokens."""

LEAST_TOKENS = 32
PIECE = 4096
"""Characters a call of the tokenizer gets at most, where a premise is measured: its memory grows with them."""


@dataclass(frozen=True, slots=True)
class PairTokens:
    """A pair as a model reads it, special tokens included."""

    ids: list[int]
    types: list[int]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class FramedPair:
    """A pair as a model reads it, with where each token comes from.

    Attributes:
        tokens: The rows of the vocabulary.
        sides: The side of each token; None for special tokens.
        spans: Its characters there.
        special: Which tokens are special. *Shape:* `(tokens,)`.
        pad: The row of the padding token.
    """

    tokens: PairTokens
    sides: list[str | None]
    spans: list[Span]
    special: NDArray[np.bool_]
    pad: int

    def __len__(self) -> int:
        return len(self.tokens)


class PairTokenizer:
    """Reads texts as plain text: a special token written out in one (`</s>`) does not count as one.

    Attributes:
        most: How many tokens a pair may have, special tokens included.
        premise_window, hypothesis_window: How many either side may have, without special tokens.
    """

    def __init__(self, tokenizer: Any, *, positions: int) -> None:
        """Take over a tokenizer of transformers, which should not be used elsewhere from then on.

        Args:
            tokenizer: What AutoTokenizer loads.
            positions: How many tokens the model can tell apart by their place.

        Raises:
            ModelError: It gives no character positions, has no padding token, or the model reads too little.
        """
        if not getattr(tokenizer, "is_fast", False) or tokenizer.pad_token_id is None:
            raise ModelError(
                f"{type(tokenizer).__name__} can't be used: needed are a fast tokenizer and a padding token"
            )
        self._backend: Tokenizer = tokenizer.backend_tokenizer
        # Saved tokenizers often carry these two, and then cut every text to 128 tokens without a word.
        self._backend.no_truncation()
        self._backend.no_padding()
        self._backend.encode_special_tokens = True
        self._pad: int = tokenizer.pad_token_id
        self._unknown: int | None = tokenizer.unk_token_id
        self._takes_types = "token_type_ids" in tokenizer.model_input_names
        self._pads_left = tokenizer.padding_side == "left"
        self.most = min(int(tokenizer.model_max_length), positions)
        room = self.most - self._backend.num_special_tokens_to_add(is_pair=True)
        self.hypothesis_window = room // HYPOTHESIS_SHARE
        self.premise_window = room - self.hypothesis_window
        if self.most < LEAST_TOKENS:
            raise ModelError(
                f"this model reads {self.most} tokens at most; at least {LEAST_TOKENS} are needed for a pair"
            )

    def pairs(self, pairs: Sequence[Pair]) -> list[PairTokens]:
        """Raises InvalidPair where a pair has more than `most` tokens."""
        return self.rows(pairs)

    def rows(self, texts: Sequence[Pair | str]) -> list[PairTokens]:
        """Pairs, or texts for themselves. Raises InvalidPair where one has more than `most` tokens."""
        encodings = self._backend.encode_batch_fast([x if isinstance(x, str) else tuple(x) for x in texts])
        InvalidPair.raise_first(
            [
                InvalidPair(f"{len(encoding)} tokens, and this model reads at most {self.most} in one go", index=index)
                for index, encoding in enumerate(encodings)
                if len(encoding) > self.most
            ]
        )
        return [PairTokens(encoding.ids, encoding.type_ids) for encoding in encodings]

    def framed(self, pair: Pair) -> FramedPair:
        """A pair with, for each token, where it comes from. Raises InvalidPair where it has more than `most`."""
        [tokens] = self.pairs([pair])
        encoding = self._backend.encode(*pair)
        return FramedPair(
            tokens=tokens,
            sides=[None if number is None else Pair._fields[number] for number in encoding.sequence_ids],
            spans=[Span(*span) for span in encoding.offsets],
            special=np.array(encoding.special_tokens_mask, np.bool_),
            pad=self._pad,
        )

    def padded(self, rows: Sequence[PairTokens], length: int) -> dict[str, NDArray[np.int64]]:
        """What the model takes, by name. *Shape:* each `(len(rows), length)`."""
        ids = np.full((len(rows), length), self._pad, np.int64)
        mask = np.zeros_like(ids)
        types = np.zeros_like(ids)
        for number, row in enumerate(rows):
            place = slice(length - len(row), length) if self._pads_left else slice(0, len(row))
            ids[number, place] = row.ids
            mask[number, place] = 1
            types[number, place] = row.types
        inputs = {"input_ids": ids, "attention_mask": mask}
        return {**inputs, "token_type_ids": types} if self._takes_types else inputs

    def windows(self, premise: str) -> list[Span]:
        """Spans of whole sentences, as many as fit beside the longest hypothesis; together the whole premise."""
        tokens = self._tokens(premise)
        sentences = split_sentences(premise) if len(tokens) > self.premise_window else []
        size = self.premise_window
        while True:
            cut = cut_windows(tokens, sentences, size=size, overlap=size // OVERLAP_SHARE)
            ends = [int(tokens.starts[window.end_token]) for window in cut[:-1]] + [len(premise)]
            spans = [Span(window.span.start, end) for window, end in zip(cut, ends, strict=True)]
            spans[0] = Span(0, spans[0].end)
            # Cut off from what stood before it, a text may take a token or two more.
            longest = max(self._count(premise[span.start : span.end]) for span in spans)
            if longest <= self.premise_window or size == 1:
                return spans
            size = max(1, size - (longest - self.premise_window))

    def check_hypothesis(self, hypothesis: str) -> None:
        """Raises InvalidText where the hypothesis has more than `hypothesis_window` tokens."""
        if (count := self._count(hypothesis)) > self.hypothesis_window:
            raise InvalidText(
                f"the hypothesis has {count} tokens, and this model reads at most {self.hypothesis_window}; "
                "split it into shorter statements"
            )

    def coverage(self, text: str) -> float:
        """Share of the text's characters, white space aside, that became known tokens."""
        return coverage(text, self._tokens(text))

    def _count(self, text: str) -> int:
        return sum(len(encoding) for _, encoding in self._encoded(text))

    def _tokens(self, text: str) -> TokenisedText:
        ids = [np.zeros(0, np.int32)]
        spans = [np.zeros((0, 2), np.int32)]
        for offset, encoding in self._encoded(text):
            ids.append(np.array(encoding.ids, np.int32))
            spans.append(np.array(encoding.offsets, np.int32).reshape(-1, 2) + np.int32(offset))
        numbers = np.concatenate(ids)
        starts, ends = np.ascontiguousarray(np.concatenate(spans).T)
        return TokenisedText(numbers, starts, ends, numbers == (-1 if self._unknown is None else self._unknown))

    def _encoded(self, text: str) -> Iterator[tuple[int, Encoding]]:
        """The text in pieces, with their offsets. At a joint between pieces a token more may come out."""
        start = 0
        while start < len(text):
            end = start + PIECE
            gap = max(text.rfind(space, start + 1, end) for space in " \n\t") if end < len(text) else -1
            end = gap if gap > 0 else end
            yield start, self._backend.encode(text[start:end], add_special_tokens=False)
            start = end
