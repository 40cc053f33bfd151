"""One tree of errors. Each says what was wrong, what is allowed, and what to do.

TuiliError
├── InputError              what was handed in can't be judged
│   ├── InvalidText         a text: empty, not Unicode, too long
│   ├── InvalidPair         a pair, with its index
│   └── DataError           a file, with the row and the field
├── UsageError              an option or argument that can't be
├── BundleError             a model directory that is missing, damaged or not to be trusted
├── ModelError              a model that can't be used
│   ├── LabelOrderError     its labels are in doubt
│   └── NumericalError      it gave something that is not a probability
├── MissingExtra            an optional dependency is not installed
├── AuditError              the record of verdicts can't be written, or is not as it was written
└── ResumeError             an output file that belongs to another run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class TuiliError(Exception):
    """The root: catch this to catch everything that tuili raises on purpose."""


class InputError(TuiliError):
    """What was handed in can't be judged."""


class InvalidText(InputError):
    """A text that can't be read: empty, blank, not valid Unicode, or too long."""


class InvalidPair(InputError):
    """A pair that can't be judged. Raised before anything is scored.

    Attributes:
        index: Which pair, counted from 0.
        field: `premise` or `hypothesis`; None where the pair as a whole is malformed.
        reason: What is wrong.
        also: The other pairs of the same call that can't be judged either, as far as is known.
    """

    def __init__(
        self, reason: str, *, index: int, field: str | None = None, also: tuple[InvalidPair, ...] = ()
    ) -> None:
        self.reason = reason
        self.index = index
        self.field = field
        self.also = also
        super().__init__(f"pair {index}{f', {field}' if field else ''}: {reason}")

    def __reduce__(self) -> tuple[object, ...]:
        return _invalid_pair, (self.reason, self.index, self.field, self.also)

    @classmethod
    def raise_first(cls, problems: Sequence[InvalidPair]) -> None:
        """Raise the first of the problems, if there are any, with the others in `also`."""
        if problems:
            first, *others = problems
            raise cls(first.reason, index=first.index, field=first.field, also=tuple(others))


def _invalid_pair(reason: str, index: int, field: str | None, also: tuple[InvalidPair, ...]) -> InvalidPair:
    return InvalidPair(reason, index=index, field=field, also=also)


class DataError(InputError):
    """A file that can't be read, or a row of it.

    Attributes:
        path: The file.
        row: Which data row, counted from 1; for line-based formats the line of the file. None: the file as a whole.
        field: The column.
        reason: What is wrong.
    """

    def __init__(
        self, reason: str, *, path: str | Path | None = None, row: int | None = None, field: str | None = None
    ) -> None:
        self.reason = reason
        self.path = path
        self.row = row
        self.field = field
        place = [str(path)] if path is not None else []
        if row is not None:
            place.append(f"row {row}")
        if field is not None:
            place.append(f"field {field!r}")
        super().__init__(f"{', '.join(place)}: {reason}" if place else reason)

    def __reduce__(self) -> tuple[object, ...]:
        return _data_error, (self.reason, self.path, self.row, self.field)


def _data_error(reason: str, path: str | Path | None, row: int | None, field: str | None) -> DataError:
    return DataError(reason, path=path, row=row, field=field)


class UsageError(TuiliError):
    """An option or argument that can't be."""


class BundleError(TuiliError):
    """A model directory that is missing, damaged, or not to be trusted."""


class ModelError(TuiliError):
    """A model that can't be used."""


class LabelOrderError(ModelError):
    """A model whose label order is unknown, or contradicted by its own verdicts."""


class NumericalError(ModelError):
    """A model that gave something other than finite log-probabilities."""


class MissingExtra(TuiliError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f'this needs {package}: pip install "tuili[{extra}]"')

    def __reduce__(self) -> tuple[object, ...]:
        return MissingExtra, (self.package, self.extra)


class ResumeError(TuiliError):
    """An output file that was begun with another input, model or option set."""


class AuditError(TuiliError):
    """The record of verdicts can't be written, or is not as it was written. No verdict is given without its record."""
