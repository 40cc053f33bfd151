"""An engine whose back end is a language model on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.calibration import Calibration
from tuili.engine.engine import Engine
from tuili.engine.joint import JointReader
from tuili.reasoning.generative import GenerativeCheckpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.types import Label


def generative_judge(
    source: str | ModelDirectory,
    *,
    threshold: float = 0.0,
    labels: Sequence[Label | str] | None = None,
    calibration: Calibration | Mapping[str, Any] | None = None,
    origin: tuple[Callable[..., Engine], tuple[Any, ...]] | None = None,
) -> Engine:
    """An engine for a checkpoint that writes text: T5 and its kin, GPT, Llama and theirs.

    Args:
        source: `./directory`, `/directory` or `hf:organisation/name`.
        threshold: Confidence below which a verdict is undecided.
        labels: What it chooses from: three-way (None), or two-way.
        calibration: A record that `evaluation.calibrate.calibration_of` fitted for this model, or its `to_dict()`.
        origin: How to make this engine again, for pickling; by default, this call.

    Raises:
        MissingExtra, UsageError, BundleError, ModelError, NumericalError: As `GenerativeCheckpoint.load`.
    """
    backend = GenerativeCheckpoint.load(source, labels=labels)
    record = calibration
    if record is not None and not isinstance(record, Calibration):
        record = Calibration.from_dict(record, len(backend.labels))
    if origin is None:
        origin = (_again, (source, threshold, backend.labels, record))
    return Engine(
        JointReader(backend),
        model=backend.name,
        labels=backend.labels,
        temperature=backend.temperature,
        threshold=threshold,
        calibration=record,
        origin=origin,
    )


def _again(
    source: str | ModelDirectory, threshold: float, labels: tuple[Label, ...], calibration: Calibration | None
) -> Engine:
    return generative_judge(source, threshold=threshold, labels=labels, calibration=calibration)
