"""JSON as the standard has it and no more: one meaning for each body, or none.

`json.loads` lets the last of equal keys win, takes NaN, makes infinity of 1e999 and passes lone surrogates on.
Depth and digits are checked before parsing, so that hostile bodies cost one pass over at most `max_body` bytes.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from tuili.serving.refusal import Refusal

MAX_DIGITS = 400
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # an open string goes to the end, so that time is linear
_BRACKETS = re.compile(rb"[\[\]{}]")
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(body: bytes, *, max_depth: int) -> Any:
    """The value of a body.

    Raises:
        Refusal: 400 where it is not JSON in UTF-8, is nested too deeply or names a key twice; 422 where it holds a
            number or a text that JSON can't carry.
    """
    structure = _STRING.sub(b'"', body)
    _check_depth(structure, max_depth)
    if _LONG_NUMBER.search(structure):
        raise Refusal(400, "number_too_long", f"a number has {MAX_DIGITS} digits or more")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, "invalid_encoding", f"the body is not UTF-8: byte {error.start} can't be read") from None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except json.JSONDecodeError as error:
        raise Refusal(400, "invalid_json", f"the body is not JSON: {error.msg} at character {error.pos}") from None
    if "\\u" in text or not text.isascii():
        _check_unicode(value, ())
    return value


def _check_depth(structure: bytes, limit: int) -> None:
    depth = 0
    for bracket in _BRACKETS.finditer(structure):
        if bracket.group() in b"[{":
            depth += 1
            if depth > limit:
                raise Refusal(400, "too_deep", f"the body is nested more than {limit} levels deep")
        else:
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Refusal(400, "duplicate_key", f"the key {twice[:80]!r} is there more than once")
    return value


def _constant(name: str) -> NoReturn:
    raise Refusal(422, "not_finite", f"{name} is not a number that JSON knows")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Refusal(422, "not_finite", "a number is too large")
    return value


def _check_unicode(value: Any, path: tuple[str, ...]) -> None:
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise Refusal(
                422, "invalid_unicode", "a text holds half of a surrogate pair", field=".".join(path)[:200] or None
            )
    elif isinstance(value, dict):
        for name, part in value.items():
            _check_unicode(name, path)
            _check_unicode(part, (*path, name))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _check_unicode(part, (*path, str(place)))
