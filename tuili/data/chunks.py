"""Rows in batches that are bounded in memory, however long the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tuili.data.example import BadRow, Example

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = TypeVar("Row", bound=Example | BadRow)

CHARACTERS = 2_000_000


def chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Batches of `size` rows, or fewer where these hold more than `CHARACTERS` characters."""
    batch: list[Row] = []
    characters = 0
    for row in rows:
        batch.append(row)
        if isinstance(row, Example):
            characters += len(row.premise) + len(row.hypothesis)
        if len(batch) == size or characters > CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
