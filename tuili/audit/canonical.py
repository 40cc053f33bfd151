"""One value, one spelling: JSON canonicalisation (RFC 8785), so that a record has one hash.

Names sorted by their UTF-16 code units, no white space, numbers as ECMAScript writes them, strings with the fewest
escapes, UTF-8. What the standard refuses is refused here: NaN, infinities, lone surrogates, whole numbers that a double
can't hold.
"""

from __future__ import annotations

import json
import math
import re
from json.encoder import encode_basestring  # quotes, and leaves what is not ASCII as it is
from typing import Any

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""


_FAST = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
# A number that ends in .0, has an exponent, or 16 digits before the point.
_DOUBTFUL = re.compile(r"[:,\[]-?(?:[0-9]{16}|[0-9]+(?:\.[0-9]+)?(?:(?<=\.0)[,}\]]|e))")
_BEYOND_FIRST_PLANE = re.compile("[\U00010000-\U0010ffff]")


def canonical(value: Any) -> bytes:
    """The canonical JSON of a value made of dictionaries, lists, tuples, strings, numbers, booleans and None.

    Raises:
        ValueError: It holds NaN, an infinity, a lone surrogate or a whole number beyond ±(2^53 - 1).
        TypeError: It holds something that JSON has no form for.
    """
    # Python's own encoder is many times faster. It differs in some numbers and in the order of rare names; where it may
    # have, and be it for what stands in a text, the value is written again.
    text = _FAST.encode(value)
    rare = not text.isascii() and _BEYOND_FIRST_PLANE.search(text)
    if rare or not isinstance(value, dict) or _DOUBTFUL.search(text):
        parts: list[str] = []
        _write(value, parts)
        text = "".join(parts)
    return text.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(str.__str__(value)))
    elif value is None or isinstance(value, bool):
        parts.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError(f"{value} is beyond what JSON numbers hold exactly; write it as a string")
        parts.append(int.__repr__(value))
    elif isinstance(value, float):
        parts.append(number(value))
    elif isinstance(value, dict):
        _write_object(value, parts)
    elif isinstance(value, list | tuple):
        parts.append("[")
        for place, item in enumerate(value):
            if place:
                parts.append(",")
            _write(item, parts)
        parts.append("]")
    else:
        raise TypeError(f"JSON has no form for {type(value).__name__}")


def _write_object(value: dict[str, Any], parts: list[str]) -> None:
    if not all(isinstance(name, str) for name in value):
        raise TypeError("names of a JSON object are strings")
    # Code points and UTF-16 units sort alike, but for characters beyond the first plane.
    plain = all(map(str.isascii, value))
    names = sorted(value) if plain else sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    parts.append("{")
    for place, name in enumerate(names):
        if place:
            parts.append(",")
        parts.append(encode_basestring(str.__str__(name)))
        parts.append(":")
        _write(value[name], parts)
    parts.append("}")


def number(value: float) -> str:
    """A double as ECMAScript writes it (ECMA-262, Number::toString): the fewest digits that read back as the same."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number of JSON")
    if value == 0:
        return "0"
    written = float.__repr__(abs(value))
    sign = "-" if value < 0 else ""
    if "e" not in written and abs(value) >= 1e-4:
        return sign + written.removesuffix(".0")
    mantissa, _, exponent = written.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.digits × 10^point.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
