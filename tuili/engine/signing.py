"""Ed25519 keys: who holds the private one can sign, who holds the public one can check. RFC 8032.

What is signed begins with a context, so that a signature under one kind of thing never passes for one under another.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_DIGITS = 64
_LINE = re.compile(rb"([0-9a-f]{64})  ([0-9a-f]{128})\n")


class Signer:
    """A private key, ready to sign.

    Attributes:
        public_key: Its public half, 64 hex digits.
    """

    def __init__(self, key: Ed25519PrivateKey, context: bytes) -> None:
        self._key = key
        self._context = context
        self.public_key = key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """The signature, 128 hex digits."""
        return self._key.sign(self._context + message).hex()


def signer(path: str | Path, context: bytes) -> Signer:
    """The signer whose private key is in a PEM file.

    Raises:
        UsageError: It can't be read, or holds something else.
        MissingExtra: The `audit` extra is not installed.
    """
    _require()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = getattr(error, "strerror", None) or "it is not an unencrypted PEM file"
        raise UsageError(f"{path}: the signing key can't be read: {reason}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: holds another kind of key; only Ed25519 keys sign here")
    return Signer(key, context)


def make_key(path: str | Path) -> str:
    """Write a new private key to `path` (0600) and its public half, in hex, to `path`.pub. Returns the latter.

    Raises:
        UsageError: One of the files exists or can't be written.
        MissingExtra: The `audit` extra is not installed.
    """
    _require()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    public_key = key.public_key().public_bytes_raw().hex()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        _write_new(Path(path), content, 0o600)
        _write_new(Path(f"{path}.pub"), public_key.encode() + b"\n", 0o644)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: the key can't be written: {reason}; name files that don't exist yet") from error
    return public_key


def is_signed(message: bytes, signature: str, public_key: str, context: bytes) -> bool:
    """Whether the signature of the message is that key's.

    Raises:
        MissingExtra: The `audit` extra is not installed.
    """
    _require()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), context + message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signature_line(public_key: str, signature: str) -> bytes:
    """What is in a file with a signature: the public key, two spaces, the signature, a line feed."""
    return f"{public_key}  {signature}\n".encode()


def wrong_with(line: bytes, message: bytes, public_key: str, context: bytes) -> str | None:
    """Why a signature's line is not that key's under the message; None if it is.

    Raises:
        MissingExtra: The `audit` extra is not installed.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return "is not a public key and a signature, in lower-case hex"
    key, signature = found[1].decode(), found[2].decode()
    if key != public_key:
        return f"is by {key[:16]}…, and {public_key[:16]}… is required"
    if not is_signed(message, signature, public_key, context):
        return f"is no signature of this by {public_key[:16]}…; what was signed was another"
    return None


def can_check() -> bool:
    """Whether signatures can be checked here."""
    from importlib.util import find_spec

    return find_spec("cryptography") is not None


def read_public_key(path: str | Path) -> str:
    """The public key in a file that `make_key` wrote.

    Raises:
        UsageError: It can't be read, or holds something else.
    """
    try:
        text = Path(path).read_text("ascii").strip().lower()
        key = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a public key is 64 hex digits"
        raise UsageError(f"{path}: the public key can't be read: {reason}") from error
    if len(key) != KEY_DIGITS // 2 or len(text) != KEY_DIGITS:
        raise UsageError(f"{path}: a public key is 64 hex digits, and this is another file")
    return text


def _write_new(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _require() -> None:
    if not can_check():
        raise MissingExtra("cryptography", "audit")
