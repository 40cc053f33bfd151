"""`training.json`, as far as it says what a finished model is for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.errors import ModelError, UsageError
from tuili.learning.tasks.card import TaskCard, card_of
from tuili.reasoning.training_record import MOST_BYTES, RECORD, config_digest

if TYPE_CHECKING:
    from tuili.reasoning.model_directory import ModelDirectory


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What a model was trained for.

    Attributes:
        card: Its task.
        labels: In the order of the columns; of a `text` task, else empty.
    """

    card: TaskCard
    labels: tuple[str, ...]


def task_record(directory: ModelDirectory, declared: TaskCard | None) -> TaskRecord:
    """The record of the model in a directory; `declared`: a card in place of the one that it was trained with.

    Raises:
        ModelError: There is none, or the model's configuration is another than training wrote.
        UsageError: The model judges pairs, or `declared` is of another kind.
    """
    name, path = directory.name, directory.path / RECORD
    try:
        text = path.read_text("utf-8") if path.stat().st_size <= MOST_BYTES else "null"
        value = json.loads(text)
        known = isinstance(value, dict) and value.get("config_sha256") == config_digest(directory.path)
    except (OSError, ValueError, RecursionError):
        known = False
    if not known:
        raise ModelError(
            f"{name} has no {RECORD} of its own, so it is not known what it was trained for; name a directory that "
            "tuili train --task wrote, as it wrote it"
        )
    kind, task, labels = value.get("kind"), value.get("task"), value.get("labels", [])
    if kind is None:
        raise UsageError(f"{name} judges pairs; use tuili judge --file FILE --model MODEL")
    if declared is None and task is None:
        raise UsageError(f"{name} was trained before records named the columns to read; give its card (--task)")
    try:
        card = declared if declared is not None else card_of(task if isinstance(task, dict) else {})
    except UsageError as error:
        raise ModelError(f"{name}: its {RECORD} is damaged: task: {error}") from None
    if card.kind != kind:
        raise UsageError(f"{name} is of kind {kind}, and the task card of kind {card.kind}")
    if kind == "text" and not (isinstance(labels, list) and labels and all(isinstance(x, str) for x in labels)):
        raise ModelError(f"{name}: its {RECORD} is damaged: labels must be a list of names")
    return TaskRecord(card, tuple(labels) if kind == "text" else ())
