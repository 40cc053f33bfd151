"""How a joint back end is used: each window of a premise is read anew for each hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.engine.reading import Reading, unreadable
from tuili.errors import InvalidPair, InvalidText
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.reasoning.backend import Backend


class JointReader:
    """Pairs to readings, through a back end that scores pairs."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def read(self, pairs: Sequence[Pair]) -> list[Reading]:
        """One reading for each pair, in order. Equal pairs are read once.

        Raises:
            InvalidPair: A hypothesis leaves no room for a premise, or a text is unreadable.
        """
        coverage = self._check(pairs)
        windows = {premise: self._windows(premise) for premise in {pair.premise: None for pair in pairs}}
        asked = {Pair(window, pair.hypothesis): None for pair in pairs for window in windows[pair.premise]}
        places = {pair: place for place, pair in enumerate(asked)}
        log_probs = self.backend.score(list(asked))
        return [
            Reading(
                log_probs[[places[Pair(window, pair.hypothesis)] for window in windows[pair.premise]]],
                coverage[pair.premise],
                hypothesis_read=coverage[pair.hypothesis] == 1,
            )
            for pair in pairs
        ]

    def _windows(self, premise: str) -> list[str]:
        return [premise[start:end] for start, end in self.backend.windows(premise)]

    def _check(self, pairs: Sequence[Pair]) -> dict[str, float]:
        """How much of each text can be read."""
        coverage = {text: self.backend.coverage(text) for text in {text: None for pair in pairs for text in pair}}
        problems = []
        for index, pair in enumerate(pairs):
            try:
                self.backend.check_hypothesis(pair.hypothesis)
            except InvalidText as error:
                problems.append(InvalidPair(str(error), index=index, field="hypothesis"))
                continue
            unread = [field for field, text in zip(Pair._fields, pair, strict=True) if coverage[text] == 0]
            problems += [unreadable(index, field) for field in unread[:1]]
        InvalidPair.raise_first(problems)
        return coverage
