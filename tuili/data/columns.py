"""Which columns of a file hold the pair and its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.data.shown import shown_names
from tuili.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tuili.data.example import LabelPolicy


@dataclass(frozen=True, slots=True)
class Columns:
    """Names, as the file writes them. `label` is None where there is none, or labels are ignored."""

    premise: str
    hypothesis: str
    label: str | None

    def names(self) -> list[str]:
        """The names of the columns to read."""
        return [name for name in (self.premise, self.hypothesis, self.label) if name is not None]


# Ours, and that of SNLI and MNLI. A pair is never put together from both; each looks for its own label name first.
_FAMILIES = (
    ("premise", "hypothesis", ("label", "gold_label")),
    ("sentence1", "sentence2", ("gold_label", "label")),
)
KNOWN_NAMES = frozenset({"premise", "hypothesis", "label", "sentence1", "sentence2", "gold_label"})
_NEEDED = "'premise' and 'hypothesis', or 'sentence1' and 'sentence2'"


def find_columns(names: Collection[str], labels: LabelPolicy) -> Columns:
    """The columns to read among `names`, which must match exactly; all others are left alone.

    Raises:
        InputError: A column that is needed is missing.
    """
    for premise, hypothesis, label_names in _FAMILIES:
        if premise in names and hypothesis in names:
            return Columns(premise, hypothesis, _find_label(names, label_names, labels))
    raise InputError(f"it needs the columns {_NEEDED}; found: {shown_names(names)}")


def find_unique_columns(names: list[str], labels: LabelPolicy) -> Columns:
    """Like `find_columns`, for a header, in which a name can stand twice.

    Raises:
        InputError: A column that is needed is missing, or there more than once.
    """
    columns = find_columns(names, labels)
    for name in columns.names():
        if names.count(name) > 1:
            raise InputError(f"column {name!r} is there {names.count(name)} times; keep one")
    return columns


def _find_label(names: Collection[str], label_names: tuple[str, ...], labels: LabelPolicy) -> str | None:
    if labels == "ignored":
        return None
    found = next((name for name in label_names if name in names), None)
    if found is None and labels == "required":
        raise InputError(f"it needs the column 'label' or 'gold_label'; found: {shown_names(names)}")
    return found
