"""What comes out of a file: examples, and in their place the rows that hold none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tuili.errors import DataError
    from tuili.types import Label

LabelPolicy = Literal["required", "optional", "ignored"]
"""`required`: every row must have a label. `optional`: a row may have none. `ignored`: no label is looked at."""


@dataclass(frozen=True, slots=True)
class Example:
    """A pair from a file, both texts checked.

    Attributes:
        label: None where the file has none, or labels are ignored.
        row: Where it came from. Parquet: the data row, counted from 1. Other formats: the line of the file on
            which the row starts, counted from 1; a header is line 1.
    """

    premise: str
    hypothesis: str
    label: Label | None
    row: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that holds no example, and why.

    Attributes:
        row: As in `Example`.
        fatal: Whether the file ends here because nothing after this row can be read: gzip data that break off, a
            quotation mark left open, a damaged page. It is not one bad row but an unknown number of them.
    """

    row: int
    error: DataError
    fatal: bool = False
