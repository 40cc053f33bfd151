"""What decides an engine's verdicts, beside the pairs: for records of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuili.engine.engine import Engine


def provenance(engine: Engine, *, backend: object, options: object, **parameters: float) -> dict[str, Any]:
    """JSON-ready: the model, with its bundle's whole digest where it has one, and all options.

    Args:
        engine: The engine.
        backend: What scores; its `digest` and `threads` are told if it has them.
        options: What the engine was loaded with, if it was loaded; `load(**options)` makes it again.
        parameters: What else goes into a verdict.
    """
    said: dict[str, Any] = {
        "model": engine.model,
        "labels": [label.value for label in engine.labels],
        "threshold": engine.threshold,
        **parameters,
    }
    for name in ("digest", "threads"):
        if (value := getattr(backend, name, None)) is not None:
            said[name] = value
    if "digest" in said:
        said["signed_by"] = getattr(options, "require_signed", None)  # None: unsigned, as far as anyone looked
    if is_dataclass(options) and not isinstance(options, type):
        said["options"] = asdict(options)
    calibration = getattr(engine, "calibration", None)
    if calibration is not None:
        text = json.dumps(calibration.to_dict(), sort_keys=True)
        said["calibration"] = hashlib.sha256(text.encode()).hexdigest()
    return said
