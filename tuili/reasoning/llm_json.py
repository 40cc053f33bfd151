"""JSON from a server that is not trusted: one meaning or none, and little work to find out.

`json.loads` lets the last of equal keys win, takes NaN, makes infinity of 1e999, and recurses. Depth and digits are
checked before parsing, in one pass.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 16
MAX_DIGITS = 40
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # an open string goes to the end, so that time is linear
_BRACKETS = re.compile(r"[\[\]{}]")
_LONG_NUMBER = re.compile(rf"[0-9]{{{MAX_DIGITS}}}")


def parse(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: It is not JSON, is nested more than `MAX_DEPTH` deep, names a key twice, or holds a number that is
            not finite.
    """
    structure = _STRING.sub('"', text)
    depth = 0
    for bracket in _BRACKETS.finditer(structure):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
    if _LONG_NUMBER.search(structure):
        raise ValueError("a number is too long")
    return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is there more than once")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number that JSON knows")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value
