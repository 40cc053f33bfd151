"""`training.json`: what `tuili train` says of the checkpoint that it wrote beside it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.reasoning.label_names import labels_named

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.types import Label

RECORD = "training.json"
CONFIG = "config.json"
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What inference takes from it.

    Attributes:
        labels: In the order of the columns.
        temperature: What log-probabilities are divided by.
    """

    labels: tuple[Label, ...]
    temperature: float


def config_digest(directory: Path) -> str:
    """SHA-256 of the checkpoint's configuration, in hex."""
    return hashlib.sha256((directory / CONFIG).read_bytes()).hexdigest()


def training_record(directory: Path) -> TrainingRecord | None:
    """The record, if it is there and of this very configuration; None otherwise.

    A checkpoint without a record, or one whose configuration was changed since, is treated as a stranger's: its label
    order has to be shown by its verdicts.
    """
    path = directory / RECORD
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        value = json.loads(path.read_text("utf-8"))
        if not isinstance(value, dict) or value.get("config_sha256") != config_digest(directory):
            return None
    except (OSError, ValueError, RecursionError):
        return None
    names, temperature = value.get("labels"), value.get("temperature", 1.0)
    labels = labels_named(names) if isinstance(names, list) else None
    if labels is None or isinstance(temperature, bool) or not isinstance(temperature, int | float):
        return None
    if not (math.isfinite(temperature) and temperature > 0):
        return None
    return TrainingRecord(labels, float(temperature))
