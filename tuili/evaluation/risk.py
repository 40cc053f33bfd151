"""How many verdicts are wrong from each confidence on: what a chosen risk is read off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuili.calibration import Risk
from tuili.evaluation.arrays import check_arrays, confidences, hits

if TYPE_CHECKING:
    from tuili.evaluation.arrays import Floats, Integers

THRESHOLDS = (*(round(1 / (1 + float(np.exp(-x / 10))), 4) for x in range(69, -7, -1)), 0.0)
"""0.999 down to 0.354, a tenth of a logit apart, and 0. Fixed beforehand: no promise holds of those chosen by data."""


def fit_risk(probabilities: Floats, gold: Integers) -> Risk:
    """Answers and errors at each of `THRESHOLDS`; `engine.calibrate.threshold_for` makes a promise of them.

    Relations: `selective.risk_curve` has a step for each confidence that occurs and says what was; this is a fixed
    list that a test of hypotheses can be run on.

    *Shape:* `(n, k)` and `(n,)`. The probabilities must come from a map that was not fitted on these pairs.
    """
    check_arrays(probabilities, gold)
    confidence, wrong = confidences(probabilities), ~hits(probabilities, gold)
    reached = [confidence >= threshold for threshold in THRESHOLDS]
    answered = tuple(int(mask.sum()) for mask in reached)
    return Risk(THRESHOLDS, answered, tuple(int((mask & wrong).sum()) for mask in reached), len(gold))
