"""What checkpoints call their labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuili.errors import UsageError
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPELLINGS = {
    **{label.value: label for label in Label},
    "entail": Label.ENTAILMENT,
    "entails": Label.ENTAILMENT,
    "entailed": Label.ENTAILMENT,
    "contradict": Label.CONTRADICTION,
    "contradicts": Label.CONTRADICTION,
    "contradictory": Label.CONTRADICTION,
    "non_entailment": Label.NOT_ENTAILMENT,
    "not_entailed": Label.NOT_ENTAILMENT,
    "no_entailment": Label.NOT_ENTAILMENT,
}
_ALLOWED = f"{', '.join(THREE_WAY)}; or {', '.join(TWO_WAY)}"


def labels_named(names: Sequence[object]) -> tuple[Label, ...] | None:
    """The labels that a checkpoint's own names stand for, in order, or None where they say nothing (`LABEL_0`)."""
    labels = tuple(_SPELLINGS.get(re.sub(r"[\s_-]+", "_", str(name)[:100].strip().lower())) for name in names)
    known = tuple(label for label in labels if label is not None)
    return known if len(known) == len(labels) and _complete(known) else None


def labels_ordered(names: Sequence[str | Label], outputs: int) -> tuple[Label, ...]:
    """The labels that a caller gives for a model's outputs.

    Raises:
        UsageError: They are not the labels of a three-way or a two-way model, or not as many as it has outputs.
    """
    if isinstance(names, str):
        raise UsageError(f"labels must be a list, got the string {names!r}; write labels=[...] with {_ALLOWED}")
    labels = labels_named(list(names))
    if labels is None or len(labels) != outputs:
        raise UsageError(
            f"labels={[str(name) for name in names]} can't be those of a model with {outputs} outputs; "
            f"allowed, each once and in the model's order: {_ALLOWED}"
        )
    return labels


def _complete(labels: tuple[Label, ...]) -> bool:
    return sorted(labels) in (sorted(THREE_WAY), sorted(TWO_WAY))
