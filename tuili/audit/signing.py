"""Signatures of checkpoints: `engine.signing`, with a context of the record's own, and with its errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tuili.engine import signing
from tuili.engine.signing import can_check as can_check
from tuili.engine.signing import make_key as make_key
from tuili.errors import AuditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONTEXT = b"tuili-audit-checkpoint-1\n"


def signer(path: str | Path) -> signing.Signer:
    """The signer of checkpoints whose private key is in a PEM file.

    Raises:
        AuditError: It can't be read, or holds something else.
        MissingExtra: The `audit` extra is not installed.
    """
    with _told():
        return signing.signer(path, _CONTEXT)


def is_signed(message: bytes, signature: str, public_key: str) -> bool:
    """Whether the signature of the message is that key's.

    Raises:
        MissingExtra: The `audit` extra is not installed.
    """
    return signing.is_signed(message, signature, public_key, _CONTEXT)


def read_public_key(path: str | Path) -> str:
    """The public key in a file that `make_key` wrote.

    Raises:
        AuditError: It can't be read, or holds something else.
    """
    with _told():
        return signing.read_public_key(path)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        raise AuditError(str(error)) from error
