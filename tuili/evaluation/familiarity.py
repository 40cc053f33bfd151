"""A temperature that rises with the words of a pair that its calibration pairs did not hold."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tuili.calibration import MOST_WORDS, Familiar
from tuili.engine.familiar import word_marks
from tuili.errors import UsageError
from tuili.evaluation.calibration import allowed_columns, fit_temperature, golden_section, negative_log_likelihood

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.evaluation.arrays import Floats, IntArray, Integers

SEEN = 2
"""With how many premises a word must stand, in them or their hypotheses, to be familiar; see decision 12."""
STEEPEST = 0.2
_TOLERANCE = 2e-4
_COARSE = 2e-3  # of ln T, on the way; the temperature that is kept is fitted to the last digit
_DIGITS = 6


def fit_familiar(
    log_probs: Floats,
    gold: Integers,
    pairs: Sequence[tuple[str, str]],
    *,
    entailment: int = 0,
    known: Sequence[tuple[str, str]] | None = None,
) -> tuple[Familiar, IntArray]:
    """What is familiar, how steeply ln T rises with what is not, and how many unknown words each of the pairs has.

    A word is familiar if it stands with two different premises. So that pairs count as new ones will, a pair's own
    premise and the hypotheses on it do not make its words familiar. The slope and the temperature are those under
    which the gold labels are most likely, the slope from 0 on; a pair has no more unknown words than the most among the
    known ones, since beyond that lies what nobody would call like them.

    Relations: `fit_temperature` is the case of slope 0. It learns how sure to be of pairs like these, and is too sure
    of others; this learns on the few unusual ones among these how much less to trust what looks unlike them.

    *Shape:* `(n, k)`, `(n,)` and n pairs; the counts are `(n,)`.

    Args:
        log_probs, gold, entailment: As `fit_temperature` takes them.
        pairs: The pairs themselves.
        known: Pairs whose words are familiar; by default the same ones.

    Raises:
        UsageError: Not one pair for each row, or no word is familiar.
        NumericalError, InputError: As `fit_temperature`.
    """
    if len(pairs) != len(gold):
        raise UsageError(f"there must be one pair for each row; got {len(pairs)} and {len(gold)}")
    known = pairs if known is None else known
    groups: dict[str, set[int]] = {}
    for premise, hypothesis in known:
        groups.setdefault(premise, set()).update(word_marks(premise), word_marks(hypothesis))
    held = Counter(mark for group in groups.values() for mark in group)
    most = max((_unknown(pair, held, groups[pair[0]]) for pair in known), default=0)
    unknown = np.array([_unknown(pair, held, groups.get(pair[0], set())) for pair in pairs], np.int64)
    unknown = np.minimum(unknown, most)
    z = log_probs.astype(np.float64)
    allowed = allowed_columns(gold, z.shape[1], entailment)

    about = math.log(fit_temperature(z, gold, entailment=entailment))  # and it refuses what can't be fitted

    def least(slope: float) -> float:
        flatter = z * np.exp(-slope * unknown)[:, None]

        def loss(log_temperature: float) -> float:
            return negative_log_likelihood(flatter * math.exp(-log_temperature), allowed)

        # one T for all lies between T without unknown words and T with the most of them
        return loss(golden_section(loss, about - STEEPEST * most, about, tolerance=_COARSE))

    slope = golden_section(least, 0.0, STEEPEST, tolerance=_TOLERANCE)
    if least(0.0) <= least(slope):
        slope = 0.0
    words = frozenset(mark for mark, count in held.most_common(MOST_WORDS) if count >= SEEN)
    if not words:
        raise UsageError("no word stands with two premises of these pairs, so none is familiar; use temperature")
    return Familiar(words, round(slope, _DIGITS), most), unknown


def _unknown(pair: tuple[str, str], held: Counter[int], own: set[int]) -> int:
    """Words of a pair that stand with less than `SEEN` premises other than its own."""
    return sum(held[mark] - (mark in own) < SEEN for text in pair for mark in word_marks(text))
