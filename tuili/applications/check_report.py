"""What a check found, and the forms in which it is handed on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tuili.perception.sentences import split_sentences

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.types import Span, Verdict


class Status(StrEnum):
    """What the sources say of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class Source:
    """A text that claims are checked against, and what it is called."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A part of a source that the judge read.

    Attributes:
        source: Which source, counted from 0.
        name: What that source is called.
        span: The characters of the source that were read.
        text: These characters.
        focus: The sentence among them that shares most words with the claim.
    """

    source: int
    name: str
    span: Span
    text: str
    focus: Span

    def to_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "name": self.name,
            "start": self.span.start,
            "end": self.span.end,
            "text": self.text,
            "focus": {"start": self.focus.start, "end": self.focus.end},
        }


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """One claim of the text, and what the sources say of it.

    Attributes:
        statement: What was put to the judge; a subject may have been carried over.
        span: The characters of the text that make the claim.
        sentence: Which sentence of the text it is in, counted from 0.
        status: What came out.
        entailment: The highest probability, over all that was read, that the claim follows.
        contradiction: Likewise, that it can't be.
        verdict: The judge's verdict on the reading that decided; None where it could read none, of emoji alone say.
        premise: What that reading was.
        quotes: Where the premise stands in the sources; two where two places were read together. Of a claim that
            was not found: the nearest that there is.
    """

    statement: str
    span: Span
    sentence: int
    status: Status
    entailment: float
    contradiction: float
    verdict: Verdict | None
    premise: str
    quotes: tuple[Quote, ...]

    @property
    def probability(self) -> float:
        """Probability of the status, by the reading that decided."""
        if self.status is Status.SUPPORTED:
            return self.entailment
        return self.contradiction if self.status is Status.CONTRADICTED else 1 - self.entailment

    def to_dict(self) -> dict[str, Any]:
        return {
            "statement": self.statement,
            "start": self.span.start,
            "end": self.span.end,
            "sentence": self.sentence,
            "status": self.status.value,
            "probability": self.probability,
            "entailment": self.entailment,
            "contradiction": self.contradiction,
            "verdict": None if self.verdict is None else self.verdict.to_dict(),
            "quotes": [quote.to_dict() for quote in self.quotes],
        }


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """One sentence of the text.

    Attributes:
        text: Its characters.
        span: Where they stand in the text.
        status: Supported where all its claims are, contradicted where one is, else not found.
        claims: What it claims.
    """

    text: str
    span: Span
    status: Status
    claims: tuple[CheckedClaim, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "start": self.span.start,
            "end": self.span.end,
            "status": self.status.value,
            "claims": [claim.to_dict() for claim in self.claims],
        }


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A text against its sources.

    Attributes:
        text: What was checked.
        sources: What it was checked against.
        claims: Each claim of the text, in order.
        threshold: Probability from which on a claim counted as supported; or contradicted, if it is at least 0.5.
    """

    text: str
    sources: tuple[Source, ...]
    claims: tuple[CheckedClaim, ...]
    threshold: float

    @property
    def sentences(self) -> tuple[CheckedSentence, ...]:
        spans = split_sentences(self.text)
        by_sentence = groupby(self.claims, key=lambda claim: claim.sentence)
        return tuple(_sentence(self.text, spans[number], tuple(claims)) for number, claims in by_sentence)

    @property
    def supported_rate(self) -> float:
        """Share of the claims that are supported."""
        return sum(claim.status is Status.SUPPORTED for claim in self.claims) / len(self.claims)

    @property
    def status(self) -> Status:
        """Of the text as a whole, as of a sentence."""
        return _overall(self.claims)

    @property
    def support(self) -> float:
        """Probability of entailment of the claim that has least: the text holds no better than that."""
        return min(claim.entailment for claim in self.claims)

    def of(self, status: Status | str) -> tuple[CheckedClaim, ...]:
        """The claims of one status."""
        return tuple(claim for claim in self.claims if claim.status == status)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready. Offsets count Python's code points."""
        return {
            "status": self.status.value,
            "supported_rate": self.supported_rate,
            "support": self.support,
            "threshold": self.threshold,
            "counts": {status.value: len(self.of(status)) for status in Status},
            "sources": [{"name": source.name, "characters": len(source.text)} for source in self.sources],
            "sentences": [sentence.to_dict() for sentence in self.sentences],
        }

    def to_html(self) -> str:
        """A page that stands alone: the text and the sources side by side, claims and quotes marked."""
        from tuili.applications.check_page import page

        return page(self)

    def write_html(self, path: str | Path) -> None:
        """Write the page, whole or not at all.

        Raises:
            UsageError: It can't be written there.
        """
        from tuili.data.atomic import write_file

        write_file(path, self.to_html().encode())


def supported_rate(reports: list[CheckReport]) -> float:
    """Share of the claims of all the texts that are supported; each claim counts the same. 1 where there is none."""
    claims = [claim for report in reports for claim in report.claims]
    return sum(claim.status is Status.SUPPORTED for claim in claims) / len(claims) if claims else 1.0


def _sentence(text: str, span: Span, claims: tuple[CheckedClaim, ...]) -> CheckedSentence:
    return CheckedSentence(text[span.start : span.end], span, _overall(claims), claims)


def _overall(claims: tuple[CheckedClaim, ...]) -> Status:
    found = {claim.status for claim in claims}
    if Status.CONTRADICTED in found:
        return Status.CONTRADICTED
    return Status.NOT_FOUND if Status.NOT_FOUND in found else Status.SUPPORTED
