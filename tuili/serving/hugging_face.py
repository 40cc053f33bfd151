"""The shape of Hugging Face's inference API: zero-shot-classification, posted to the model's own address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from tuili.serving.bodies import ZeroShotBody
from tuili.serving.replies import LabelScore
from tuili.serving.routing import answer, new_router

if TYPE_CHECKING:
    from fastapi import APIRouter

    from tuili.serving.desk import Desk
    from tuili.serving.metrics import Metrics

TEMPLATE = "This example is {}."
"""What that API does where no template is sent."""


def router(desk: Desk, _metrics: Metrics) -> APIRouter:
    routes = new_router()

    async def zero_shot(request: Request, body: ZeroShotBody) -> Response:
        """The labels with their scores, best first."""
        from tuili.applications.classify import classify

        asked = body.parameters
        template = asked.hypothesis_template or TEMPLATE
        characters = len(body.inputs) + sum(len(template) + len(label) for label in asked.candidate_labels)
        found = await desk.apply(
            request,
            lambda judge: classify(
                judge, body.inputs, asked.candidate_labels, template, multi_label=bool(asked.multi_label)
            ),
            characters,
        )
        scores = zip(found.labels, found.probabilities, strict=True)
        return answer([{"label": label, "score": probability} for label, probability in scores])

    routes.add_api_route("/", zero_shot, methods=["POST"], response_model=list[LabelScore], tags=["hugging face"])
    return routes
