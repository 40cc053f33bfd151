"""The model directory: training writes it, inference reads it, and nothing else passes between them.

    bundle.sha256    one line, as `sha256sum` writes it: the digest of bundle.json, which is the bundle's identity
    bundle.json      the manifest: what the model is, and the length and SHA-256 of every other file
    model.onnx, tokenizer.json, README.md, ...

Opening goes down that chain: no byte reaches a parser before the link above has vouched for it, every file is opened
once, and the bytes that were hashed are the bytes that are parsed. Files that the manifest doesn't list are never
opened. The chain finds damage, not malice: whoever can rewrite the directory can rewrite the chain. To rule that out,
keep the digest where they can't reach it and pass it as `expected_digest`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from tuili.errors import BundleError, UsageError
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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

# Not every platform has every flag. Without O_NONBLOCK, opening a FIFO would wait for its writer.
_ENTER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _BINARY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_JUNCTION = 0xA0000003  # Windows' link to a directory
_HAS_DIRECTORY_DESCRIPTORS = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd


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


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in memory, every byte of it checked.

    Attributes:
        manifest: What it says of itself.
        files: The content of each listed file, by name.
        digest: SHA-256 of the manifest, in hex. It identifies the bundle, as the manifest holds every file's hash.
    """

    manifest: Manifest
    files: Mapping[str, bytes] = field(repr=False)
    digest: str

    @classmethod
    def open(cls, path: str | Path, *, expected_digest: str | None = None) -> Bundle:
        """Read and check a bundle. The path itself may be a link; nothing inside may.

        Args:
            path: The directory.
            expected_digest: The only `digest` that will do; any, if None.

        Raises:
            BundleError: The directory or a file is missing, damaged, or not to be trusted; the message names it.
        """
        try:
            with _Folder.opened(os.fspath(path)) as folder:
                manifest, digest = _read_manifest(folder, expected_digest)
                _check_complete(manifest)
                files = {name: _read_listed(folder, name, entry) for name, entry in manifest.files.items()}
        except (BundleError, OSError, ValueError) as error:  # ValueError: NUL in the path
            reason = str(error)
            if isinstance(error, OSError):
                reason = (
                    f"can't be opened ({error.strerror}); a bundle is a directory with {DIGEST} and {MANIFEST} in it"
                )
            raise BundleError(f"{_printable(path)}: {reason}") from error
        return cls(manifest, MappingProxyType(files), digest)


def write_bundle(directory: str | Path, manifest: Manifest, files: Mapping[str, bytes]) -> Bundle:
    """Write a bundle, read it back, and only then give it its name.

    It replaces a bundle that is there already, but nothing else: neither a directory with other files in it nor a
    link. The old bundle stays until the new one is on disk and checked; if the process dies between the two renames,
    the old one is whole in a directory named `.tuili-*` beside it.

    Args:
        directory: Where to; its parents are made.
        manifest: Its own `files` are not looked at.
        files: Content by name.

    Raises:
        BundleError: The manifest or a name can't be.
        UsageError: The directory can't be written, or holds something else.
    """
    entries = {name: FileEntry(hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items()}
    checked = Manifest.from_dict(replace(manifest, files=entries).to_dict())
    _check_complete(checked)
    text = json.dumps(checked.to_dict(), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    try:
        target = Path(directory).absolute()
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_replaceable(target)
        # Closed to others (0700) and of a name that nobody can foresee; what is in it has its final modes at once.
        with tempfile.TemporaryDirectory(prefix=".tuili-", dir=target.parent, ignore_cleanup_errors=True) as workshop:
            new = Path(workshop, "new")
            _write_files(new, {**files, MANIFEST: text.encode(), DIGEST: _digest_line(text.encode())})
            bundle = Bundle.open(new)
            _put_in_place(new, target, old=Path(workshop, "old"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"can't write to {_printable(directory)}: {reason}; name a directory that can be written"
        ) from error
    return bundle


# --- reading -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Folder:
    """An open directory. Names are looked up in it even if its path has come to mean another meanwhile.

    Windows can't; there `descriptor` is None, and names are joined to the path.
    """

    path: Path
    descriptor: int | None

    @classmethod
    @contextmanager
    def opened(cls, path: str, outer: _Folder | None = None) -> Iterator[_Folder]:
        """The directory at a path (links are followed), or that of a name in `outer` (they are not)."""
        if outer is not None:
            outer.check(path, stat.S_ISDIR, "a directory")
        place = outer.path / path if outer is not None else Path(path)
        if not _HAS_DIRECTORY_DESCRIPTORS:
            os.scandir(path if outer is None else place).close()  # raises what opening it would
            yield cls(place, None)
            return
        flags, within = (_ENTER, None) if outer is None else (_ENTER | _NO_LINK, outer.descriptor)
        descriptor = os.open(path, flags, dir_fd=within)
        try:
            yield cls(place, descriptor)
        finally:
            os.close(descriptor)

    def read(self, name: str, *, at_least: int, at_most: int) -> bytes:
        """The content of a regular file of so many bytes; of any other nothing is read."""
        outer, _, name = name.rpartition("/")
        if outer:
            with _Folder.opened(outer, self) as folder:
                return folder.read(name, at_least=at_least, at_most=at_most)
        self.check(name, stat.S_ISREG, "a regular file")  # before opening, which is an act where it is a device
        with os.fdopen(os.open(self._at(name), _READ, dir_fd=self.descriptor), "rb") as file:
            found = os.fstat(file.fileno())
            # A second name for the same file (st_nlink) is no reason to refuse: package managers install by hard
            # link, and it is the hash that says what the content may be.
            if not stat.S_ISREG(found.st_mode):
                raise BundleError("is not a regular file")
            if not at_least <= found.st_size <= at_most:
                wanted = f"{at_most}" if at_least == at_most else f"{at_least} to {at_most}"
                raise BundleError(f"is of {found.st_size} bytes, not {wanted}")
            return file.read(at_most)

    def check(self, name: str, is_wanted: Callable[[int], bool], wanted: str) -> None:
        found = os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION:
            raise BundleError(f"is a link, not {wanted}")
        if not is_wanted(found.st_mode):
            raise BundleError(f"is not {wanted}")

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else str(self.path / name)


def _read(folder: _Folder, name: str, *, at_least: int, at_most: int) -> bytes:
    try:
        return folder.read(name, at_least=at_least, at_most=at_most)
    except FileNotFoundError as error:
        raise BundleError(f"{name}: is missing; copy the bundle again, all of it") from error
    except OSError as error:
        raise BundleError(f"{name}: can't be read ({error.strerror})") from error
    except BundleError as error:
        raise BundleError(f"{name}: {error}; copy the bundle again, all of it") from error


def _read_manifest(folder: _Folder, expected_digest: str | None = None) -> tuple[Manifest, str]:
    length = len(_digest_line(b""))
    line = _read(folder, DIGEST, at_least=length, at_most=length)
    content = _read(folder, MANIFEST, at_least=1, at_most=MAX_MANIFEST_BYTES)
    if line != _digest_line(content):
        raise BundleError(f"{MANIFEST}: its SHA-256 is not the one in {DIGEST}; copy the bundle again, all of it")
    digest = hashlib.sha256(content).hexdigest()
    if expected_digest is not None and digest != expected_digest.lower():
        raise BundleError(f"{MANIFEST}: its SHA-256 is {digest}, and {expected_digest} was expected: another bundle")
    return Manifest.from_dict(_parse(content)), digest


def _digest_line(manifest: bytes) -> bytes:
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def _read_listed(folder: _Folder, name: str, entry: FileEntry) -> bytes:
    content = _read(folder, name, at_least=entry.bytes, at_most=entry.bytes)
    if len(content) != entry.bytes or hashlib.sha256(content).hexdigest() != entry.sha256:
        raise BundleError(f"{name}: its SHA-256 is not the one in {MANIFEST}; copy the bundle again, all of it")
    return content


def _parse(content: bytes) -> object:
    try:
        return json.loads(content.decode(), object_pairs_hook=_unrepeated, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # ValueError: not UTF-8, not JSON, a number of 5,000 digits
        raise BundleError(f"{MANIFEST}: is not strict JSON in UTF-8 ({error})") from error


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        raise ValueError("an object holds the same key twice")
    return keys


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


# --- writing -------------------------------------------------------------------------------------------------------


def _check_replaceable(target: Path) -> None:
    """Raise UsageError unless there is nothing at `target`, or nothing but a bundle's own files."""
    remedy = "remove it yourself, or name another directory"
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target}: is not a directory; {remedy}")
    if not target.exists() or not any(target.iterdir()):
        return
    try:
        with _Folder.opened(str(target)) as folder:
            ours = {MANIFEST, DIGEST, *_read_manifest(folder)[0].files}
    except BundleError as error:
        raise UsageError(f"{target}: holds something other than a bundle ({error}); {remedy}") from error
    present = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_symlink() or not p.is_dir()}
    if strangers := sorted(present - ours):
        raise UsageError(f"{target}: holds files that are not of its bundle, first {strangers[0]!r}; {remedy}")


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make the directory with these files in it, and have the disk hold them. Modes: 0755 and 0644, less the umask."""
    folder.mkdir(mode=0o755)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(mode=0o755, exist_ok=True)
        with os.fdopen(os.open(path, _WRITE, 0o644), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for directory in {(folder / name).parent for name in files}:
        _sync_directory(directory)


def _put_in_place(new: Path, target: Path, *, old: Path) -> None:
    try:
        if target.exists():
            target.rename(old)
        new.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    if not _HAS_DIRECTORY_DESCRIPTORS:  # Windows keeps its directories itself
        return
    descriptor = os.open(directory, _ENTER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- values of the manifest ----------------------------------------------------------------------------------------


def _refuse(value: object, where: str, allowed: str) -> NoReturn:
    """Say what is wrong. Of a container only the type is shown; of all else 80 characters, with nothing to act on."""
    shown = f"{value!r:.80}" if isinstance(value, str | int | float | None) else type(value).__name__
    raise BundleError(f"{MANIFEST}, {where[:160]!r}: {shown} is not {allowed}")


def _printable(path: str | Path) -> str:
    return str(path) if str(path).isprintable() else ascii(str(path))


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


def _check_complete(manifest: Manifest) -> None:
    for name in KINDS[manifest.kind]:
        if name not in manifest.files:
            raise BundleError(
                f"{MANIFEST}, 'files': lacks {name}, which a bundle of kind {manifest.kind} can't do without"
            )
