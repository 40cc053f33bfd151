"""What every back end that reads a pair jointly can do: the fake, Hugging Face checkpoints, language models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tuili.types import Label, Pair, Span


@runtime_checkable
class Backend(Protocol):
    """Scores pairs. It never cuts a text: its caller asks for `windows` and hands them over one by one.

    A pair's scores have the same bits whatever else is scored with it, and from however many threads.

    Attributes:
        name: What verdicts carry as `model`: which model, and which version of it.
        labels: In the order of the columns of `score`; three-way or two-way.
    """

    @property
    def name(self) -> str: ...

    @property
    def labels(self) -> tuple[Label, ...]: ...

    def score(self, pairs: Sequence[Pair], /) -> NDArray[np.float32]:
        """Log-probabilities, a row for each pair, in order. *Shape:* `(len(pairs), len(labels))`.

        All are finite, and the exponentials of a row sum to 1. No pairs give no rows.

        Raises:
            InvalidPair: A pair that can't be read in one go. Nothing was scored.
            NumericalError: The model gave something that is not a number.
        """
        ...

    def windows(self, premise: str, /) -> list[Span]:
        """Characters that can be read in one go, beside any hypothesis that `check_hypothesis` lets through.

        Together they hold every character that is not white space, in order; neighbours may overlap. A premise
        that fits is one window, the whole of it.
        """
        ...

    def check_hypothesis(self, hypothesis: str, /) -> None:
        """Whether a hypothesis leaves enough room for a premise.

        Raises:
            InvalidText: It is too long; says by how much.
        """
        ...

    def coverage(self, text: str, /) -> float:
        """Share of a text's characters, white space aside, that the model can read, 0 to 1.

        What becomes an unknown token, or is dropped before it becomes one, can't be read.
        """
        ...
