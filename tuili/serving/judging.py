"""`/v1/judge`: pairs, or one premise with many hypotheses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from tuili.serving.bodies import Hypotheses, JudgeBody
from tuili.serving.flags import flags_of
from tuili.serving.replies import JudgeReply
from tuili.serving.routing import answer, new_router

if TYPE_CHECKING:
    from fastapi import APIRouter

    from tuili.serving.desk import Desk
    from tuili.serving.metrics import Metrics


def router(desk: Desk, _metrics: Metrics) -> APIRouter:
    routes = new_router()

    async def judge(request: Request, body: JudgeBody) -> Response:
        """Verdicts on pairs, or on one premise and many hypotheses, in their order."""
        if isinstance(body, Hypotheses):
            pairs = [(body.premise, hypothesis) for hypothesis in body.hypotheses]
            where = [f"hypotheses.{number}" for number in range(len(pairs))]
        else:
            pairs = [(pair.premise, pair.hypothesis) for pair in body.pairs]
            where = [f"pairs.{number}" for number in range(len(pairs))]
        verdicts = await desk.verdicts(request, pairs, where)
        model = verdicts[0].model if verdicts else None
        listed = [verdict.to_dict() for verdict in verdicts]
        return answer({"verdicts": listed, "model": model, "flags": flags_of(request)})

    routes.add_api_route("/v1/judge", judge, methods=["POST"], response_model=JudgeReply, tags=["judge"])
    return routes
