"""The directory that `tuili export` writes: a joint model as ONNX, with all that is needed to read pairs for it.

    joint.json       what the model is, and the SHA-256 of the other two
    model.onnx       token ids to logits, with no file beside it
    tokenizer.json   as the library `tokenizers` reads it

It finds damage, not malice; where that matters, keep the directory's digest elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuili.errors import BundleError
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "joint.json"
FORMAT = 1
FILES = ("model.onnx", "tokenizer.json")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MOST_BYTES = 1 << 20
_KINDS: dict[str, type | tuple[type, ...]] = {
    "format": int,
    "name": str,
    "labels": list,
    "inputs": list,
    "pad": int,
    "padding_side": str,
    "positions": int,
    "precision": str,
    "temperature": (int, float),
    "files": dict,
    "facts": dict,
}


@dataclass(frozen=True, slots=True)
class JointManifest:
    """What joint.json says.

    Attributes:
        name: Of the model, in verdicts.
        labels: In the order of the columns.
        inputs: What the graph takes, by name.
        pad, unknown: Rows of the vocabulary; `unknown` may be None.
        padding_side: `left` or `right`.
        positions: Tokens of a pair at most, special tokens included.
        precision: `float32` or `int8`.
        temperature: What log-probabilities are divided by.
        files: SHA-256 of each file, by name.
        facts: How it was made and measured; nothing depends on it.
    """

    name: str
    labels: tuple[Label, ...]
    inputs: tuple[str, ...]
    pad: int
    unknown: int | None
    padding_side: str
    positions: int
    precision: str
    temperature: float
    files: Mapping[str, str]
    facts: Mapping[str, Any]

    def to_json(self) -> bytes:
        return (json.dumps({"format": FORMAT, **asdict(self)}, indent=2) + "\n").encode()


@dataclass(frozen=True, slots=True)
class JointDirectory:
    """An exported model in memory, checked against its manifest.

    Attributes:
        name: `name@digest` of the manifest, which holds the digests of the files.
    """

    manifest: JointManifest
    files: Mapping[str, bytes]
    name: str

    @classmethod
    def open(cls, path: str | Path) -> JointDirectory:
        """Raises BundleError where a file is missing, damaged, or not as joint.json says."""
        content = _read(Path(path) / MANIFEST)
        if len(content) > MOST_BYTES:
            raise BundleError(f"{Path(path) / MANIFEST} has more than {MOST_BYTES:,} bytes; export the model anew")
        manifest = _manifest(content, Path(path) / MANIFEST)
        files = {}
        for name in FILES:
            files[name] = _read(Path(path) / name)
            if hashlib.sha256(files[name]).hexdigest() != manifest.files[name]:
                raise BundleError(f"{Path(path) / name} is damaged: not what {MANIFEST} says; export the model anew")
        return cls(manifest, files, f"{manifest.name}@{hashlib.sha256(content).hexdigest()[:12]}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} can't be read ({error.strerror}); export the model anew") from error


def _manifest(content: bytes, path: Path) -> JointManifest:
    def no(why: str) -> BundleError:
        return BundleError(f"{path}: {why}; export the model anew")

    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise no("is not JSON") from error
    keys = {"format", *(part.name for part in fields(JointManifest))}
    if not isinstance(value, dict) or set(value) != keys:
        raise no(f"must be an object with the keys {', '.join(sorted(keys))}")
    for key, kind in _KINDS.items():
        if not isinstance(value[key], kind) or isinstance(value[key], bool):
            raise no(f"{key!r} is of the wrong type")
    if value.pop("format") != FORMAT:
        raise no("is of another format than this version of tuili knows")
    labels = value["labels"]
    if sorted(map(str, labels)) not in (sorted(THREE_WAY), sorted(TWO_WAY)):
        raise no("its labels are those of no three-way or two-way model")
    inputs = value["inputs"]
    if "input_ids" not in inputs or not all(name in INPUTS for name in inputs):
        raise no(f"its inputs must be of {', '.join(INPUTS)}")
    temperature = value["temperature"]
    if not (math.isfinite(temperature) and temperature > 0):
        raise no("its temperature must be a number above 0")
    if set(value["files"]) != set(FILES) or not (value["unknown"] is None or type(value["unknown"]) is int):
        raise no(f"its files must be {', '.join(FILES)}")
    if value["padding_side"] not in ("left", "right") or not value["name"].isprintable() or not value["name"]:
        raise no("its name or its padding side can't be")
    order = tuple(Label(label) for label in labels)
    return JointManifest(**{**value, "labels": order, "inputs": tuple(inputs), "temperature": float(temperature)})
