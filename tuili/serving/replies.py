"""What is answered, for the OpenAPI description. The answers themselves are the library's own `to_dict()`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

LabelName = Literal["entailment", "neutral", "contradiction", "not_entailment"]


class ErrorPart(BaseModel):
    code: str
    message: str
    field: str | None


class ErrorReply(BaseModel):
    """Every answer but 200."""

    error: ErrorPart


class EvidenceReply(BaseModel):
    side: Literal["premise", "hypothesis"]
    start: int
    end: int
    text: str
    label: LabelName
    weight: float


class VerdictReply(BaseModel):
    """`Verdict.to_dict()`."""

    label: LabelName
    confidence: float
    probabilities: dict[LabelName, float]
    decided: bool
    prediction_set: list[LabelName]
    coverage: float
    evidence: list[EvidenceReply]
    model: str


class Flag(BaseModel):
    """Characters of a text that a reader does not see as they are: of one kind, where first, and how many."""

    field: str
    kind: Literal["bidi", "control", "invisible", "look_alike", "tag"]
    offset: int
    code_point: str
    count: int


class JudgeReply(BaseModel):
    verdicts: list[VerdictReply]
    model: str | None
    flags: list[Flag]


class ObjectReply(BaseModel):
    """The `to_dict()` of the library's result."""

    model_config = ConfigDict(extra="allow")
    flags: list[Flag]


class AnswersReply(BaseModel):
    answers: list[dict[str, Any]]
    flags: list[Flag]


class LabelScore(BaseModel):
    label: str
    score: float


class IndexScore(BaseModel):
    index: int
    score: float
    text: str | None = None


class RerankResult(BaseModel):
    model_config = ConfigDict(extra="allow")
    index: int
    relevance_score: float


class RerankReply(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: str
    results: list[RerankResult]


class StateReply(BaseModel):
    status: str


class InfoReply(BaseModel):
    model_config = ConfigDict(extra="allow")
    model_id: str
    version: str
