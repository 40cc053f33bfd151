"""A judge that would rather not decide: for uses where a wrong verdict costs more than none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuili.engine.usual import unusual
from tuili.errors import ModelError, TuiliError, UsageError
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tuili.calibration import Usual
    from tuili.types import Judge, Verdict

LANGUAGE_MODELS = ("openai:",)
"""How the names of models begin that answer in words that were not calibrated; they don't decide alone."""


class HighStakes:
    """Passes verdicts on, and takes the decision back where there is any reason to.

    A verdict stays decided only if the judge decided it, all of both texts was read, the pair is like those that the
    judge was calibrated on, and a second judge, if there is one, decided the same label. Elsewhere the label stands,
    `decided` is false, and the prediction set holds all labels. A judge that fails raises its error, as ever: no
    verdict is made up. A second judge that fails leaves all pairs of that call undecided.

    Attributes:
        first: Whose verdicts they are.
        second: Who must agree.
    """

    def __init__(self, judge: Judge, *, second: Judge | None = None, usual: Usual | None = None) -> None:
        """Put it in front of a judge.

        Args:
            judge: Whose verdicts they are; best an engine that was loaded with `max_risk`.
            second: A judge of another make, if there is one. A language model may be one of the two, not both.
            usual: What pairs the judge was calibrated on; by default, what its own `calibration` says.

        Raises:
            UsageError: Nobody knows what the judge was calibrated on, or only language models would decide.
        """
        found = usual if usual is not None else getattr(getattr(judge, "calibration", None), "usual", None)
        if found is None:
            raise UsageError(
                "this judge does not know what it was calibrated on, so unusual pairs can't be told; use a bundle that "
                "tuili calibrate wrote, or give usual"
            )
        if _is_language_model(judge) and (second is None or _is_language_model(second)):
            raise UsageError("language models don't decide alone where stakes are high; give a judge of another make")
        self.first = judge
        self.second = second
        self.usual: Usual = found

    @property
    def model(self) -> str:
        return str(getattr(self.first, "model", type(self.first).__name__))

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """One verdict for each pair, in order.

        Raises:
            InvalidPair: One of the pairs can't be judged.
            ModelError: The judge gave something other than one verdict for each pair.
        """
        given = [Pair(*pair) for pair in pairs]
        verdicts = self.first.judge(given)
        if len(verdicts) != len(given):
            raise ModelError(
                f"the judge gave {len(verdicts)} verdicts on {len(given)} pairs; it must give one for each"
            )
        others = self._second_opinions(given)
        return [self._held_back(*row) for row in zip(given, verdicts, others, strict=True)]

    def _second_opinions(self, pairs: Sequence[Pair]) -> Sequence[Verdict | None]:
        """What the second judge says; None for all where it fails, or gives something other than it should."""
        if self.second is None or not pairs:
            return [None] * len(pairs)
        try:
            said = self.second.judge(pairs)
        except TuiliError:
            return [None] * len(pairs)
        return said if len(said) == len(pairs) else [None] * len(pairs)

    def _held_back(self, pair: Pair, verdict: Verdict, other: Verdict | None) -> Verdict:
        agreed = self.second is None or (other is not None and other.decided and other.label == verdict.label)
        # a cascade's verdict carries the name of the judge that gave it
        agreed &= not all(v.model.startswith(LANGUAGE_MODELS) for v in (verdict, other) if v is not None)
        if verdict.decided and verdict.coverage == 1 and agreed and not unusual(pair, verdict, self.usual):
            return verdict
        return replace(verdict, decided=False, prediction_set=frozenset(verdict.probabilities))


def _is_language_model(judge: Judge) -> bool:
    return str(getattr(judge, "model", "")).startswith(LANGUAGE_MODELS)
