"""What of a pair's texts a record holds: the texts, a salted hash of them, or the texts sealed under their own key.

The keys and salts are in a file of their own, 32 bytes a record. Overwriting them makes the texts of that record gone
for good, and not a byte of the chain changes. A record names a hash of its key, so that a changed key is found.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from enum import StrEnum
from typing import Any

from tuili.data.text import MAX_CHARACTERS
from tuili.data.unusual import kinds
from tuili.errors import AuditError, MissingExtra
from tuili.types import Pair

KEY_BYTES = 32
NO_KEY = bytes(KEY_BYTES)


class Texts(StrEnum):
    """What records hold of the texts."""

    PLAIN = "plain"
    HASHED = "hashed"
    SEALED = "sealed"


def describe(pair: object, mode: Texts, place: str) -> tuple[dict[str, Any], bytes]:
    """The record's `input`, and the key that belongs in the file of keys (`NO_KEY` if there is none).

    Args:
        pair: As the judge was given it, whatever it is.
        mode: What to hold of the texts.
        place: Log, writer and number of the record, which sealed texts are bound to.

    Raises:
        MissingExtra: Texts are to be sealed, and the `audit` extra is not installed.
    """
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return {"mode": mode.value, "type": type(pair).__name__}, NO_KEY
    key = NO_KEY if mode is Texts.PLAIN else secrets.token_bytes(KEY_BYTES)
    texts = {field: _describe(text, field, mode, key, place) for field, text in zip(Pair._fields, pair, strict=True)}
    mark = {} if key == NO_KEY else {"key": key_mark(key)}
    return {"mode": mode.value, **texts, **mark}, key


def key_mark(key: bytes) -> str:
    """The hash by which a record names its key."""
    return hashlib.sha256(b"tuili-audit-key-1\n" + key).hexdigest()[:32]


def flags(text: str) -> list[str]:
    """What is unusual about a text's characters: `not_nfc`, `surrogate`, and the kinds of `data.unusual`."""
    found = kinds(text)
    if text.isascii():
        return found
    if not unicodedata.is_normalized("NFC", text):
        found.append("not_nfc")
    if not _is_unicode(text):
        found.append("surrogate")
    return sorted(found)


def recover(value: dict[str, Any], key: bytes, place: str) -> Pair | None:
    """The pair that `describe` described; None where only hashes are held, or the key was destroyed.

    Raises:
        AuditError: The key is not the one that the texts were sealed with.
        MissingExtra: Texts are sealed, and the `audit` extra is not installed.
    """
    texts = []
    for field in Pair._fields:
        text = value.get(field, {})
        if "text" in text:
            texts.append(text["text"])
        elif "sealed" in text and key != NO_KEY:
            texts.append(_open(base64.b64decode(text["sealed"]), field, key, place))
        else:
            return None
    return Pair(*texts)


def is_text(text: str, field: str, value: dict[str, Any], key: bytes) -> bool:
    """Whether `text` is what the premise or hypothesis of a hashed record was."""
    return key != NO_KEY and hmac.compare_digest(str(value[field].get("hmac")), _hash(text, field, key))


def _describe(text: object, field: str, mode: Texts, key: bytes, place: str) -> dict[str, Any]:
    if not isinstance(text, str):
        return {"type": type(text).__name__}
    about: dict[str, Any] = {"characters": len(text)}
    if len(text) > MAX_CHARACTERS:
        return about  # refused unread; to keep it would only fill the disk
    about["flags"] = flags(text)
    if mode is Texts.HASHED:
        return {**about, "hmac": _hash(text, field, key)}
    # No verdict is given on a text with lone surrogates, but its refusal is a record too.
    whole = text if _is_unicode(text) else text.encode("utf-8", "backslashreplace").decode()
    if mode is Texts.PLAIN:
        return {**about, "text": whole}
    return {**about, "sealed": base64.b64encode(_seal(whole, field, key, place)).decode()}


def _hash(text: str, field: str, key: bytes) -> str:
    message = field.encode() + b"\n" + text.encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _seal(text: str, field: str, key: bytes, place: str) -> bytes:
    """AES-256-GCM. The key is used for these two texts alone, so that a nonce a field is enough."""
    return _cipher(key).encrypt(_nonce(field), text.encode(), place.encode())  # type: ignore[no-any-return]


def _open(sealed: bytes, field: str, key: bytes, place: str) -> str:
    from cryptography.exceptions import InvalidTag

    try:
        return str(_cipher(key).decrypt(_nonce(field), sealed, place.encode()).decode())
    except InvalidTag as error:
        raise AuditError(f"the {field} of record {place} can't be unsealed: its key was changed") from error


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise MissingExtra("cryptography", "audit") from error
    return AESGCM(key)


def _nonce(field: str) -> bytes:
    return Pair._fields.index(field).to_bytes(12, "big")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
