"""`/v1/explain`, `/v1/check`, `/v1/answer`, `/v1/classify`: what the library does with a judge, over the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from tuili.serving.bodies import AnswerBody, CheckBody, ClassifyBody, ExplainBody, NamedText
from tuili.serving.flags import flags_of
from tuili.serving.replies import AnswersReply, ObjectReply
from tuili.serving.routing import answer, new_router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from tuili.serving.desk import Desk
    from tuili.serving.metrics import Metrics


def router(desk: Desk, _metrics: Metrics) -> APIRouter:
    routes = new_router()

    async def explain(request: Request, body: ExplainBody) -> Response:
        """A verdict with its evidence on both sides; on request its faithfulness, and the edit that flips it."""
        from tuili.explanation.explain import explain as explain_pair

        pair = (body.premise, body.hypothesis)
        found = await desk.apply(
            request,
            lambda judge: explain_pair(judge, pair, draws=int(body.faithfulness), edit=body.edit),
            len(body.premise) + len(body.hypothesis),
        )
        return answer({**found.to_dict(), "flags": flags_of(request)})

    async def check(request: Request, body: CheckBody) -> Response:
        """Every claim of a text, judged against its sources."""
        from tuili.applications.check import check as check_text

        sources = _named(body.sources, "source")
        characters = len(body.text) + sum(map(len, sources.values()))
        report = await desk.apply(
            request, lambda judge: check_text(judge, sources, body.text, threshold=body.threshold), characters
        )
        return answer({**report.to_dict(), "flags": flags_of(request)})

    async def answer_question(request: Request, body: AnswerBody) -> Response:
        """The answers that the passages entail, best first; none where they entail none."""
        from tuili.applications.answer import answer as find_answers

        passages = _named(body.passages, "passage")
        characters = len(body.question) + sum(map(len, passages.values()))
        found = await desk.apply(
            request, lambda judge: find_answers(judge, passages, body.question, threshold=body.threshold), characters
        )
        return answer({"answers": [one.to_dict() for one in found], "flags": flags_of(request)})

    async def classify(request: Request, body: ClassifyBody) -> Response:
        """Which of the labels the text has, best first."""
        from tuili.applications.classify import classify as classify_text

        characters = len(body.text) + sum(len(body.template) + len(label) for label in body.labels)
        found = await desk.apply(
            request,
            lambda judge: classify_text(judge, body.text, body.labels, body.template, multi_label=body.multi_label),
            characters,
        )
        return answer({**found.to_dict(), "flags": flags_of(request)})

    more: dict[str, Any] = {"methods": ["POST"], "tags": ["applications"]}
    routes.add_api_route("/v1/explain", explain, response_model=ObjectReply, **more)
    routes.add_api_route("/v1/check", check, response_model=ObjectReply, **more)
    routes.add_api_route("/v1/answer", answer_question, response_model=AnswersReply, **more)
    routes.add_api_route("/v1/classify", classify, response_model=ObjectReply, **more)
    return routes


def _named(texts: Sequence[str | NamedText], what: str) -> dict[str, str]:
    """Texts by name, always as texts: a caller's string is never taken for a path."""
    named: dict[str, str] = {}
    for number, text in enumerate(texts, 1):
        name = text.name if isinstance(text, NamedText) else f"{what} {number}"
        while name in named:
            name += "′"
        named[name] = text.text if isinstance(text, NamedText) else text
    return named
