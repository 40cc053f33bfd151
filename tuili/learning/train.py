"""`tuili.train`: labelled pairs and a base in, a model that `tuili.load` opens out. Importing this loads no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.errors import MissingExtra
from tuili.learning.config import TrainConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def train(config: TrainConfig | Mapping[str, Any]) -> Path:
    """Train a model, measure it, and write it down.

    The same as `tuili train`. It sets torch's seed and, while it runs, its number of threads.

    Args:
        config: A `TrainConfig`, or a mapping with its fields.

    Returns:
        The directory: a bundle (prefix form) or a checkpoint (joint form). Load it with `tuili.load(path)`.

    Raises:
        UsageError: An option that can't be, memory that does not suffice, or an output that can't be written.
        DataError: A file that can't be read, holds no labelled pair, or only one label.
        BundleError, ModelError: A base that can't be used.
        NumericalError: The loss is no longer finite; the last good checkpoint is kept.
        ResumeError: `resume`, and the run there was begun with other options or inputs.
        MissingExtra: torch or another library is not installed.
    """
    require_torch()
    from tuili.learning.training_run import run_training

    return run_training(config if isinstance(config, TrainConfig) else TrainConfig.of(config)).path


def require_torch() -> None:
    """Raise MissingExtra unless what training needs is installed."""
    try:
        import onnx  # noqa: F401
        import safetensors  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train") from error
