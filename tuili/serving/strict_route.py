"""A route whose body is read strictly, in place of the framework's own reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute
from starlette.requests import Request

from tuili.serving.flags import flags_in
from tuili.serving.refusal import Refusal
from tuili.serving.strict_json import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response

    from tuili.serving.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Of any body: levels of nesting, characters of a text, parts of a list, and whether unusual ones are refused."""

    depth: int
    text: int
    parts: int
    strict_unicode: bool = False


def limits_of(settings: Settings) -> Limits:
    return Limits(settings.max_depth, settings.max_text, settings.max_pairs, settings.strict_unicode)


class StrictRequest(Request):
    """A request whose JSON has one meaning, and no text or list over the limit."""

    async def json(self) -> Any:
        limits: Limits = self.app.state.limits
        value = parse(await self.body(), max_depth=limits.depth)
        _check_sizes(value, limits, "")
        flags = flags_in(value)
        self.scope["state"]["caller"].flags = flags
        if flags and limits.strict_unicode:
            first = flags[0]
            message = f"{first['kind']} character {first['code_point']} at position {first['offset']}; remove it"
            raise Refusal(422, "unusual_unicode", message, field=first["field"] or None)
        return value


class StrictRoute(APIRoute):
    """A route that gets strict requests."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly


def _check_sizes(value: Any, limits: Limits, field: str) -> None:
    if isinstance(value, str):
        if len(value) > limits.text:
            message = f"a text has at most {limits.text:,} characters, this one {len(value):,}; split it"
            raise Refusal(413, "text_too_long", message, field=field)
    elif isinstance(value, list):
        if len(value) > limits.parts:
            message = f"at most {limits.parts:,} in one request, here are {len(value):,}; split it"
            raise Refusal(413, "too_many", message, field=field)
        for place, part in enumerate(value):
            _check_sizes(part, limits, f"{field}.{place}"[-200:])
    elif isinstance(value, dict):
        for name, part in value.items():
            _check_sizes(part, limits, f"{field}.{name}".lstrip(".")[-200:])
