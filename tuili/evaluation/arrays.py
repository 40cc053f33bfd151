"""The two arrays that every metric takes, and what is read off them first.

*Shape:* `probabilities` is `(n, k)`, a row for each pair and a column for each label, rows sum to 1; `gold` is `(n,)`,
the column of each pair's gold label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tuili.errors import InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray: TypeAlias = NDArray[np.float64]
    IntArray: TypeAlias = NDArray[np.int64]
    BoolArray: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.floating[Any]]
    Integers: TypeAlias = NDArray[np.integer[Any]]


def check_arrays(values: Floats, gold: Integers, *, merged_classes: int = 0) -> None:
    """Refuse arrays that no metric is defined on.

    Args:
        values: `(n, k)`; finite.
        gold: `(n,)`; whole numbers from 0 to k - 1 + `merged_classes`.
        merged_classes: How many gold labels there are beyond the k columns, each standing for several of them.

    Raises:
        InputError: There are no rows.
        UsageError: The shapes don't fit, or a value is out of range.
    """
    if values.ndim != 2 or gold.ndim != 1 or len(values) != len(gold):
        raise UsageError(f"expected shapes (n, k) and (n,), got {values.shape} and {gold.shape}")
    if not len(gold):
        raise InputError("nothing to evaluate: there are no labelled pairs")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise UsageError(f"row {row} holds a value that is not finite: {values[row].tolist()}")
    if not np.issubdtype(gold.dtype, np.integer):
        raise UsageError(f"gold labels are column numbers, of an integer type; got {gold.dtype}")
    highest = values.shape[1] - 1 + merged_classes
    if gold.min() < 0 or gold.max() > highest:
        raise UsageError(f"gold labels run from 0 to {highest}; got {gold.min()} to {gold.max()}")


def predictions(probabilities: Floats) -> IntArray:
    """The most probable column of each row, the first one on a tie. *Shape:* `(n, k)` to `(n,)`."""
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


def hits(probabilities: Floats, gold: Integers) -> BoolArray:
    """Whether each prediction is the gold label. *Shape:* `(n, k)` and `(n,)` to `(n,)`."""
    return np.asarray(predictions(probabilities) == gold)


def confidences(probabilities: Floats) -> FloatArray:
    """Probability of the predicted column. *Shape:* `(n, k)` to `(n,)`."""
    return np.asarray(probabilities.max(axis=1), dtype=np.float64)
