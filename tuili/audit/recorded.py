"""A judge whose every verdict is on record before anybody sees it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tuili.audit.environment import environment
from tuili.audit.log import Draft
from tuili.errors import InvalidPair, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.audit.log import Log
    from tuili.errors import DataError
    from tuili.types import Judge, Verdict

_PASSED = ("provenance", "occlude")  # methods that give no verdict


class Recorded:
    """A judge that appends one record a verdict to a log, and only then returns them.

    Pairs that the judge refuses are records too, and so are all pairs of a call that failed. If a record can't be
    written, there is no verdict: `judge` raises AuditError.

    What the judge says of itself (`model`, `labels`, `threshold`, …) is passed on; its methods are not, since one that
    gives verdicts would get around the log.
    """

    def __init__(self, judge: Judge, log: Log) -> None:
        """Put `log` behind `judge`; closing the log stays with whoever opened it."""
        self._judge = judge
        self._log = log

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """The judge's verdicts, once they are on record.

        Raises:
            AuditError: They can't be recorded.
            TuiliError: As the judge does; that is on record too.
        """
        listed = _listed(pairs)
        start = time.monotonic_ns()
        try:
            verdicts = self._judge.judge(listed)
            drafts = self._verdicts(listed, verdicts)
        except InvalidPair as error:
            self._record([self._refused(listed, problem) for problem in (error, *error.also)], listed, start)
            raise
        except Exception as error:
            asked = listed if isinstance(listed, list) else [listed]
            self._record([Draft("failed", {"error": self._error(error)}, pair) for pair in asked], listed, start)
            raise
        self._record(drafts, listed, start)
        return verdicts

    def note_refused(self, errors: Sequence[DataError]) -> None:
        """Record rows of a file or stream that were refused before they became pairs.

        Raises:
            AuditError: They can't be recorded.
        """
        refused = [Draft("refused", {"error": {**self._error(e), "field": e.field, "row": e.row}}) for e in errors]
        self._record(refused, None, time.monotonic_ns())

    def _record(self, drafts: list[Draft], listed: object, start: int) -> None:
        pairs = len(listed) if isinstance(listed, list) else None
        call = {"elapsed_us": (time.monotonic_ns() - start) // 1000, "pairs": pairs}
        stamped = [Draft(draft.kind, {**draft.what, "call": call}, draft.pair) for draft in drafts]
        self._log.append(stamped, engine=self._engine())

    def _engine(self) -> dict[str, Any]:
        """What gives the verdicts: as much as it says of itself, and where it runs."""
        judge = self._judge
        if hasattr(judge, "provenance"):
            said = dict(judge.provenance())
        else:
            said = {"model": str(getattr(judge, "model", getattr(judge, "name", type(judge).__name__)))}
        return {"environment": environment(), "judge": type(judge).__name__, **said}

    def _verdicts(self, listed: Any, verdicts: list[Verdict]) -> list[Draft]:
        if len(verdicts) != len(listed):
            raise ModelError(f"the judge gave {len(verdicts)} verdicts on {len(listed)} pairs")
        return [self._verdict(pair, verdict) for pair, verdict in zip(listed, verdicts, strict=True)]

    def _verdict(self, pair: object, verdict: Verdict) -> Draft:
        value = verdict.to_dict()
        if self._log.texts != "plain":
            # Evidence quotes the texts; where they are can be told without.
            quotes = [{k: v for k, v in item.items() if k != "text"} for item in value.get("evidence", [])]
            value["evidence"] = quotes
        if value["coverage"] == 1:
            value["coverage"] = 1  # the same number in JSON, and the faster one to write
        hexadecimal = {label.value: float(p).hex() for label, p in verdict.probabilities.items()}
        return Draft("verdict", {"hex": hexadecimal, "verdict": value}, pair)

    def _refused(self, listed: object, problem: InvalidPair) -> Draft:
        inside = isinstance(listed, list) and 0 <= problem.index < len(listed)
        pair = listed[problem.index] if isinstance(listed, list) and inside else listed
        return Draft("refused", {"error": {**self._error(problem), "field": problem.field}}, pair)

    def _error(self, error: Exception) -> dict[str, Any]:
        said = {"class": type(error).__name__}
        # A message may quote the texts.
        return {**said, "message": _printable(error)} if self._log.texts == "plain" else said

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._judge, name)
        if callable(value) and name not in _PASSED:
            raise AttributeError(f"{name} of the judge is not passed on: what it gives would not be recorded")
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a recorded judge stays in its process; open the log in the other, and wrap the judge there")


def _listed(pairs: Any) -> Any:
    """The pairs as a list, so that they can be looked at twice; what is not pairs, as it is: the judge says so."""
    return list(pairs) if isinstance(pairs, Iterable) and not isinstance(pairs, str) else pairs


def _printable(error: Exception) -> str:
    return str(error).encode("utf-8", "backslashreplace").decode()[:1000]
