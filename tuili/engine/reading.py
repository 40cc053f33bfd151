"""What a back end said of one pair, before anything is combined or calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tuili.errors import InvalidPair

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tuili.types import Pair, Part, Verdict


@dataclass(frozen=True, slots=True)
class Reading:
    """What a back end said of one pair.

    *Shape:* `log_probs` `(windows, labels)`; `coverage` is the share of the premise that was read, and
    `hypothesis_read` says whether all of the hypothesis was.
    """

    log_probs: NDArray[np.float32]
    coverage: float
    hypothesis_read: bool


@dataclass(frozen=True, slots=True)
class Uncalibrated:
    """What a model said of one pair before it was calibrated, and the verdict that it came to.

    *Shape:* `log_probs` `(labels,)`, windows combined; `windows` is how many there were, and `hypothesis_read` says
    whether all of the hypothesis was read.
    """

    log_probs: NDArray[np.float64]
    windows: int
    hypothesis_read: bool
    verdict: Verdict


def unreadable(index: int, field: str) -> InvalidPair:
    """For a text of which the model knows nothing: a verdict on it would be made up."""
    reason = f"this model can't read the {field}: every token of it is unknown; is it in a language the model knows?"
    return InvalidPair(reason, index=index, field=field)


class Reader(Protocol):
    """A back end together with its windows: pairs to readings, one for each, in order."""

    def read(self, pairs: Sequence[Pair]) -> list[Reading]: ...


@runtime_checkable
class OccludingReader(Reader, Protocol):
    """A reader that can hide parts of a pair without reading all of it anew."""

    def occlude(self, pair: Pair, hidden: Sequence[Sequence[Part]]) -> list[Reading]: ...
