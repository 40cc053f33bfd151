"""What the routers have in common."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tuili.serving.flags import HEADER
from tuili.serving.replies import ErrorReply
from tuili.serving.strict_route import StrictRoute

_REASONS = {
    400: "Not JSON, a key named twice, nested too deeply, or a header that can't be.",
    401: "A token is needed.",
    403: "A page of another origin asked.",
    408: "The body did not arrive in time.",
    413: "The body, a text or a list is over its limit.",
    415: "Not application/json.",
    421: "The server does not go by that name.",
    422: "Not what this route takes, or a text that can't be judged.",
    429: "The queue is full, or the caller asks too often; `Retry-After` says when to ask again.",
    431: "The headers are too long.",
    500: "The judge failed.",
    503: "The deadline can't be kept, or the server is stopping; `Retry-After` says when to ask again.",
}
_READING = (400, 401, 403, 421, 429, 431, 500)


def errors(*, body: bool) -> dict[int | str, dict[str, Any]]:
    """The answers other than 200 of a route, for its description."""
    statuses = sorted(_REASONS) if body else _READING
    return {status: {"model": ErrorReply, "description": _REASONS[status]} for status in statuses}


_FLAGS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As the library says it.",
        "headers": {
            HEADER: {
                "description": "Kinds of characters in the body that a reader does not see as they are.",
                "required": False,
                "schema": {"type": "string"},
            }
        },
    }
}


def new_router(*, body: bool = True) -> APIRouter:
    return APIRouter(route_class=StrictRoute, responses=errors(body=body) | (_FLAGS if body else {}))


def answer(value: Any) -> Response:
    """JSON; offsets in it count code points, so texts are not escaped."""
    content = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(content.encode(), media_type="application/json")
