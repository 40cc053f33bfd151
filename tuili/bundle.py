"""The model directory: training writes it, inference reads it, and nothing else passes between them.

    bundle.sha256    one line, as `sha256sum` writes it: the digest of bundle.json, which is the bundle's identity
    bundle.sig       where it is signed: the public key and its Ed25519 signature of that digest
    bundle.json      the manifest: what the model is, and the length and SHA-256 of every other file
    model.onnx, tokenizer.json, README.md, ...

Opening goes down that chain: no byte reaches a parser before the link above has vouched for it, every file is opened
once, and the bytes that were hashed are the bytes that are parsed. Files that the manifest doesn't list are never
opened. The chain finds damage, not malice: whoever can rewrite the directory can rewrite the chain. To rule that out,
keep the digest where they can't reach it and pass it as `expected_digest`, or have it signed (`engine.signed`).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from tuili.checked import MANIFEST
from tuili.disk import sync_directory
from tuili.errors import BundleError, UsageError
from tuili.manifest import DIGEST, MAX_MANIFEST_BYTES, MAX_SIGNATURE_BYTES, SIGNATURE, FileEntry, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Not every platform has every flag. Without O_NONBLOCK, opening a FIFO would wait for its writer.
_ENTER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _BINARY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_JUNCTION = 0xA0000003  # Windows' link to a directory
_HAS_DIRECTORY_DESCRIPTORS = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd


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
    def open(
        cls,
        path: str | Path,
        *,
        expected_digest: str | None = None,
        vouch: Callable[[bytes | None, str], None] | None = None,
    ) -> Bundle:
        """Read and check a bundle. The path itself may be a link; nothing inside may.

        Args:
            path: The directory.
            expected_digest: The only `digest` that will do; any, if None.
            vouch: Called with what is in `bundle.sig` (None: nothing) and the digest, before anything is parsed; it
                raises BundleError where they won't do. No look at `bundle.sig`, if None.

        Raises:
            BundleError: The directory or a file is missing, damaged, or not to be trusted; the message names it.
        """
        try:
            with _Folder.opened(os.fspath(path)) as folder:
                manifest, digest = _read_manifest(folder, expected_digest, vouch)
                manifest.check_complete()
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
    checked.check_complete()
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


def _read_manifest(
    folder: _Folder,
    expected_digest: str | None = None,
    vouch: Callable[[bytes | None, str], None] | None = None,
) -> tuple[Manifest, str]:
    length = len(_digest_line(b""))
    line = _read(folder, DIGEST, at_least=length, at_most=length)
    content = _read(folder, MANIFEST, at_least=1, at_most=MAX_MANIFEST_BYTES)
    if line != _digest_line(content):
        raise BundleError(f"{MANIFEST}: its SHA-256 is not the one in {DIGEST}; copy the bundle again, all of it")
    digest = hashlib.sha256(content).hexdigest()
    if expected_digest is not None and digest != expected_digest.lower():
        raise BundleError(f"{MANIFEST}: its SHA-256 is {digest}, and {expected_digest} was expected: another bundle")
    if vouch is not None:
        vouch(_read_signature(folder), digest)
    return Manifest.from_dict(_parse(content)), digest


def _read_signature(folder: _Folder) -> bytes | None:
    try:
        return folder.read(SIGNATURE, at_least=0, at_most=MAX_SIGNATURE_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, BundleError) as error:
        raise BundleError(f"{SIGNATURE}: can't be read ({error})") from error


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
            ours = {MANIFEST, DIGEST, SIGNATURE, *_read_manifest(folder)[0].files}
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
        sync_directory(directory)


def _put_in_place(new: Path, target: Path, *, old: Path) -> None:
    try:
        if target.exists():
            target.rename(old)
        new.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    sync_directory(target.parent)


def _printable(path: str | Path) -> str:
    return str(path) if str(path).isprintable() else ascii(str(path))
