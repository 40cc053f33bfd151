"""From an address to an engine: the one table of back ends."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.engine.calibrate import threshold_for
from tuili.engine.engine import Engine
from tuili.engine.signed import open_signed, public_key_of
from tuili.errors import BundleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.manifest import Combination, Manifest
    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.types import Label

ADDRESSES = (
    "no address (the embedded model), ./directory or /directory (a bundle or a checkpoint), hf:organisation/name, "
    "http://host:port (a tuili server), openai:http://host:port/v1#model (a language model)"
)
CACHE_BYTES = 64 * 2**20
_CALIBRATE_FIRST = "tuili calibrate PAIRS --model BUNDLE --output CALIBRATED makes one that does"


@dataclass(frozen=True, slots=True)
class Options:
    """What `load` was asked for; an engine pickles as this."""

    model: str | None
    threads: int | None
    cache_bytes: int
    threshold: float | None
    labels: str | tuple[str, ...] | None
    check_labels: bool
    max_risk: float | None = None
    require_signed: str | None = None


def load(
    model: str | os.PathLike[str] | None = None,
    *,
    threads: int | None = None,
    cache_bytes: int = CACHE_BYTES,
    threshold: float | None = None,
    labels: Sequence[Label | str] | None = None,
    check_labels: bool = True,
    max_risk: float | None = None,
    require_signed: str | os.PathLike[str] | None = None,
) -> Engine:
    """An engine for the model at an address.

    Args:
        model: None for the embedded model; a directory, written with a leading `.` or `/`; `hf:organisation/name`;
            `http://host:port` of a tuili server; or `openai:http://host:port/v1#model`, see docs/llm.md.
        threads: Processor threads; by default those that this process may use.
        cache_bytes: Memory for percepts of premises that may be asked about again.
        threshold: Confidence below which a verdict is undecided, 0 to 1; by default, what the bundle says, or 0.
        labels: Of a checkpoint: what its outputs mean, in order; by default, what its configuration says. Of one that
            writes text: what it chooses from.
        check_labels: Of a checkpoint: whether its verdicts on unmistakable pairs must agree with the label order.
        max_risk: Share of decided verdicts that may be wrong, above 0 and below 1, in place of a threshold: the model's
            calibration then says from which confidence on it decides. `engine.calibrate.threshold_for` says what is
            promised, and docs/how-to-read-a-verdict.md of which pairs.
        require_signed: The public key, as 64 hex digits or a file with them, that the bundle must be signed with
            (`engine.signed`). By default nobody looks, and records of verdicts say that it is unsigned.

    Raises:
        UsageError: An address or option that can't be; `require_signed` of what is no bundle.
        BundleError: The directory is missing or damaged.
        ModelError: A checkpoint that can't be used, or whose label order is in doubt.
        MissingExtra: A checkpoint, without the `hf` extra.
    """
    if isinstance(model, os.PathLike):
        model = str(Path(model).absolute())
    if not isinstance(model, str | None):
        raise UsageError(f"a model is named by its address, got {type(model).__name__}; allowed: {ADDRESSES}")
    if model is not None and model.startswith("."):
        model = str(Path(model).absolute())  # so that a pickled engine finds it from elsewhere
    most = max(64, 4 * (os.cpu_count() or 1))
    if threads is not None and (type(threads) is not int or not 1 <= threads <= most):
        raise UsageError(f"threads must be a whole number from 1 to {most}, got {threads!r}")
    if type(cache_bytes) is not int or cache_bytes < 0:
        raise UsageError(f"cache_bytes must be a whole number, 0 or more, got {cache_bytes!r}")
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"threshold must be from 0 to 1, got {threshold!r}")
    if max_risk is not None and threshold is not None:
        raise UsageError("a threshold and a max_risk both say when to decide; give one of them")
    order = labels if labels is None or isinstance(labels, str) else tuple(str(label) for label in labels)
    signed_by = None if require_signed is None else public_key_of(require_signed)
    return _load(Options(model, threads, cache_bytes, threshold, order, check_labels, max_risk, signed_by))


def bundle_directory(model: str | os.PathLike[str] | None = None) -> str:
    """The directory of the bundle at an address; the embedded model's, if None.

    Raises:
        UsageError: It is the address of another kind of model, which has no place to keep a calibration.
    """
    if model is None:
        return str(files("tuili") / "weights")
    path = Path(model)
    is_path = isinstance(model, os.PathLike) or model.startswith((".", "/")) or path.is_absolute()
    if is_path and (path / "bundle.json").exists():
        return str(path.absolute())
    raise UsageError(
        f"{str(model)!r} is no bundle, and only a bundle has a place for a calibration; allowed: no address (the "
        "embedded model), or ./directory or /directory with a bundle in it"
    )


def available_threads() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load(options: Options) -> Engine:
    model = options.model
    if model is None:
        return _open_bundle(str(files("tuili") / "weights"), options)
    if model.startswith((".", "/")) or Path(model).is_absolute():
        path = Path(model)
        if not path.is_dir():
            raise BundleError(f"{model} is not a directory; a model is a bundle or a checkpoint directory")
        if (path / "bundle.json").exists():
            return _open_bundle(model, options)
        _refuse_unsigned(options)
        return _open_export(model, options) if (path / "joint.json").exists() else _open_checkpoint(model, options)
    _refuse_unsigned(options)
    scheme, _, name = model.partition(":")
    if scheme == "hf" and name:
        return _open_checkpoint(model, options)
    if scheme in ("http", "https"):
        return _open_server(model, options)
    if scheme == "openai":
        return _open_language_model(model, options)
    raise UsageError(f"{model!r} is not the address of a model; allowed: {ADDRESSES}")


def _open_bundle(directory: str, options: Options) -> Engine:
    if options.labels is not None:
        raise UsageError("a bundle knows the order of its labels; labels are for checkpoints")
    from tuili.engine.percepts import PerceptReader
    from tuili.reasoning.embedded import Embedded

    bundle = open_signed(directory, options.require_signed)
    backend = Embedded(bundle, threads=options.threads or available_threads())
    return Engine(
        PerceptReader(backend, cache_bytes=options.cache_bytes),
        model=backend.name,
        labels=backend.labels,
        temperature=bundle.manifest.temperature,
        threshold=_threshold(bundle.manifest, options),
        sharpness=_sharpness(bundle.manifest.combination),
        calibration=bundle.manifest.calibration,
        origin=(_load, (options,)),
    )


def _refuse_unsigned(options: Options) -> None:
    if options.require_signed is not None:
        raise UsageError(f"{options.model!r} is no bundle, and only a bundle can be signed; one was required")


def _threshold(manifest: Manifest, options: Options) -> float:
    if options.max_risk is None:
        return manifest.threshold if options.threshold is None else options.threshold
    if manifest.calibration is None or manifest.calibration.risk is None:
        raise UsageError(f"{manifest.name} {manifest.version} does not know its risk; {_CALIBRATE_FIRST}")
    return threshold_for(manifest.calibration.risk, options.max_risk)


def _sharpness(combination: Combination) -> float:
    if combination.rule != "decisive_mean" or set(combination.parameters) != {"sharpness"}:
        raise BundleError(
            f"bundle.json: windows are combined by {combination.rule} of {sorted(combination.parameters)}; "
            "this version of tuili knows decisive_mean of ['sharpness']"
        )
    return combination.parameters["sharpness"]


def _open_server(url: str, options: Options) -> Engine:
    if options != Options(url, options.threads, options.cache_bytes, None, None, check_labels=True):
        raise UsageError("a server's threshold, risk and labels are set where it runs")
    from tuili.engine.remote import RemoteEngine

    return RemoteEngine(url)


def _open_language_model(address: str, options: Options) -> Engine:
    if options.max_risk is not None:
        raise UsageError(f"a language model does not know its risk; only a bundle does, and {_CALIBRATE_FIRST}")
    from tuili.engine.language_model import language_model
    from tuili.reasoning.llm import LABELS

    labels = LABELS if options.labels is None else options.labels
    return language_model(address, threshold=options.threshold or 0.0, labels=labels, origin=(_load, (options,)))


def _open_checkpoint(source: str, options: Options) -> Engine:
    if options.max_risk is not None:
        raise UsageError(f"a checkpoint does not know its risk; only a bundle does, and {_CALIBRATE_FIRST}")
    from tuili.reasoning.model_directory import family_of, find_model

    directory = find_model(source)
    if family_of(directory) != "classifier":
        return _open_generative(directory, options)
    from tuili.engine.joint import JointReader
    from tuili.reasoning.checkpoint import Checkpoint

    backend = Checkpoint.load(directory, labels=options.labels, check_labels=options.check_labels)
    return Engine(
        JointReader(backend),
        model=backend.name,
        labels=backend.labels,
        temperature=backend.temperature,
        threshold=options.threshold or 0.0,
        origin=(_load, (options,)),
    )


def _open_generative(directory: ModelDirectory, options: Options) -> Engine:
    # Its labels are words of the prompt, so there is no order of theirs to check.
    from tuili.engine.generative import generative_judge

    threshold = options.threshold or 0.0
    return generative_judge(directory, threshold=threshold, labels=options.labels, origin=(_load, (options,)))


def _open_export(directory: str, options: Options) -> Engine:
    if options.labels is not None:
        raise UsageError("an exported model knows the order of its labels; labels are for checkpoints")
    if options.max_risk is not None:
        raise UsageError(f"an exported model does not know its risk; only a bundle does, and {_CALIBRATE_FIRST}")
    from tuili.engine.joint import JointReader
    from tuili.reasoning.joint_onnx import JointOnnx

    backend = JointOnnx.open(directory, threads=options.threads or available_threads())
    return Engine(
        JointReader(backend),
        model=backend.name,
        labels=backend.labels,
        temperature=backend.temperature,
        threshold=options.threshold or 0.0,
        origin=(_load, (options,)),
    )
