"""What a batch was, once it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """A batch that was judged.

    Attributes:
        pairs: How many.
        characters: What they cost, as the queue counts it.
        seconds: How long it took.
        tokens: What the model read; None where it does not say.
        marks: The requests that they came from, as far as traces know them.
    """

    pairs: int
    characters: int
    seconds: float
    tokens: int | None = None
    marks: tuple[Any, ...] = ()
