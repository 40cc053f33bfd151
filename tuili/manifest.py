"""The manifest of a bundle: what a model is, where it comes from, and how sure it may be. Checked key by key."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, NoReturn

from tuili.errors import BundleError
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = 1
MANIFEST = "bundle.json"
DIGEST = "bundle.sha256"
KINDS = {"prefix-onnx": ("model.onnx", "tokenizer.json")}
"""Every kind of model, with the files that it can't do without."""
PRECISIONS = ("int8", "float32")
SUFFIXES = (".json", ".md", ".onnx", ".safetensors", ".txt")
"""A list of what is allowed, since nobody can list every suffix that something runs or unpickles."""

MAX_MANIFEST_BYTES = 2**20
MAX_BYTES = 4 * 2**30
MAX_FILES = 64
MAX_NAME = 120
MAX_TEXT = 500
MAX_TOKENS = 2**20
TEMPERATURES = (0.01, 100.0)
_LARGEST = sys.float_info.max

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
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
        keys = _object(value, where, _names(cls))
        premise = _whole(keys["premise"], f"{where}.premise", 3, MAX_TOKENS)
        hypothesis = _whole(keys["hypothesis"], f"{where}.hypothesis", 3, MAX_TOKENS)
        # At most half of what is not a special token, so that each window gets further.
        return cls(premise, hypothesis, _whole(keys["overlap"], f"{where}.overlap", 0, (premise - 3) // 2))


@dataclass(frozen=True, slots=True)
class Combination:
    """The rule that makes one distribution of a premise's windows, and its fitted parameters."""

    rule: str
    parameters: Mapping[str, float]

    @classmethod
    def from_dict(cls, value: object, where: str = "combination") -> Combination:
        keys = _object(value, where, _names(cls))
        return cls(_word(keys["rule"], f"{where}.rule"), _numbers(keys["parameters"], f"{where}.parameters"))


@dataclass(frozen=True, slots=True)
class Base:
    """The encoder that training began with; `sha256` of its weights, where that is known."""

    name: str
    licence: str
    sha256: str | None = None

    @classmethod
    def from_dict(cls, value: object, where: str = "base") -> Base:
        keys = _object(value, where, _names(cls))
        sha256 = None if keys["sha256"] is None else _sha256(keys["sha256"], f"{where}.sha256")
        return cls(_text(keys["name"], f"{where}.name"), _text(keys["licence"], f"{where}.licence"), sha256)


@dataclass(frozen=True, slots=True)
class DataCard:
    """A training set, and its licence as its origin states it."""

    name: str
    licence: str

    @classmethod
    def from_dict(cls, value: object, where: str = "data") -> DataCard:
        keys = _object(value, where, _names(cls))
        return cls(_text(keys["name"], f"{where}.name"), _text(keys["licence"], f"{where}.licence"))


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What a file must be: SHA-256 in lower-case hex, and length in bytes."""

    sha256: str
    bytes: int

    @classmethod
    def from_dict(cls, value: object, where: str) -> FileEntry:
        keys = _object(value, where, _names(cls))
        return cls(_sha256(keys["sha256"], f"{where}.sha256"), _whole(keys["bytes"], f"{where}.bytes", 1, MAX_BYTES))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model is, where it comes from, and how sure it may be.

    Attributes:
        name, version: Letters, digits, `.`, `_` and `-`; the name goes into every verdict.
        kind: Which back end runs it; one of `KINDS`.
        labels: In the order of the model's columns; all of the three-way or all of the two-way ones.
        temperature: Log-probabilities are divided by it.
        threshold: Confidence below which a verdict is undecided, 0 to 1.
        recipe: How it was made: command, seed, commit, ...
        metrics: Figures by the set they were measured on.
        files: By name, relative to the directory; `write_bundle` fills it.
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

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the same manifest always gives the same order of keys."""
        value = asdict(self)
        value["labels"] = [str(label) for label in self.labels]
        value["data"] = list(value["data"])
        value["files"] = dict(sorted(value["files"].items()))
        return {"format": value.pop("format"), **value}

    @classmethod
    def from_dict(cls, value: object) -> Manifest:
        """The manifest that `to_dict` wrote.

        Raises:
            BundleError: A key is missing, unknown, of the wrong type or out of range; the message names it.
        """
        if isinstance(value, dict) and value.get("format", FORMAT) != FORMAT:  # before keys that it may well not know
            _refuse(value["format"], "format", f"{FORMAT}, the only one that this version of tuili reads")
        keys = _object(value, "the manifest", _names(cls))
        metrics = _object(keys["metrics"], "metrics")
        recipe = _object(keys["recipe"], "recipe")
        return cls(
            name=_word(keys["name"], "name"),
            version=_word(keys["version"], "version"),
            kind=_one_of(keys["kind"], "kind", tuple(KINDS)),
            labels=_labels(keys["labels"]),
            temperature=float(_number(keys["temperature"], "temperature", *TEMPERATURES)),
            threshold=float(_number(keys["threshold"], "threshold", 0.0, 1.0)),
            window=Window.from_dict(keys["window"]),
            combination=Combination.from_dict(keys["combination"]),
            precision=_one_of(keys["precision"], "precision", PRECISIONS),
            base=Base.from_dict(keys["base"]),
            data=tuple(DataCard.from_dict(card, f"data[{i}]") for i, card in enumerate(_list(keys["data"], "data"))),
            recipe={name: _scalar(setting, f"recipe.{name}") for name, setting in recipe.items()},
            metrics={name: _numbers(figures, f"metrics.{name}") for name, figures in metrics.items()},
            files=_entries(keys["files"]),
            format=_whole(keys["format"], "format", FORMAT, FORMAT),
        )

    def check_complete(self) -> None:
        """Raise BundleError unless every file that this kind of model needs is listed."""
        for name in KINDS[self.kind]:
            if name not in self.files:
                raise BundleError(
                    f"{MANIFEST}, 'files': lacks {name}, which a bundle of kind {self.kind} can't do without"
                )


def _refuse(value: object, where: str, allowed: str) -> NoReturn:
    """Say what is wrong. Of a container only the type is shown; of all else 80 characters, with nothing to act on."""
    shown = f"{value!r:.80}" if isinstance(value, str | int | float | None) else type(value).__name__
    raise BundleError(f"{MANIFEST}, {where[:160]!r}: {shown} is not {allowed}")


def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(part.name for part in fields(cls))


def _object(value: object, where: str, keys: Sequence[str] | None = None) -> dict[str, Any]:
    """A JSON object with exactly these keys; any printable ones, if None."""
    if not isinstance(value, dict):
        _refuse(value, where, "an object")
    if keys is None:
        return {_text(name, f"a key of {where}"): part for name, part in value.items()}
    for key in keys:
        if key not in value:
            raise BundleError(f"{MANIFEST}, {where!r}: lacks the key {key!r}; its keys are {', '.join(keys)}")
    for key in value:
        if key not in keys:
            _refuse(key, where, f"one of its keys, {', '.join(keys)}")
    return value


def _list(value: object, where: str) -> list[Any]:
    return value if isinstance(value, list) else _refuse(value, where, "a list")


def _text(value: object, where: str) -> str:
    # Printable: no line end or escape reaches a log or terminal from here, and no lone surrogate.
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
        return value
    _refuse(value, where, f"a text of 1 to {MAX_TEXT} printable characters")


def _word(value: object, where: str) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    _refuse(value, where, "a name of 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter, digit or _")


def _sha256(value: object, where: str) -> str:
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return value
    _refuse(value, where, "a SHA-256 of 64 lower-case hex digits")


def _one_of(value: object, where: str, allowed: Sequence[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    _refuse(value, where, f"one of {', '.join(allowed)}")


def _number(value: object, where: str, low: float = -_LARGEST, high: float = _LARGEST) -> float:
    # To Python a bool is an int. NaN is in no range, infinity and an int of 400 digits are in none of these.
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return value
    _refuse(value, where, f"a number from {low:g} to {high:g}")


def _whole(value: object, where: str, low: int, high: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    _refuse(value, where, f"a whole number from {low} to {high}")


def _scalar(value: object, where: str) -> str | float | bool | None:
    if value is None or isinstance(value, bool):
        return value
    return _text(value, where) if isinstance(value, str) else _number(value, where)


def _numbers(value: object, where: str) -> dict[str, float]:
    return {name: _number(number, f"{where}.{name}") for name, number in _object(value, where).items()}


def _labels(value: object) -> tuple[Label, ...]:
    names = _list(value, "labels")
    for way in (THREE_WAY, TWO_WAY):
        if len(names) == len(way) and all(label in names for label in way):
            return tuple(Label(name) for name in names)
    _refuse(names, "labels", f"all of {', '.join(THREE_WAY)}, or all of {', '.join(TWO_WAY)}, each once")


def _entries(value: object) -> dict[str, FileEntry]:
    listed = _object(value, "files")
    if len(listed) > MAX_FILES:
        _refuse(len(listed), "the number of files", f"at most {MAX_FILES}")
    entries = {_name(name): FileEntry.from_dict(entry, f"files.{name}") for name, entry in listed.items()}
    _check_distinct(entries)
    total = sum(entry.bytes for entry in entries.values())
    if total > MAX_BYTES:
        _refuse(total, "the bytes of all files", f"at most {MAX_BYTES}")
    return entries


def _name(name: str) -> str:
    """A name that means one file inside the directory, and the same one on every system; else BundleError."""
    parts = name.split("/")
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        _refuse(name, "files", f"a name of A-Z a-z 0-9 . _ -, in at most one folder, of at most {MAX_NAME} characters")
    if any(part.endswith(".") or _DEVICE.fullmatch(part) for part in parts):
        _refuse(name, "files", "a name that Windows takes as it is written")
    if not name.endswith(SUFFIXES) or name.casefold() in (MANIFEST, DIGEST):
        _refuse(name, "files", f"the name of a file that a bundle may list: {', '.join(SUFFIXES)}, except {MANIFEST}")
    return name


def _check_distinct(names: Mapping[str, object]) -> None:
    """Refuse names that are one on a disk that ignores case, and a folder of a file's name."""
    folded = [name.casefold() for name in names]
    folders = {name.partition("/")[0] for name in folded if "/" in name}
    for name, low in zip(names, folded, strict=True):
        if folded.count(low) > 1 or low in folders:
            _refuse(name, "files", "a name of its own: another differs only in case, or is a folder of that name")
