"""The examples of a file as they are handed out, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Self

from tuili.data.example import BadRow, Example
from tuili.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


@dataclass(frozen=True, slots=True)
class Skipped:
    """In place of a row without a gold label, between the readers and `Examples`, which counts them."""


class Examples:
    """The examples of one file, once through.

    Iterate, and the first bad row is raised; or iterate over `rows()`, and bad rows come among the examples. The file
    is closed at the end, at an error, by `close` or `with`, or when this object is dropped.
    """

    def __init__(self, items: Generator[Example | BadRow | Skipped]) -> None:
        self._skipped = 0
        self._items = items
        # Reading one row ahead tells of a file that can't be read when it is opened, not when it is first used.
        self._ahead = iter([item for item in [next(items, None)] if item is not None])

    @property
    def skipped(self) -> int:
        """How many rows so far said that they have no gold label (`-`, or -1). None are where labels are ignored."""
        return self._skipped

    def __iter__(self) -> Iterator[Example]:
        """Examples in order.

        Raises:
            DataError: At the first bad row, or where the file can't be read on.
        """
        for item in self.rows():
            if isinstance(item, BadRow):
                self.close()
                raise item.error
            yield item

    def rows(self) -> Iterator[Example | BadRow]:
        """Examples and bad rows in order. Raises nothing: where the file can't be read on, the last one is `fatal`."""
        try:
            for item in chain(self._ahead, self._items):
                if isinstance(item, Skipped):
                    self._skipped += 1
                else:
                    yield item
        except DataError as error:
            yield BadRow(error.row or 0, error, fatal=True)

    def close(self) -> None:
        self._ahead = iter(())
        self._items.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
