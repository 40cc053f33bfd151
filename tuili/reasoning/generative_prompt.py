"""A pair as a prompt for a local language model, in tokens; and the labels as the answers that it may give."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tuili.errors import InvalidPair, ModelError
from tuili.reasoning.llm_prompt import messages
from tuili.reasoning.pair_tokens import LEAST_TOKENS, PairTokenizer
from tuili.types import Label, Pair, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

CUE = "Answer:"
MARK = 20
"""Hexadecimal digits of a mark, 80 bits."""


def prompt(pair: Pair, labels: Sequence[Label]) -> str:
    """What is read of a pair: the question that language models behind a server get too, and a cue for the answer.

    The mark between which the texts stand is taken from their own SHA-256. So the same pair is always the same prompt,
    and a text that closes its own mark would have to hold a digest of itself.
    """
    mark = hashlib.sha256("\0".join(pair).encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
    return _marked(pair, labels, mark)


def _marked(pair: Pair, labels: Sequence[Label], mark: str) -> str:
    said = messages(pair, labels, "logprobs", mark=mark)
    return f"{said.system}\n\n{said.user}\n\n{CUE}"


class PromptTokenizer:
    """Pairs to prompts and labels to answers, in tokens; and how much of a text fits.

    A template for chats that came with a tokenizer is not used: it is a program.

    Attributes:
        most: How many tokens a prompt may have.
        answers: Of each label, the tokens that say it.
        pad: The token that fills up rows.
    """

    def __init__(self, tokenizer: Any, labels: Sequence[Label], *, positions: int, seq2seq: bool) -> None:
        """Take over a tokenizer of transformers, which should not be used elsewhere from then on.

        Raises:
            ModelError: It can't be used, says two labels in the same tokens, or the model reads too little.
        """
        if tokenizer.pad_token_id is None and tokenizer.eos_token is not None:
            tokenizer.pad_token = tokenizer.eos_token  # as GPT and Llama have none; nothing ever looks at padding
        self._labels = tuple(labels)
        self._framed = seq2seq
        self._backend: Tokenizer = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        first = tokenizer.bos_token_id
        has_first = not seq2seq and first is not None and self._backend.encode("a").ids[:1] == [first]
        self._first = [first] if has_first else []
        self.answers = [self._answer(label, tokenizer.eos_token_id) for label in labels]
        if not all(self.answers) or len({tuple(answer) for answer in self.answers}) < len(self.answers):
            raise ModelError(
                f"this model's vocabulary can't tell the labels apart ({', '.join(labels)}); it needs one that spells "
                "any English word"
            )
        self.most = min(int(tokenizer.model_max_length), positions)
        overhead = self._overhead()
        if self.most - overhead < LEAST_TOKENS:
            raise ModelError(
                f"this model reads {self.most} tokens at most; the question may take {overhead} of them, and at least "
                f"{LEAST_TOKENS} are needed for a pair"
            )
        self._pairs = PairTokenizer(tokenizer, positions=self.most - overhead)
        self.pad = int(tokenizer.pad_token_id)

    def prompts(self, pairs: Sequence[Pair]) -> list[list[int]]:
        """Raises InvalidPair where a pair makes a prompt that leaves no room for the longest answer."""
        texts = [prompt(pair, self._labels) for pair in pairs]
        rows = [[*self._first, *row.ids] for row in self._backend.encode_batch(texts, add_special_tokens=self._framed)]
        room = self.most if self._framed else self.most - max(map(len, self.answers))
        InvalidPair.raise_first(
            [
                InvalidPair(f"{len(row)} tokens with the question; this model reads at most {room}", index=index)
                for index, row in enumerate(rows)
                if len(row) > room
            ]
        )
        return rows

    def windows(self, premise: str) -> list[Span]:
        """Spans of whole sentences, as many as fit beside the longest hypothesis; together the whole premise."""
        return self._pairs.windows(premise)

    def check_hypothesis(self, hypothesis: str) -> None:
        """Raises InvalidText where the hypothesis leaves too little room for a premise."""
        self._pairs.check_hypothesis(hypothesis)

    def coverage(self, text: str) -> float:
        """Share of the text's characters, white space aside, that became known tokens."""
        return self._pairs.coverage(text)

    def _overhead(self) -> int:
        """What the question and the answer may take beside the texts, with a mark's every digit a token."""
        empty = Pair("", "")
        marks = MARK * _marked(empty, self._labels, "\0").count("\0")
        return len(self._backend.encode(_marked(empty, self._labels, "")).ids) + marks + max(map(len, self.answers))

    def _answer(self, label: Label, end: int | None) -> list[int]:
        """To an encoder's question the label and the end; in a running text what follows the cue."""
        if self._framed:
            ids = list(self._backend.encode(label.value).ids)
            return ids if end is None or ids[-1:] == [end] else [*ids, end]
        cue, said = (self._backend.encode(text, add_special_tokens=False).ids for text in (CUE, f"{CUE} {label.value}"))
        # Pieces are cut at white space, so the cue's are the same in both; where they are not, the label goes alone.
        if said[: len(cue)] == cue:
            return list(said[len(cue) :])
        return list(self._backend.encode(f" {label.value}", add_special_tokens=False).ids)
