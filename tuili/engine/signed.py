"""Whose a bundle is: its digest, signed, so that `tuili.load(…, require_signed=KEY)` takes no other.

The digest stands for every byte of the bundle. A signature is not part of it: signing changes no verdict and no name,
and a bundle that is written anew is unsigned until somebody signs it again. This is no Sigstore: keys are handed over
by other ways, none is looked up, and none expires.
"""

from __future__ import annotations

import os
from pathlib import Path

from tuili.bundle import Bundle
from tuili.data.atomic import write_files
from tuili.engine.signing import KEY_DIGITS, read_public_key, signature_line, signer, wrong_with
from tuili.errors import BundleError, UsageError
from tuili.manifest import SIGNATURE

_CONTEXT = b"tuili-bundle-1\n"


def sign_bundle(directory: str | os.PathLike[str], key: str | os.PathLike[str]) -> str:
    """Sign a bundle, once every byte of it is checked. Returns the public key, 64 hex digits.

    Args:
        directory: The bundle. A signature that is there is replaced.
        key: PEM file of an Ed25519 private key, such as `engine.signing.make_key` writes.

    Raises:
        BundleError: It is damaged, or no bundle.
        UsageError: The key can't be read, or the directory not written to.
        MissingExtra: The `audit` extra is not installed.
    """
    by = signer(Path(key), _CONTEXT)
    bundle = Bundle.open(Path(directory))
    write_files(Path(directory), {SIGNATURE: signature_line(by.public_key, by.sign(bundle.digest.encode()))})
    open_signed(directory, by.public_key)
    return by.public_key


def open_signed(directory: str | os.PathLike[str], signed_by: str | None) -> Bundle:
    """`Bundle.open`, of a bundle that must be signed with that public key, if there is one.

    Raises:
        BundleError: It is not signed, or not with that key; or it is damaged.
        MissingExtra: The `audit` extra is not installed.
    """
    if signed_by is None:
        return Bundle.open(Path(directory))

    def vouch(line: bytes | None, digest: str) -> None:
        if line is None:
            raise BundleError(f"{SIGNATURE}: is missing: the bundle is not signed, and a signature is required")
        if (wrong := wrong_with(line, digest.encode(), signed_by, _CONTEXT)) is not None:
            raise BundleError(f"{SIGNATURE}: {wrong}")

    return Bundle.open(Path(directory), vouch=vouch)


def public_key_of(key: object) -> str:
    """The public key that is meant: 64 hex digits as they are, or what the file says.

    Raises:
        UsageError: It is neither.
    """
    if isinstance(key, str) and len(key) == KEY_DIGITS and all(c in "0123456789abcdefABCDEF" for c in key):
        return key.lower()
    if isinstance(key, str | os.PathLike):
        return read_public_key(os.fspath(key))
    raise UsageError(f"require_signed is a public key, 64 hex digits or a file with them, got {type(key).__name__}")
