"""The keys of a manifest, checked one by one: each function gives the value back, or says what is wrong with it.

All raise BundleError; the message names the key, the value and what is allowed.
"""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NoReturn

from tuili.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Sequence

MANIFEST = "bundle.json"
MAX_TEXT = 500
_LARGEST = sys.float_info.max
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


def refuse(value: object, where: str, allowed: str) -> NoReturn:
    """Say what is wrong. Of a container only the type is shown; of all else 80 characters, with nothing to act on."""
    shown = f"{value!r:.80}" if isinstance(value, str | int | float | None) else type(value).__name__
    raise BundleError(f"{MANIFEST}, {where[:160]!r}: {shown} is not {allowed}")


def names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(part.name for part in fields(cls))


def an_object(value: object, where: str, keys: Sequence[str] | None = None) -> dict[str, Any]:
    """A JSON object with exactly these keys; any printable ones, if None."""
    if not isinstance(value, dict):
        refuse(value, where, "an object")
    if keys is None:
        return {a_text(name, f"a key of {where}"): part for name, part in value.items()}
    for key in keys:
        if key not in value:
            raise BundleError(f"{MANIFEST}, {where!r}: lacks the key {key!r}; its keys are {', '.join(keys)}")
    for key in value:
        if key not in keys:
            refuse(key, where, f"one of its keys, {', '.join(keys)}")
    return value


def a_list(value: object, where: str) -> list[Any]:
    return value if isinstance(value, list) else refuse(value, where, "a list")


def a_text(value: object, where: str) -> str:
    # Printable: no line end or escape reaches a log or terminal from here, and no lone surrogate.
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
        return value
    refuse(value, where, f"a text of 1 to {MAX_TEXT} printable characters")


def a_word(value: object, where: str) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    refuse(value, where, "a name of 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter, digit or _")


def a_sha256(value: object, where: str) -> str:
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return value
    refuse(value, where, "a SHA-256 of 64 lower-case hex digits")


def one_of(value: object, where: str, allowed: Sequence[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    refuse(value, where, f"one of {', '.join(allowed)}")


def a_number(value: object, where: str, low: float = -_LARGEST, high: float = _LARGEST) -> float:
    # To Python a bool is an int. NaN is in no range, infinity and an int of 400 digits are in none of these.
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return value
    refuse(value, where, f"a number from {low:g} to {high:g}")


def a_whole(value: object, where: str, low: int, high: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    refuse(value, where, f"a whole number from {low} to {high}")


def a_scalar(value: object, where: str) -> str | float | bool | None:
    if value is None or isinstance(value, bool):
        return value
    return a_text(value, where) if isinstance(value, str) else a_number(value, where)


def numbers(value: object, where: str) -> dict[str, float]:
    return {name: a_number(number, f"{where}.{name}") for name, number in an_object(value, where).items()}
