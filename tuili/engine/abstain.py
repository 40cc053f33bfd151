"""How a back end that may have no answer is used: where it has none, there is no verdict to speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuili.engine.joint import JointReader
from tuili.engine.reading import Reading
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.reasoning.llm import LanguageModel


class AbstainingReader(JointReader):
    """Pairs to readings, through a language model.

    Where one window of a premise got no answer, the pair is read as a whole not at all: equal log-probabilities,
    coverage 0, and the hypothesis unread, so that the engine leaves it undecided with every label possible.
    """

    backend: LanguageModel

    def __init__(self, backend: LanguageModel) -> None:
        super().__init__(backend)

    def read(self, pairs: Sequence[Pair]) -> list[Reading]:
        """One reading for each pair, in order. Equal pairs are asked about once.

        Raises:
            InvalidPair: A hypothesis is too long.
        """
        coverage = self._check(pairs)
        windows = {premise: self._windows(premise) for premise in {pair.premise: None for pair in pairs}}
        asked = list({Pair(window, pair.hypothesis): None for pair in pairs for window in windows[pair.premise]})
        answers = dict(zip(asked, self.backend.ask(asked), strict=True))
        readings = []
        for pair in pairs:
            found = [answers[Pair(window, pair.hypothesis)] for window in windows[pair.premise]]
            missing = next((answer for answer in found if answer.reason is not None), None)
            if missing is not None:
                readings.append(Reading(missing.log_probs[None], 0.0, hypothesis_read=False))
                continue
            log_probs = np.stack([answer.log_probs for answer in found])
            readings.append(Reading(log_probs, coverage[pair.premise], hypothesis_read=True))
        return readings
