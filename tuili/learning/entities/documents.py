"""Documents whose words carry tags, as batches for training."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tuili.errors import DataError, MissingExtra
from tuili.evaluation.spans import chunks
from tuili.learning.batches import Batch, TokenBudget
from tuili.learning.entities.model import WordBatch
from tuili.learning.prefix import PackedRows
from tuili.reasoning.entity_decoding import WordSpan, tags_of
from tuili.reasoning.entity_text import Sentence, frame, pack, read_sentences
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tuili.learning.batches import Collated
    from tuili.perception.tokens import Tokeniser

COLUMNS = ("doc", "tokens", "ner")


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence of a document: its words, and their tags in any of the schemes that `evaluation.spans` reads."""

    document: int
    words: tuple[str, ...]
    tags: tuple[str, ...]


def read_tagged(path: str | Path) -> list[TaggedSentence]:
    """The sentences of a Parquet file with the columns `doc`, `tokens` and `ner`, in order.

    Raises:
        DataError: The file can't be read, lacks a column, or holds something else in it.
        MissingExtra: pyarrow is not installed.
    """
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet") from error
    try:
        rows = read_table(path, columns=list(COLUMNS)).to_pylist()
    except (OSError, ArrowException, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"can't be read as Parquet with {', '.join(COLUMNS)}: {reason}", path=path) from error
    return [_sentence(row, path, number) for number, row in enumerate(rows, 1)]


def _sentence(row: dict[str, object], path: str | Path, number: int) -> TaggedSentence:
    document, words, tags = (row[column] for column in COLUMNS)
    if not isinstance(document, int) or not isinstance(words, list) or not isinstance(tags, list):
        raise DataError("doc must be a whole number, tokens and ner must be lists", path=path, row=number)
    if len(words) != len(tags) or not words or not all(isinstance(x, str) and x.strip() for x in [*words, *tags]):
        raise DataError("tokens and ner must hold as many words as tags, none of them blank", path=path, row=number)
    return TaggedSentence(document, tuple(words), tuple(tags))


def types_of(sentences: Sequence[TaggedSentence]) -> tuple[str, ...]:
    """The types that the tags name, in alphabetical order."""
    return tuple(sorted({kind for sentence in sentences for _, _, kind in chunks(sentence.tags)}))


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A sentence of pieces, and the tag of each word by its column."""

    sentence: Sentence
    tags: NDArray[np.int64]


def documents(
    sentences: Sequence[TaggedSentence], tokeniser: Tokeniser, types: Sequence[str], limit: int
) -> list[list[Item]]:
    """Sentences by document, each cut to at most `limit` pieces.

    Raises:
        DataError: A tag is of a type that `types` lacks.
    """
    numbers = {kind: number for number, kind in enumerate(types)}
    found: dict[int, list[Item]] = {}
    for sentence, parts in zip(sentences, _read(sentences, tokeniser, limit), strict=True):
        spans = []
        for start, end, kind in sorted(chunks(sentence.tags)):
            if kind not in numbers:
                raise DataError(f"the tags name {kind}, which is none of {', '.join(types)}")
            spans.append(WordSpan(start, end, numbers[kind]))
        tags = tags_of(spans, len(sentence.words))
        starts = {span.start: place for place, span in enumerate(_spans(sentence.words))}
        for part in parts:
            here = np.array([tags[starts[word.start]] for word in part.words], np.int64)
            found.setdefault(sentence.document, []).append(Item(part, here))
    return list(found.values())


def _read(sentences: Sequence[TaggedSentence], tokeniser: Tokeniser, limit: int) -> list[list[Sentence]]:
    texts = [" ".join(sentence.words) for sentence in sentences]
    return read_sentences(tokeniser, texts, [[_spans(sentence.words)] for sentence in sentences], limit)


def _spans(words: Sequence[str]) -> list[Span]:
    spans, place = [], 0
    for word in words:
        spans.append(Span(place, place + len(word)))
        place += len(word) + 1
    return spans


@dataclass(frozen=True, slots=True)
class DocumentBatches:
    """Documents in windows that differ from epoch to epoch. A `Batches`.

    Attributes:
        window: Tokens of a window at most.
        short: Share of the windows that hold but a sentence or two, as a short text does.
        budget: Tokens of a batch.
    """

    documents: Sequence[Sequence[Item]]
    tokeniser: Tokeniser
    window: int
    budget: int
    seed: int
    short: float = 0.15

    def epoch(self, number: int, /) -> Collated[list[Item]]:
        rng = random.Random(f"{self.seed}/{number}/windows")  # noqa: S311  an order, not a secret
        windows = [window for document in self.documents for window in self._windows(document, rng)]
        return TokenBudget(windows, _tokens, self._collate, self.budget, self.seed).epoch(number)

    def _windows(self, document: Sequence[Item], rng: random.Random) -> Iterator[list[Item]]:
        place, first = 0, rng.uniform(0.3, 1.0)
        while place < len(document):
            share = rng.uniform(0.1, 0.3) if rng.random() < self.short else first
            sentences = [item.sentence for item in document[place:]]
            count = len(next(pack(sentences, int(self.window * share))))
            yield list(document[place : place + count])
            place, first = place + count, 1.0

    def _collate(self, windows: Sequence[list[Item]]) -> Batch:
        framed = [frame(self.tokeniser, [item.sentence for item in window]) for window in windows]
        offsets = np.cumsum([0, *(len(window.ids) for window in framed[:-1])])
        rows = PackedRows.of([window.ids.tolist() for window in framed])
        inputs = WordBatch(
            rows,
            torch.from_numpy(np.concatenate([window.shapes for window in framed])),
            torch.from_numpy(np.concatenate([w.firsts + o for w, o in zip(framed, offsets, strict=True)])),
        )
        tags = torch.from_numpy(np.concatenate([item.tags for window in windows for item in window]))
        return Batch(inputs, tags, torch.ones(len(tags)), sum(map(len, windows)))

    def in_order(self) -> list[tuple[Batch, list[list[Item]]]]:
        """All documents in windows as they will be read, for measuring."""
        windows = []
        for document in self.documents:
            place = 0
            for group in pack([item.sentence for item in document], self.window):
                windows.append(list(document[place : place + len(group)]))
                place += len(group)
        packed = TokenBudget(windows, _tokens, self._collate, self.budget, self.seed).in_order()
        return [(self._collate(group), list(group)) for group in packed.groups]


def _tokens(window: list[Item]) -> int:
    return 1 + sum(len(item.sentence.ids) + 1 for item in window)
