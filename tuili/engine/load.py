"""From an address to an engine: the one table of back ends."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.engine.engine import Engine
from tuili.errors import BundleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSES = (
    "no address (the embedded model), ./directory or /directory (a bundle or a checkpoint), hf:organisation/name"
)
CACHE_BYTES = 64 * 2**20


def load(model: str | None = None, *, threads: int | None = None, cache_bytes: int = CACHE_BYTES) -> Engine:
    """An engine for the model at an address.

    Args:
        model: None for the embedded model; a directory, written with a leading `.` or `/`; or `hf:organisation/name`.
        threads: Processor threads; by default those that this process may use.
        cache_bytes: Memory for percepts of premises that may be asked about again.

    Raises:
        UsageError: An address or option that can't be.
        BundleError: The directory is missing or damaged.
        ModelError: A checkpoint that can't be used, or whose label order is in doubt.
        MissingExtra: A checkpoint, without the `hf` extra.
    """
    threads = available_threads() if threads is None else threads
    if threads < 1:
        raise UsageError(f"threads must be 1 or more, got {threads}")
    if cache_bytes < 0:
        raise UsageError(f"cache_bytes must be 0 or more, got {cache_bytes}")
    opener, place = _opener(model)
    return opener(place, model, threads, cache_bytes)


def available_threads() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _opener(model: str | None) -> tuple[Callable[[str, str | None, int, int], Engine], str]:
    if model is None:
        return _open_bundle, str(files("tuili") / "weights")
    if model.startswith((".", "/")) or Path(model).is_absolute():
        path = Path(model)
        if not path.is_dir():
            raise BundleError(f"{model} is not a directory; a model is a bundle or a checkpoint directory")
        return (_open_bundle if (path / "bundle.json").exists() else _open_checkpoint), model
    scheme, _, name = model.partition(":")
    if scheme == "hf" and name:
        return _open_checkpoint, name
    raise UsageError(f"{model!r} is not the address of a model; allowed: {ADDRESSES}")


def _open_bundle(directory: str, model: str | None, threads: int, cache_bytes: int) -> Engine:
    from tuili.bundle import Bundle
    from tuili.engine.percepts import PerceptReader
    from tuili.reasoning.embedded import Embedded

    bundle = Bundle.open(directory)
    backend = Embedded(bundle, threads=threads)
    return Engine(
        PerceptReader(backend, cache_bytes=cache_bytes),
        model=backend.name,
        labels=backend.labels,
        temperature=bundle.manifest.temperature,
        threshold=bundle.manifest.threshold,
        sharpness=bundle.manifest.combination.parameters["sharpness"],
        origin=(_reload, (model, threads, cache_bytes)),
    )


def _reload(model: str | None, threads: int, cache_bytes: int) -> Engine:
    return load(model, threads=threads, cache_bytes=cache_bytes)
