"""From a judge and a pair to an explanation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuili.data.shown import shown
from tuili.errors import InputError, InvalidPair, UsageError
from tuili.explanation.attribution import PERMUTATIONS, leave_one_out, shapley
from tuili.explanation.contrast import smallest_edit
from tuili.explanation.evidence import evidence_of
from tuili.explanation.explanation import Explanation
from tuili.explanation.faithfulness import measure
from tuili.explanation.sentence import in_words
from tuili.explanation.weights import weigh
from tuili.types import Pair

if TYPE_CHECKING:
    from tuili.explanation.attribution import Attribution
    from tuili.types import Judge, Verdict

STEPS = 64
METHODS = ("evidence", "leave_one_out", "shapley", "integrated_gradients")


def explain(
    judge: Judge,
    pair: tuple[str, str],
    *,
    method: str = "evidence",
    draws: int = 1,
    edit: bool = False,
    permutations: int = PERMUTATIONS,
    steps: int = STEPS,
    seed: int = 0,
) -> Explanation:
    """Why a judge says what it says of a pair.

    Args:
        judge: Any judge. One that is `Occludable`, such as the embedded engine, gives evidence cheaply.
        pair: `(premise, hypothesis)`.
        method: How words are weighed. `evidence` hides them; `leave_one_out` deletes them one by one; `shapley` samples
            their Shapley values; `integrated_gradients` follows the gradients of a checkpoint.
        draws: How often random words are drawn to compare the evidence with; 0: faithfulness is not measured.
        edit: Whether to look for the smallest edit that flips the verdict; it takes some thirty readings more.
        permutations: Of `shapley`, see there.
        steps: Of `integrated_gradients`: points on the way from the baseline.
        seed: Of everything that is drawn.

    Raises:
        InputError: The pair can't be judged.
        UsageError: An option that can't be.
        MissingExtra: Integrated gradients without the `explain` extra.
    """
    check_options(method=method, draws=draws, permutations=permutations, steps=steps)
    verdict = _verdict(judge, pair)
    return explain_verdict(
        judge,
        Pair(*pair),
        verdict,
        method=method,
        draws=draws,
        edit=edit,
        permutations=permutations,
        steps=steps,
        seed=seed,
    )


def check_options(*, method: str, draws: int, permutations: int = PERMUTATIONS, steps: int = STEPS) -> None:
    """Raises UsageError for options that can't be."""
    if method not in METHODS:
        raise UsageError(f"{method!r} is no method; allowed are {', '.join(METHODS)}")
    if type(draws) is not int or draws < 0:
        raise UsageError(f"draws must be a whole number, 0 or more, got {draws!r}")
    if type(permutations) is not int or permutations < 2 or permutations % 2:
        raise UsageError(f"permutations must be an even number, 2 or more, got {permutations!r}")
    if type(steps) is not int or steps < 1:
        raise UsageError(f"steps must be a whole number, 1 or more, got {steps!r}")


def explain_verdict(
    judge: Judge,
    pair: Pair,
    verdict: Verdict,
    *,
    method: str = "evidence",
    draws: int = 1,
    edit: bool = False,
    permutations: int = PERMUTATIONS,
    steps: int = STEPS,
    seed: int = 0,
) -> Explanation:
    """`explain` for a verdict that this judge has given already; the options are those of `explain`, unchecked."""
    attribution = _attribution(judge, pair, verdict, method, permutations=permutations, steps=steps, seed=seed)
    explained = replace(verdict, evidence=evidence_of(pair, attribution))
    return Explanation(
        pair=pair,
        verdict=explained,
        method=method,
        attribution=attribution,
        sentence=in_words(explained),
        faithfulness=measure(judge, pair, verdict, explained.evidence, draws=draws, seed=seed) if draws else None,
        edit=smallest_edit(judge, pair, verdict, attribution) if edit else None,
    )


def _verdict(judge: Judge, pair: tuple[str, str]) -> Verdict:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InputError(f"a pair is (premise, hypothesis), got {type(pair).__name__}: {shown(str(pair))}")
    try:
        return judge.judge([pair])[0]
    except InvalidPair as error:
        raise InputError(f"{error.field}: {error.reason}" if error.field else error.reason) from error


def _attribution(
    judge: Judge, pair: Pair, verdict: Verdict, method: str, *, permutations: int, steps: int, seed: int
) -> Attribution:
    if method == "evidence":
        return weigh(judge, pair, verdict)
    if method == "leave_one_out":
        return leave_one_out(judge, pair, verdict)
    if method == "shapley":
        return shapley(judge, pair, verdict, permutations=permutations, seed=seed)
    from tuili.explanation.gradients import integrated_gradients

    return integrated_gradients(judge, pair, verdict, steps=steps)
