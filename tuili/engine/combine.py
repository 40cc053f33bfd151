"""From the windows of a long premise to one distribution.

A plain maximum over windows inflates entailment: with enough windows one of them entails anything. A plain
mean drowns the one window that matters. Between the two stands the *decisive mean*: each window counts by
how far it is from having nothing to say,

    w_i = exp(sharpness * log(1 - p_i(nothing))) / sum_j exp(sharpness * log(1 - p_j(nothing))),    p = sum_i w_i p_i,

where *nothing* is neutral, or not-entailment in two-way models. Sharpness 0 gives the mean, infinity the most
decisive window; it is fitted on long premises and kept in the bundle. No label gets more than the window that gives it
most, however many windows there are, and the windows' order does not matter.

Relations: attention pooling of instances (Ilse et al. 2018) with a fixed, monotone attention; SummaC (Laban et
al. 2022) takes the maximum instead (ZS) or learns a convolution over a histogram of windows (Conv).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def decisive_mean(log_probs: NDArray[Any], labels: Sequence[Label], *, sharpness: float) -> NDArray[np.float64]:
    """Log-probabilities of a premise from those of its windows.

    *Shape:* `(windows, labels)` to `(labels,)`.
    """
    if len(log_probs) == 1:
        return np.asarray(log_probs[0], np.float64)
    probabilities = np.exp(log_probs.astype(np.float64))
    nothing = labels.index(Label.NEUTRAL if Label.NEUTRAL in labels else Label.NOT_ENTAILMENT)
    decisive = np.log(np.maximum(1.0 - probabilities[:, nothing], 1e-12))
    weights = np.exp(sharpness * (decisive - decisive.max()))
    combined = (weights[:, None] * probabilities).sum(0) / weights.sum()
    return np.asarray(np.log(np.maximum(combined, 1e-30)))
