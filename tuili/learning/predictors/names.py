"""Finders of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.bundle import Bundle
from tuili.errors import UsageError
from tuili.learning.predictors.results import Named
from tuili.learning.tasks.card import TaskCard
from tuili.learning.tasks.template import Template
from tuili.manifest import ENTITIES
from tuili.reasoning import entities

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tuili.learning.predictors.results import Prediction
    from tuili.types import Pair


class NamesPredictor:
    """A `Predictor` of the kind `token`. It reads running text, in the column `text`, and finds the words itself."""

    def __init__(self, place: Path, declared: TaskCard | None, *, threads: int | None) -> None:
        """Raises BundleError, or UsageError where the bundle judges pairs or a card is given."""
        if Bundle.open(place).manifest.kind != ENTITIES:
            raise UsageError(f"{place} judges pairs; use tuili judge --file FILE --model {place}")
        if declared is not None:
            raise UsageError("a finder of names reads the column 'text' of any file; leave --task out")
        self._finder = entities.load(place, threads=1 if threads is None else threads)
        self.name = self._finder.name
        self.card = TaskCard("token", {"text": Template.of("text")}, Template.of("tags"))

    def predict(self, texts: Sequence[str | Pair], /) -> Sequence[Prediction]:
        """See `Predictor`."""
        plain = [text for text in texts if isinstance(text, str)]
        if len(plain) < len(texts):
            raise UsageError(f"{self.name} reads texts, not pairs of texts")
        found = self._finder.find_many(plain)
        return [Named(text, tuple(mentions)) for text, mentions in zip(plain, found, strict=True)]
