"""A map fitted on some of the pairs is measured on the others, and the other way round."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from tuili.engine.calibrate import calibrated
from tuili.engine.familiar import unknown_words
from tuili.errors import UsageError
from tuili.evaluation.fit import fit_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.evaluation.arrays import FloatArray, Floats, Integers
    from tuili.evaluation.fit import Method


def cross_fitted(
    log_probs: Floats,
    gold: Integers,
    windows: Integers,
    groups: Sequence[str],
    *,
    method: Method = "temperature",
    folds: int = 2,
    pairs: Sequence[tuple[str, str]] = (),
) -> FloatArray:
    """Probabilities of each pair under a map fitted without its fold (cross-fitting, Chernozhukov et al. 2018).

    Every pair is measured and none by a map that has seen it. What comes out says how good maps fitted on
    (folds - 1) / folds of so many pairs are; the map that ships is fitted on all of them.

    *Shape:* `(n, k)`, `(n,)` and `(n,)` to `(n, k)`.

    Args:
        log_probs, gold, windows: As `fit_map` takes them.
        groups: A text for each pair; pairs of one text, such as the premise, stay in one fold, which follows from it.
        method: Of the map.
        folds: How many.
        pairs: The pairs, which familiarity looks at.

    Raises:
        UsageError: Less than 2 folds, a fold without pairs, or what `fit_map` refuses.
    """
    if folds < 2 or len(groups) != len(gold):
        raise UsageError(f"cross-fitting takes 2 folds or more and one group a pair; got {folds} and {len(groups)}")
    fold = np.array([_fold(group, folds) for group in groups])
    probabilities = np.empty(log_probs.shape)
    for turn in range(folds):
        out = fold == turn
        if not out.any() or out.all():
            raise UsageError(f"{len(set(groups))} groups are too few for {folds} folds: one is empty")
        others = [pair for pair, skip in zip(pairs, out, strict=True) if not skip] if pairs else []
        how = fit_map(log_probs[~out], gold[~out], windows[~out], method=method, pairs=others)
        own = [pair for pair, wanted in zip(pairs, out, strict=True) if wanted] if pairs else []
        unknown = None if how.familiar is None else unknown_words(own, how.familiar)
        probabilities[out] = calibrated(log_probs[out], windows[out], how, unknown)
    return probabilities


def _fold(group: str, folds: int) -> int:
    return int.from_bytes(hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()[2:6], "big") % folds
