"""A judge whose verdicts carry their evidence, for everything that takes a judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.explanation.explain import check_options, explain_verdict
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuili.explanation.explanation import Explanation
    from tuili.types import Judge, Verdict

_PASSED = ("provenance", "occlude")  # methods that give no verdict


class WithEvidence:
    """Any judge, with `evidence` in each of its verdicts.

        >>> import tuili
        >>> judge = WithEvidence(tuili.load())
        >>> [found.text for found in judge.judge([("A man is sleeping.", "A man is running.")])[0].evidence]
        ['sleeping', 'running']

    What the judge says of itself (`model`, `labels`, `threshold`) is passed on.

    Attributes:
        explained: The explanations of the last call, in order; keep to one thread if you read them.
    """

    evidence = True  # part of what identifies a run over a file

    def __init__(
        self, judge: Judge, *, method: str = "evidence", draws: int = 0, edit: bool = False, seed: int = 0
    ) -> None:
        """Explain each verdict of `judge`; the options are those of `explain`, which raises for those that can't be."""
        check_options(method=method, draws=draws)
        self._judge = judge
        self._options: dict[str, Any] = {"method": method, "draws": draws, "edit": edit, "seed": seed}
        self.explained: list[Explanation] = []

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """The judge's verdicts, each with its evidence.

        Raises:
            TuiliError: As the judge does.
        """
        listed = list(pairs)
        verdicts = self._judge.judge(listed)
        self.explained = [
            explain_verdict(self._judge, Pair(*pair), verdict, **self._options)
            for pair, verdict in zip(listed, verdicts, strict=True)
        ]
        return [explanation.verdict for explanation in self.explained]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._judge, name)
        if callable(value) and name not in _PASSED:
            raise AttributeError(f"{name} of the judge is not passed on: its verdicts would carry no evidence")
        return value
