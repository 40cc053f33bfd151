"""Whether it lives, whether it is ready, what it counts, what it is; and the page."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from tuili.serving.metrics import CONTENT_TYPE
from tuili.serving.refusal import Refusal
from tuili.serving.replies import InfoReply, StateReply
from tuili.serving.routing import answer, new_router
from tuili.version import __version__

if TYPE_CHECKING:
    from fastapi import APIRouter

    from tuili.serving.desk import Desk
    from tuili.serving.metrics import Metrics

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/history.js": ("history.js", "text/javascript; charset=utf-8"),
    "/drawing.js": ("drawing.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def router(desk: Desk, metrics: Metrics) -> APIRouter:
    routes = new_router(body=False)

    async def health() -> Response:
        """The process lives. The one route that needs no token."""
        return answer({"status": "alive"})

    async def ready() -> Response:
        """New requests are welcome; 503 while the server stops."""
        if desk.batcher.draining:
            raise Refusal(503, "shutting_down", "the server is stopping", retry_after=1)
        return answer({"status": "ready"})

    async def counted() -> Response:
        """Counts and times, for Prometheus."""
        return Response(metrics.exposition(desk.batcher), media_type=CONTENT_TYPE)

    async def info() -> Response:
        """Which model answers, and the limits of a request."""
        judge = desk.batcher.judge_in_use
        settings = desk.settings
        return answer(
            {
                "model_id": str(getattr(judge, "model", getattr(judge, "name", ""))),
                "labels": [str(label) for label in getattr(judge, "labels", ())],
                "version": __version__,
                "max_body": settings.max_body,
                "max_text": settings.max_text,
                "max_pairs": settings.max_pairs,
                "deadline": settings.deadline,
            }
        )

    more: dict[str, Any] = {"methods": ["GET"], "tags": ["operations"]}
    unready: dict[int | str, dict[str, Any]] = {503: {"description": "The server is stopping."}}
    routes.add_api_route("/health", health, response_model=StateReply, **more)
    routes.add_api_route("/ready", ready, response_model=StateReply, responses=unready, **more)
    routes.add_api_route("/metrics", counted, response_class=Response, **more)
    routes.add_api_route("/info", info, response_model=InfoReply, **more)
    for path, (name, kind) in _PAGE.items():
        routes.add_api_route(path, _page(name, kind), methods=["GET"], include_in_schema=False)
    return routes


def _page(name: str, kind: str) -> Any:
    content = (files("tuili.serving") / "page" / name).read_bytes()

    async def page() -> Response:
        headers = {
            "Content-Security-Policy": POLICY,
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        return Response(content, media_type=kind, headers=headers)

    return page
