"""Which texts a query follows from, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from tuili.serving.desk import Desk


@dataclass(frozen=True, slots=True)
class Ranked:
    """A text by its place in the request, and the probability that the query follows from it."""

    index: int
    score: float


async def ranked(desk: Desk, request: Request, query: str, texts: Sequence[str], field: str) -> list[Ranked]:
    """The texts as premises, the query as hypothesis. Equal scores keep their order.

    Raises:
        Refusal: There is no verdict; it says why.
    """
    where = [f"{field}.{number}" for number in range(len(texts))]
    verdicts = await desk.verdicts(request, [(text, query) for text in texts], where)
    scores = [verdict.probabilities.get(Label.ENTAILMENT, 0.0) for verdict in verdicts]
    return sorted((Ranked(index, score) for index, score in enumerate(scores)), key=lambda result: -result.score)
