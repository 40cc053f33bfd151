"""What a request may hold: exact types, no unknown keys, texts that can be judged."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from tuili.data.text import check_text
from tuili.errors import InvalidText


def _readable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul_character", "the text holds the NUL character; remove it")
    try:
        return check_text(text)
    except InvalidText as error:
        raise PydanticCustomError("empty_text", "{reason}", {"reason": str(error)}) from None


def _template(template: str) -> str:
    if template.count("{}") != 1:
        raise PydanticCustomError("invalid_template", "a template holds {{}} once, where the label goes")
    return template


Text = Annotated[str, Field(min_length=1), AfterValidator(_readable)]
Texts = Annotated[list[Text], Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Template = Annotated[Text, AfterValidator(_template)]

PREMISE = "A man is sleeping on a bench in the park."
EXAMPLE_PAIR: Any = {"premise": PREMISE, "hypothesis": "A person is asleep."}


class Body(BaseModel):
    """What all bodies have in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PairBody(Body):
    """A premise and the hypothesis put to it."""

    premise: Text
    hypothesis: Text


class Pairs(Body):
    """Pairs, each with its own premise."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pairs": [EXAMPLE_PAIR]}]})
    pairs: Annotated[list[PairBody], Field(min_length=1)]


class Hypotheses(Body):
    """One premise, which is read once, and many hypotheses."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"premise": PREMISE, "hypotheses": ["A person is asleep.", "He runs."]}]}
    )
    premise: Text
    hypotheses: Texts


def _form(value: Any) -> str:
    return (
        "form: hypotheses"
        if isinstance(value, dict) and ("hypotheses" in value or "premise" in value)
        else "form: pairs"
    )


JudgeBody = Annotated[
    Annotated[Pairs, Tag("form: pairs")] | Annotated[Hypotheses, Tag("form: hypotheses")], Discriminator(_form)
]


class ExplainBody(PairBody):
    """A pair whose verdict is wanted with its reasons."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_PAIR]})
    faithfulness: bool = False
    edit: bool = False


class NamedText(Body):
    """A text and what it is called."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    text: Text


class CheckBody(Body):
    """A text, and the sources it should follow from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sources": [PREMISE], "text": "A man is asleep. He is at home.", "threshold": 0.37}]
        }
    )
    sources: Annotated[list[Text | NamedText], Field(min_length=1)]
    text: Text
    threshold: Share = 0.37


class AnswerBody(Body):
    """A question, and the passages that may answer it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"passages": [PREMISE], "question": "Where is the man sleeping?"}]}
    )
    passages: Annotated[list[Text | NamedText], Field(min_length=1)]
    question: Text
    threshold: Share = 0.5


class ClassifyBody(Body):
    """A text and the labels it may have."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "The striker scored twice.", "labels": ["sport", "politics"], "multi_label": False}]
        }
    )
    text: Text
    labels: Texts
    template: Template = "This text is about {}."
    multi_label: bool = False


class PredictBody(Body):
    """text-embeddings-inference, `/predict`: a pair, or a batch. Texts are read whole, whatever `truncate` says."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"inputs": [PREMISE, "A person is asleep."]}]})
    inputs: Text | Texts | Annotated[list[Texts], Field(min_length=1)]
    raw_scores: bool = False
    truncate: bool | None = None
    truncation_direction: Literal["left", "right", "Left", "Right"] | None = None


class TextsRerankBody(Body):
    """text-embeddings-inference, `/rerank`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "A person is asleep.", "texts": [PREMISE, "It rains."]}]}
    )
    query: Text
    texts: Texts
    raw_scores: bool = False
    return_text: bool = False
    truncate: bool | None = None
    truncation_direction: Literal["left", "right", "Left", "Right"] | None = None


class Document(BaseModel):
    """A document with fields of its own, of which `text` is read."""

    model_config = ConfigDict(strict=True, extra="allow")
    text: Text


class RerankBodyV1(Body):
    """Cohere, `/v1/rerank`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "A person is asleep.", "documents": [PREMISE, "It rains."]}]}
    )
    query: Text
    documents: Annotated[list[Text | Document], Field(min_length=1)]
    model: str | None = None
    top_n: Annotated[int, Field(ge=1)] | None = None
    rank_fields: list[str] | None = None
    return_documents: bool | None = None
    max_chunks_per_doc: Annotated[int, Field(ge=1)] | None = None


class RerankBodyV2(Body):
    """Cohere, `/v2/rerank`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "A person is asleep.", "documents": [PREMISE, "It rains."]}]}
    )
    query: Text
    documents: Texts
    model: str | None = None
    top_n: Annotated[int, Field(ge=1)] | None = None
    max_tokens_per_doc: Annotated[int, Field(ge=1)] | None = None
    priority: Annotated[int, Field(ge=0, le=999)] | None = None


class ZeroShotParameters(Body):
    """Hugging Face Inference: parameters of zero-shot-classification."""

    candidate_labels: Texts
    hypothesis_template: Template | None = None
    multi_label: bool | None = None


class ZeroShotBody(Body):
    """Hugging Face Inference, zero-shot-classification."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"inputs": "The striker scored.", "parameters": {"candidate_labels": ["sport", "politics"]}}]
        }
    )
    inputs: Text
    parameters: ZeroShotParameters
    options: dict[str, Any] | None = None
