"""From a row as its file holds it to an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.data.example import Example
from tuili.data.labels import is_missing, is_without_gold, parse_label
from tuili.data.text import check_text
from tuili.errors import DataError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.data.columns import Columns
    from tuili.data.example import LabelPolicy
    from tuili.types import Label


@dataclass(frozen=True, slots=True)
class Record:
    """The three values that are needed of a row, unchecked; None where the file holds nothing."""

    row: int
    premise: object
    hypothesis: object
    label: object
    columns: Columns


def examine(record: Record, labels: LabelPolicy, path: str | Path) -> Example | None:
    """The example in a record; None where the record says that it has no gold label.

    The label comes first: the texts of a row that is skipped anyway are not looked at.

    Raises:
        DataError: A text or the label can't be used, with the row and the field.
    """
    columns = record.columns
    if labels != "ignored" and is_without_gold(record.label):
        return None
    return Example(
        premise=_text(record.premise, record.row, columns.premise, path),
        hypothesis=_text(record.hypothesis, record.row, columns.hypothesis, path),
        label=_label(record, labels, path),
        row=record.row,
    )


def _text(value: object, row: int, field: str, path: str | Path) -> str:
    if value is None:
        raise DataError("text is missing (null)", path=path, row=row, field=field)
    try:
        return check_text(value)
    except InputError as error:
        raise DataError(str(error), path=path, row=row, field=field) from None


def _label(record: Record, labels: LabelPolicy, path: str | Path) -> Label | None:
    field = record.columns.label
    if labels == "ignored" or field is None:
        return None
    if is_missing(record.label):
        if labels == "required":
            raise DataError("the label is missing", path=path, row=record.row, field=field)
        return None
    try:
        return parse_label(record.label)
    except InputError as error:
        raise DataError(str(error), path=path, row=record.row, field=field) from None
