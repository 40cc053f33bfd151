"""The shape of Cohere's rerank, in both of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from tuili.serving.bodies import RerankBodyV1, RerankBodyV2
from tuili.serving.ranking import ranked
from tuili.serving.replies import RerankReply
from tuili.serving.routing import answer, new_router

if TYPE_CHECKING:
    from fastapi import APIRouter

    from tuili.serving.desk import Desk
    from tuili.serving.metrics import Metrics
    from tuili.serving.ranking import Ranked


def router(desk: Desk, _metrics: Metrics) -> APIRouter:
    routes = new_router()

    async def rerank_v1(request: Request, body: RerankBodyV1) -> Response:
        """Documents, best first; of a document with fields, `text` is read."""
        texts = [document if isinstance(document, str) else document.text for document in body.documents]
        results = (await ranked(desk, request, body.query, texts, "documents"))[: body.top_n]
        documents = None
        if body.return_documents:
            documents = [{"text": text} if isinstance(text, str) else text.model_dump() for text in body.documents]
        return answer(_reply(request, results, "1", documents))

    async def rerank_v2(request: Request, body: RerankBodyV2) -> Response:
        """Documents, best first; the score is the probability that the query follows from the document."""
        results = (await ranked(desk, request, body.query, body.documents, "documents"))[: body.top_n]
        return answer(_reply(request, results, "2", None))

    more: dict[str, Any] = {"methods": ["POST"], "response_model": RerankReply, "tags": ["cohere"]}
    routes.add_api_route("/v1/rerank", rerank_v1, **more)
    routes.add_api_route("/v2/rerank", rerank_v2, **more)
    return routes


def _reply(
    request: Request, results: list[Ranked], version: str, documents: list[dict[str, Any]] | None
) -> dict[str, Any]:
    shown = []
    for result in results:
        one: dict[str, Any] = {"index": result.index, "relevance_score": result.score}
        if documents is not None:
            one["document"] = documents[result.index]
        shown.append(one)
    return {
        "id": request.scope["state"]["caller"].request_id,
        "results": shown,
        "meta": {"api_version": {"version": version}},
    }
