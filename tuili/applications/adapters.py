"""`check` in the shape of other tools' faithfulness metrics, so that it can take their place without a rewrite.

Each function gives a callable that takes what the tool's own metric takes and gives what that gives. Nothing of these
tools is imported: samples and test cases are read by their attributes, results are plain values. The score is always
the same: the share of the answer's claims that the contexts support.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.applications.asking import check_share
from tuili.applications.check import THRESHOLD, check
from tuili.applications.check_report import Status
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.applications.check_report import CheckReport
    from tuili.types import Judge


class _Faithfulness:
    """What the four have in common: a judge, and the threshold a claim must reach."""

    def __init__(self, judge: Judge, *, claim_threshold: float = THRESHOLD) -> None:
        self._judge = judge
        self._claim_threshold = check_share(claim_threshold, "claim_threshold")

    def _check(self, contexts: object, text: object) -> CheckReport:
        if not isinstance(text, str):
            raise UsageError(f"the answer must be a string, got {type(text).__name__}")
        if contexts is None:
            raise UsageError("there is no context to check against; give at least one")
        return check(self._judge, contexts, text, threshold=self._claim_threshold)  # type: ignore[arg-type]


class RagasFaithfulness(_Faithfulness):
    """In place of RAGAS's `Faithfulness`: a sample with `response` and `retrieved_contexts`, or these as keywords."""

    name = "faithfulness"

    def __call__(
        self,
        sample: Any = None,
        *,
        response: str | None = None,
        retrieved_contexts: Sequence[str] | None = None,
        user_input: str | None = None,
    ) -> float:
        """Share of supported claims. `user_input` is taken, as there, and not used."""
        del user_input
        if sample is not None:
            response, retrieved_contexts = _field(sample, "response"), _field(sample, "retrieved_contexts")
        return self._check(retrieved_contexts, response).supported_rate

    def single_turn_score(self, sample: Any, callbacks: Any = None) -> float:
        del callbacks
        return self(sample)

    async def single_turn_ascore(self, sample: Any, callbacks: Any = None) -> float:
        """The same; it keeps the event loop for as long as the judge needs."""
        del callbacks
        return self(sample)


class DeepEvalFaithfulness(_Faithfulness):
    """In place of DeepEval's `FaithfulnessMetric`: `measure` a test case, then read `score`, `reason`, `success`."""

    def __init__(self, judge: Judge, *, threshold: float = 0.5, claim_threshold: float = THRESHOLD) -> None:
        super().__init__(judge, claim_threshold=claim_threshold)
        self.threshold = check_share(threshold, "threshold")
        self.score: float | None = None
        self.reason: str | None = None
        self.success: bool | None = None

    def measure(self, test_case: Any) -> float:
        """Score a case with `actual_output` and `retrieval_context`."""
        report = self._check(_field(test_case, "retrieval_context"), _field(test_case, "actual_output"))
        self.score, self.reason = report.supported_rate, _reason(report)
        self.success = self.score >= self.threshold
        return self.score

    async def a_measure(self, test_case: Any, **_: Any) -> float:
        return self.measure(test_case)

    def is_successful(self) -> bool:
        return bool(self.success)

    def __call__(self, test_case: Any) -> float:
        return self.measure(test_case)


class LangChainFaithfulness(_Faithfulness):
    """In place of LangChain's string evaluators, and of openevals' groundedness evaluators when called."""

    evaluation_name = "faithfulness"
    requires_input = False
    requires_reference = True

    def evaluate_strings(
        self, *, prediction: str, reference: str | Sequence[str] | None = None, **_: Any
    ) -> dict[str, Any]:
        """`prediction` is checked against `reference`, the context or contexts."""
        report = self._check(reference, prediction)
        return {"score": report.supported_rate, "value": report.status.value, "reasoning": _reason(report)}

    def __call__(self, *, outputs: Any, context: Any = None, **_: Any) -> dict[str, Any]:
        """`outputs` is checked against `context`: strings, a list of strings, or dictionaries that hold one."""
        report = self._check(_plain(context), _plain(outputs))
        return {"key": "groundedness", "score": report.supported_rate, "comment": _reason(report)}


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What LlamaIndex's evaluators give, field for field."""

    query: str | None
    contexts: tuple[str, ...]
    response: str
    passing: bool
    feedback: str
    score: float


class LlamaIndexFaithfulness(_Faithfulness):
    """In place of LlamaIndex's `FaithfulnessEvaluator`."""

    def evaluate(
        self,
        query: str | None = None,
        response: str | None = None,
        contexts: Sequence[str] | None = None,
        **_: Any,
    ) -> EvaluationResult:
        """`response` is checked against `contexts`; it passes where every claim is supported."""
        report = self._check(contexts, response)
        return EvaluationResult(
            query=query,
            contexts=tuple(source.text for source in report.sources),
            response=report.text,
            passing=report.status is Status.SUPPORTED,
            feedback=_reason(report),
            score=report.supported_rate,
        )

    async def aevaluate(
        self, query: str | None = None, response: str | None = None, contexts: Sequence[str] | None = None, **_: Any
    ) -> EvaluationResult:
        return self.evaluate(query, response, contexts)

    def __call__(
        self, query: str | None = None, response: str | None = None, contexts: Sequence[str] | None = None, **_: Any
    ) -> EvaluationResult:
        return self.evaluate(query, response, contexts)


def _field(sample: Any, name: str) -> Any:
    """An attribute or an entry of what a tool hands over."""
    value = sample.get(name) if isinstance(sample, dict) else getattr(sample, name, None)
    if value is None:
        raise UsageError(f"{type(sample).__name__} has no {name}")
    return value


def _plain(value: Any) -> Any:
    """The text or texts within a dictionary of one entry."""
    if isinstance(value, dict):
        if len(value) != 1:
            raise UsageError(f"expected one entry, got {sorted(map(str, value))}; pass the text itself")
        return next(iter(value.values()))
    return value


def _reason(report: CheckReport) -> str:
    faults = [f"{claim.status}: {claim.statement}" for claim in report.claims if claim.status is not Status.SUPPORTED]
    return "; ".join(faults) if faults else "every claim is supported"
