"""The manifest of a bundle: what a model is, where it comes from, and how sure it may be. Checked key by key."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tuili.calibration import TEMPERATURES, Calibration
from tuili.checked import (
    MANIFEST,
    a_list,
    a_number,
    a_scalar,
    a_sha256,
    a_text,
    a_whole,
    a_word,
    an_object,
    names,
    numbers,
    one_of,
    refuse,
)
from tuili.errors import BundleError
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
DIGEST = "bundle.sha256"
SIGNATURE = "bundle.sig"
ENTITIES = "entities-onnx"
KINDS = {"prefix-onnx": ("model.onnx", "tokenizer.json"), ENTITIES: ("model.onnx", "tokenizer.json")}
"""Every kind of model, with the files that it can't do without."""
PRECISIONS = ("int8", "float32")
SUFFIXES = (".json", ".md", ".onnx", ".safetensors", ".txt")
"""A list of what is allowed, since nobody can list every suffix that something runs or unpickles."""

MAX_MANIFEST_BYTES = 2**20
MAX_SIGNATURE_BYTES = 1024
MAX_BYTES = 4 * 2**30
MAX_FILES = 64
MAX_NAME = 120
MAX_TOKENS = 2**20

_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)?[A-Za-z0-9_][A-Za-z0-9._-]*")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)  # Windows: `nul.json` is NUL


@dataclass(frozen=True, slots=True)
class Window:
    """How much is read at once, in tokens, special tokens counted; `overlap` is what two windows of a premise share."""

    premise: int
    hypothesis: int
    overlap: int

    @classmethod
    def from_dict(cls, value: object, where: str = "window") -> Window:
        keys = an_object(value, where, names(cls))
        premise = a_whole(keys["premise"], f"{where}.premise", 3, MAX_TOKENS)
        hypothesis = a_whole(keys["hypothesis"], f"{where}.hypothesis", 3, MAX_TOKENS)
        # At most half of what is not a special token, so that each window gets further.
        return cls(premise, hypothesis, a_whole(keys["overlap"], f"{where}.overlap", 0, (premise - 3) // 2))


@dataclass(frozen=True, slots=True)
class Combination:
    """The rule that makes one distribution of a premise's windows, and its fitted parameters."""

    rule: str
    parameters: Mapping[str, float]

    @classmethod
    def from_dict(cls, value: object, where: str = "combination") -> Combination:
        keys = an_object(value, where, names(cls))
        return cls(a_word(keys["rule"], f"{where}.rule"), numbers(keys["parameters"], f"{where}.parameters"))


@dataclass(frozen=True, slots=True)
class Base:
    """The encoder that training began with; `sha256` of its weights, where that is known."""

    name: str
    licence: str
    sha256: str | None = None

    @classmethod
    def from_dict(cls, value: object, where: str = "base") -> Base:
        keys = an_object(value, where, names(cls))
        sha256 = None if keys["sha256"] is None else a_sha256(keys["sha256"], f"{where}.sha256")
        return cls(a_text(keys["name"], f"{where}.name"), a_text(keys["licence"], f"{where}.licence"), sha256)


@dataclass(frozen=True, slots=True)
class DataCard:
    """A training set, and its licence as its origin states it."""

    name: str
    licence: str

    @classmethod
    def from_dict(cls, value: object, where: str = "data") -> DataCard:
        keys = an_object(value, where, names(cls))
        return cls(a_text(keys["name"], f"{where}.name"), a_text(keys["licence"], f"{where}.licence"))


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What a file must be: SHA-256 in lower-case hex, and length in bytes."""

    sha256: str
    bytes: int

    @classmethod
    def from_dict(cls, value: object, where: str) -> FileEntry:
        keys = an_object(value, where, names(cls))
        return cls(a_sha256(keys["sha256"], f"{where}.sha256"), a_whole(keys["bytes"], f"{where}.bytes", 1, MAX_BYTES))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model is, where it comes from, and how sure it may be.

    Attributes:
        name, version: Letters, digits, `.`, `_` and `-`; the name goes into every verdict.
        kind: Which back end runs it; one of `KINDS`.
        labels: In the order of the model's columns; all of the three-way or all of the two-way ones. None of a kind
            that does not judge.
        temperature: Log-probabilities are divided by it, unless there is a `calibration`.
        threshold: Confidence below which a verdict is undecided, 0 to 1.
        recipe: How it was made: command, seed, commit, ...
        metrics: Figures by the set they were measured on.
        files: By name, relative to the directory; `write_bundle` fills it.
        calibration: How sure it may be, found out on a user's or the recipe's pairs. A manifest may lack the key.
        entity_types: What the model finds, in the order of its columns; only of kind `entities-onnx`. A manifest may
            lack the key.
    """

    name: str
    version: str
    kind: str
    labels: tuple[Label, ...]
    temperature: float
    threshold: float
    window: Window
    combination: Combination
    precision: str
    base: Base
    data: tuple[DataCard, ...]
    recipe: Mapping[str, str | float | bool | None]
    metrics: Mapping[str, Mapping[str, float]]
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    format: int = FORMAT
    calibration: Calibration | None = None
    entity_types: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the same manifest always gives the same order of keys."""
        value = asdict(replace(self, calibration=None))
        value["labels"] = [str(label) for label in self.labels]
        value["data"] = list(value["data"])
        value["files"] = dict(sorted(value["files"].items()))
        del value["calibration"]  # a manifest without one is written as it was before there were any
        if self.calibration is not None:
            value["calibration"] = self.calibration.to_dict()
        del value["entity_types"]
        if self.entity_types:
            value["entity_types"] = list(self.entity_types)
        return {"format": value.pop("format"), **value}

    @classmethod
    def from_dict(cls, value: object) -> Manifest:
        """The manifest that `to_dict` wrote.

        Raises:
            BundleError: A key is missing, unknown, of the wrong type or out of range; the message names it.
        """
        if isinstance(value, dict) and value.get("format", FORMAT) != FORMAT:  # before keys that it may well not know
            refuse(value["format"], "format", f"{FORMAT}, the only one that this version of tuili reads")
        keys = an_object(value, "the manifest", _required(cls, value))
        metrics = an_object(keys["metrics"], "metrics")
        recipe = an_object(keys["recipe"], "recipe")
        kind = one_of(keys["kind"], "kind", tuple(KINDS))
        types = _entity_types(keys.get("entity_types", []), kind)
        labels = () if kind == ENTITIES and keys["labels"] == [] else _labels(keys["labels"])
        calibration = Calibration.from_dict(keys["calibration"], len(labels)) if "calibration" in keys else None
        return cls(
            name=a_word(keys["name"], "name"),
            version=a_word(keys["version"], "version"),
            kind=kind,
            labels=labels,
            temperature=float(a_number(keys["temperature"], "temperature", *TEMPERATURES)),
            threshold=float(a_number(keys["threshold"], "threshold", 0.0, 1.0)),
            window=Window.from_dict(keys["window"]),
            combination=Combination.from_dict(keys["combination"]),
            precision=one_of(keys["precision"], "precision", PRECISIONS),
            base=Base.from_dict(keys["base"]),
            data=tuple(DataCard.from_dict(card, f"data[{i}]") for i, card in enumerate(a_list(keys["data"], "data"))),
            recipe={name: a_scalar(setting, f"recipe.{name}") for name, setting in recipe.items()},
            metrics={name: numbers(figures, f"metrics.{name}") for name, figures in metrics.items()},
            files=_entries(keys["files"]),
            format=a_whole(keys["format"], "format", FORMAT, FORMAT),
            calibration=calibration,
            entity_types=types,
        )

    def check_complete(self) -> None:
        """Raise BundleError unless every file that this kind of model needs is listed."""
        for name in KINDS[self.kind]:
            if name not in self.files:
                raise BundleError(
                    f"{MANIFEST}, 'files': lacks {name}, which a bundle of kind {self.kind} can't do without"
                )


def _required(cls: type[Manifest], value: object) -> tuple[str, ...]:
    """The keys that this manifest must have and may have: all, less those of the two that it has not."""
    keys = names(cls)
    optional = {"calibration", "entity_types"} - set(value if isinstance(value, dict) else ())
    return tuple(key for key in keys if key not in optional)


def _labels(value: object) -> tuple[Label, ...]:
    given = a_list(value, "labels")
    for way in (THREE_WAY, TWO_WAY):
        if len(given) == len(way) and all(label in given for label in way):
            return tuple(Label(name) for name in given)
    return refuse(given, "labels", f"all of {', '.join(THREE_WAY)}, or all of {', '.join(TWO_WAY)}, each once")


def _entity_types(value: object, kind: str) -> tuple[str, ...]:
    types = tuple(a_word(name, "entity_types") for name in a_list(value, "entity_types"))
    if len(set(types)) < len(types) or bool(types) != (kind == ENTITIES):
        refuse(list(types), "entity_types", f"names, each once, of kind {ENTITIES}, and none of another kind")
    return types


def _entries(value: object) -> dict[str, FileEntry]:
    listed = an_object(value, "files")
    if len(listed) > MAX_FILES:
        refuse(len(listed), "the number of files", f"at most {MAX_FILES}")
    entries = {_name(name): FileEntry.from_dict(entry, f"files.{name}") for name, entry in listed.items()}
    _check_distinct(entries)
    total = sum(entry.bytes for entry in entries.values())
    if total > MAX_BYTES:
        refuse(total, "the bytes of all files", f"at most {MAX_BYTES}")
    return entries


def _name(name: str) -> str:
    """A name that means one file inside the directory, and the same one on every system; else BundleError."""
    parts = name.split("/")
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        refuse(name, "files", f"a name of A-Z a-z 0-9 . _ -, in at most one folder, of at most {MAX_NAME} characters")
    if any(part.endswith(".") or _DEVICE.fullmatch(part) for part in parts):
        refuse(name, "files", "a name that Windows takes as it is written")
    if not name.endswith(SUFFIXES) or name.casefold() in (MANIFEST, DIGEST, SIGNATURE):
        refuse(name, "files", f"the name of a file that a bundle may list: {', '.join(SUFFIXES)}, except {MANIFEST}")
    return name


def _check_distinct(names: Mapping[str, object]) -> None:
    """Refuse names that are one on a disk that ignores case, and a folder of a file's name."""
    folded = [name.casefold() for name in names]
    folders = {name.partition("/")[0] for name in folded if "/" in name}
    for name, low in zip(names, folded, strict=True):
        if folded.count(low) > 1 or low in folders:
            refuse(name, "files", "a name of its own: another differs only in case, or is a folder of that name")
