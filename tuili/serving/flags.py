"""Unusual characters in a request's texts: told with every answer, or refused where the server is strict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.data.unusual import unusual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

HEADER = "X-Unicode-Flags"


def flags_in(value: Any) -> list[dict[str, Any]]:
    """For each text of a body and each kind: how often it is there, and where first. See `data.unusual`."""
    return list(_flags(value, ""))


def flags_of(request: Request) -> list[dict[str, Any]]:
    """What was found in the body of a request."""
    return list(request.scope["state"]["caller"].flags)


def _flags(value: Any, field: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, str):
        told: dict[str, dict[str, Any]] = {}
        for finding in unusual(value):
            first = {"field": field[-200:], **finding.to_dict(), "count": 0}
            told.setdefault(finding.kind, first)["count"] += 1
        yield from told.values()
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _flags(part, f"{field}.{place}".lstrip("."))
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _flags(part, f"{field}.{name}".lstrip("."))
