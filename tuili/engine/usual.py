"""Whether a pair is like those that a model was calibrated on, from what is at hand once it has been judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from tuili.calibration import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.calibration import Usual
    from tuili.types import Verdict

_WORD = re.compile(r"\w+")


def features(pairs: Sequence[tuple[str, str]], verdicts: Sequence[Verdict]) -> NDArray[np.float64]:
    """What is looked at: the columns are `FEATURES`. *Shape:* `(n, len(FEATURES))`.

    `premise_words` and `hypothesis_words` count words; `overlap` is the share of the hypothesis's words that are in the
    premise too; `unread` is the share of the premise that the model did not read; `confidence` is the verdict's.
    """
    rows = [_row(premise, hypothesis, verdict) for (premise, hypothesis), verdict in zip(pairs, verdicts, strict=True)]
    return np.array(rows, np.float64).reshape(len(rows), len(FEATURES))


def _row(premise: str, hypothesis: str, verdict: Verdict) -> tuple[float, ...]:
    given = _WORD.findall(premise.casefold())
    asked = _WORD.findall(hypothesis.casefold())
    known = set(given)
    overlap = sum(word in known for word in asked) / len(asked) if asked else 0.0
    return len(given), len(asked), overlap, 1 - verdict.coverage, verdict.confidence


def unusual(pair: tuple[str, str], verdict: Verdict, usual: Usual) -> tuple[str, ...]:
    """The features of a pair that lie outside all that the calibration set held; none, for most pairs like those of it.

    Of a pair drawn as those were, each feature is outside with a probability of at most 2 / (n + 1), n being their
    number: the least and the greatest of n + 1 are equally likely to be any of them.
    """
    row = features([pair], [verdict])[0]
    limits = [(usual.quantiles[name][0], usual.quantiles[name][-1]) for name in FEATURES]
    return tuple(
        name for name, value, (low, high) in zip(FEATURES, row, limits, strict=True) if not low <= value <= high
    )
