"""The shapes of text-embeddings-inference: `/predict` and `/rerank`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from tuili.serving.bodies import PredictBody, TextsRerankBody
from tuili.serving.ranking import ranked
from tuili.serving.refusal import Refusal
from tuili.serving.replies import IndexScore, LabelScore
from tuili.serving.routing import answer, new_router

if TYPE_CHECKING:
    from fastapi import APIRouter

    from tuili.serving.desk import Desk
    from tuili.serving.metrics import Metrics
    from tuili.types import Verdict


def router(desk: Desk, _metrics: Metrics) -> APIRouter:
    routes = new_router()

    async def predict(request: Request, body: PredictBody) -> Response:
        """Scores of the labels, best first, for a pair `[premise, hypothesis]` or a batch of pairs."""
        single = isinstance(body.inputs, str) or isinstance(body.inputs[0], str)
        batch: list[Any] = [body.inputs] if single else list(body.inputs)
        if any(isinstance(pair, str) or len(pair) != 2 for pair in batch):
            raise Refusal(422, "invalid", "this model judges pairs: send [premise, hypothesis]", field="inputs")
        where = ["inputs" if single else f"inputs.{number}" for number in range(len(batch))]
        verdicts = await desk.verdicts(request, [(pair[0], pair[1]) for pair in batch], where)
        scores = [_scores(verdict, raw=body.raw_scores) for verdict in verdicts]
        return answer(scores[0] if single else scores)

    async def rerank(request: Request, body: TextsRerankBody) -> Response:
        """Texts, best first; the score is the probability that the query follows from the text."""
        results = await ranked(desk, request, body.query, body.texts, "texts")
        return answer(
            [
                {
                    "index": result.index,
                    "score": _log_odds(result.score) if body.raw_scores else result.score,
                    **({"text": body.texts[result.index]} if body.return_text else {}),
                }
                for result in results
            ]
        )

    label_scores = list[LabelScore] | list[list[LabelScore]]
    more: dict[str, Any] = {"methods": ["POST"], "tags": ["text-embeddings-inference"]}
    routes.add_api_route("/predict", predict, response_model=label_scores, **more)
    routes.add_api_route("/rerank", rerank, response_model=list[IndexScore], **more)
    return routes


def _scores(verdict: Verdict, *, raw: bool) -> list[dict[str, Any]]:
    best_first = sorted(verdict.probabilities.items(), key=lambda item: -item[1])
    return [{"label": label.value, "score": math.log(max(p, 1e-30)) if raw else p} for label, p in best_first]


def _log_odds(probability: float) -> float:
    safe = min(max(probability, 1e-15), 1 - 1e-15)
    return math.log(safe / (1 - safe))
