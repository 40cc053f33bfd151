"""How labels are written in files."""

from __future__ import annotations

import re

from tuili.data.shown import shown
from tuili.errors import InputError
from tuili.types import Label

_SPELLINGS = {
    **{label.value: label for label in Label},
    "e": Label.ENTAILMENT,  # ANLI writes one letter
    "n": Label.NEUTRAL,
    "c": Label.CONTRADICTION,
    "non-entailment": Label.NOT_ENTAILMENT,  # HANS
}
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
_ALLOWED = ", ".join(Label) + " (in any case), or - for a row without a gold label"


def is_missing(value: object) -> bool:
    """Whether the file holds no label at all here."""
    return value is None or value == ""


def is_without_gold(value: object) -> bool:
    """Whether the row says itself that it has no gold label: `-` in SNLI and MNLI, -1 in their Hugging Face copies."""
    if isinstance(value, str):
        return value.strip() in {"-", "-1"}
    return isinstance(value, int) and value == -1


def parse_label(value: object) -> Label:
    """The label that `value` spells.

    Numbers are refused: 0 is entailment in one data set and contradiction in the next, and a wrong guess gives a
    plausible file with false labels.

    Raises:
        InputError: It spells none.
    """
    if isinstance(value, str):
        # No spelling is long; cutting first keeps a hostile one from being copied whole.
        label = _SPELLINGS.get(value[:100].strip().lower())
        if label is not None:
            return label
    if _is_number(value):
        raise InputError(
            f"label {shown(value)} is a number, and data sets disagree on what it stands for; write one of {_ALLOWED}"
        )
    raise InputError(f"unknown label {shown(value)}; write one of {_ALLOWED}")


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value[:100].strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)
