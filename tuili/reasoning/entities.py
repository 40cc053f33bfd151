"""Names in a text: of persons, organisations, places, or whatever a bundle was trained to find."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuili.bundle import Bundle
from tuili.data.text import check_text
from tuili.errors import BundleError, InvalidText, ModelError, UsageError
from tuili.manifest import ENTITIES
from tuili.perception.sentences import split_sentences
from tuili.perception.words import split_words
from tuili.reasoning.entity_decoding import Decoder
from tuili.reasoning.entity_tagger import Tagger
from tuili.reasoning.entity_text import frame, pack, read_sentences
from tuili.types import Mention as Mention
from tuili.types import Span

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.reasoning.entity_text import Sentence


def load(path: str | os.PathLike[str] | None = None, *, threads: int = 1) -> EntityFinder:
    """A finder of entities, from a bundle.

    Args:
        path: The bundle's directory; None for the one that comes with the package.
        threads: Processor threads that it may use.

    Raises:
        BundleError: The directory is missing or damaged, or holds a model of another kind.
        ModelError: No path, and this installation came without such a bundle.
        UsageError: `threads` is less than 1.
    """
    if type(threads) is not int or threads < 1:
        raise UsageError(f"threads must be a whole number, 1 or more, got {threads!r}")
    if path is None:
        path = str(files("tuili") / "entity_weights")
        if not Path(path).exists():
            raise ModelError(
                "this installation came without an entity model; name a bundle, say one of models/entities.py"
            )
    bundle = Bundle.open(Path(path))
    if bundle.manifest.kind != ENTITIES:
        raise BundleError(f"{path}: is a model of kind {bundle.manifest.kind}, not {ENTITIES}; tuili.load reads it")
    return EntityFinder(bundle, threads=threads)


class EntityFinder:
    """Finds entities in English text. Safe to call from several threads.

    A text is read in windows of neighbouring sentences, so that one sentence helps with the next; what is found in a
    text depends on that text alone.

    Attributes:
        name: Of the model.
        types: What it can find.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        manifest = bundle.manifest
        self.name = f"{manifest.name}@{bundle.digest[:12]}"
        self.types = manifest.entity_types
        self._window = manifest.window.premise
        self._temperature = manifest.temperature
        self._tagger = Tagger(bundle, threads=threads)
        self._decoder = Decoder(len(self.types))

    def find(self, text: str, /) -> list[Mention]:
        """The mentions in a text, in order and disjoint; none in a text without a word.

        Raises:
            InvalidText: It is not a string, holds NUL or a lone surrogate, or is too long (`tuili.data.text`).
            NumericalError: The weights are unusable.
        """
        return self.find_many([text])[0]

    def find_many(self, texts: Sequence[str], /) -> list[list[Mention]]:
        """`find` for each text, in one go."""
        if isinstance(texts, str):
            raise UsageError("find_many takes a list of texts; for one text there is find")
        plain = [_checked(text, number) for number, text in enumerate(texts)]
        words = [[split_words(text, *sentence) for sentence in split_sentences(text)] for text in plain]
        return self.find_in_words(plain, words)

    def find_in_words(self, texts: Sequence[str], words: Sequence[Sequence[Sequence[Span]]], /) -> list[list[Mention]]:
        """`find_many` where sentences and words are known: of each text, the words of each sentence."""
        read = read_sentences(self._tagger.tokeniser, texts, words, self._window - 2)
        windows = [window for sentences in read for window in pack(sentences, self._window)]
        found = self._tagger.log_probs([frame(self._tagger.tokeniser, window) for window in windows])
        mentions: dict[int, list[Mention]] = {}
        for window, log_probs in zip(windows, found, strict=True):
            place = 0
            for sentence in window:
                here = log_probs[place : place + len(sentence.words)]
                place += len(sentence.words)
                mentions[id(sentence)] = self._mentions(sentence, here)
        return [[mention for sentence in sentences for mention in mentions[id(sentence)]] for sentences in read]

    def _mentions(self, sentence: Sentence, log_probs: NDArray[np.float32]) -> list[Mention]:
        spans = self._decoder.best(log_probs)
        if not spans:
            return []
        scores = self._decoder.posteriors(log_probs / np.float32(self._temperature), spans)
        return [
            Mention(Span(sentence.words[start].start, sentence.words[end - 1].end), self.types[kind], score)
            for (start, end, kind), score in zip(spans, scores, strict=True)
        ]


def _checked(text: object, number: int) -> str:
    """A text that can be read, or a blank one, in which there is nothing to find."""
    if isinstance(text, str) and (not text or text.isspace()):
        return ""
    try:
        return check_text(text, "text")
    except InvalidText as error:
        if isinstance(text, str) and "is blank" in str(error):
            return ""
        raise InvalidText(f"text {number}: {error}") from None
