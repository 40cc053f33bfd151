"""A back end and judge that says what it was told to: for tests, for documentation, and for your own tests."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tuili.errors import InvalidPair, InvalidText, UsageError
from tuili.reasoning.label_names import labels_ordered
from tuili.types import THREE_WAY, Label, Pair, Span, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

Answer: TypeAlias = Label | str | Mapping[Label, float] | Mapping[str, float]
"""A label, or a probability for each label; those left out get none."""

Script: TypeAlias = Mapping[tuple[str, str], Answer] | Callable[[str, str], Answer | None]
"""Answers by pair: a table, or a function, which may give None for pairs it does not know."""

CONFIDENCE = 0.9
"""Probability of a label that was given alone; the others share the rest."""

LEAST = 1e-6
"""Probability of a label that was given none. Logarithms must stay finite."""


class Scripted:
    """Answers from a table, a function, or the same for all.

        >>> judge = Scripted({("It rains.", "It is wet."): "entailment"}, default="neutral")
        >>> [verdict.label.value for verdict in judge.judge([("It rains.", "It is wet."), ("It rains.", "I sing.")])]
        ['entailment', 'neutral']

    Attributes:
        name: What verdicts carry as `model`.
        labels: In the order of the columns of `score`.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        default: Answer | None = None,
        labels: Sequence[Label | str] = THREE_WAY,
        name: str = "scripted",
        window: int | None = None,
        unreadable: str = "",
    ) -> None:
        """Say what to answer.

        Args:
            script: Answers by pair.
            default: The answer to all other pairs; None: they are an error.
            labels: Three-way or two-way, in any order.
            name: The name that verdicts carry.
            window: How many characters of a premise, or of a hypothesis, it reads at most; None: any number.
            unreadable: Characters that count as unread.

        Raises:
            UsageError: Answers or labels that can't be.
        """
        self.name = name
        self.labels = labels_ordered(labels, len(labels))
        self._script = script if script is not None else {}
        self._default = default
        self._window = window
        self._unreadable = frozenset(unreadable)
        if window is not None and window < 1:
            raise UsageError(f"window must be 1 or more, got {window}")
        known = list(script.values()) if isinstance(script, Mapping) else []
        for answer in [*known, *([default] if default is not None else [])]:
            self._log_probs(answer)

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Log-probabilities. *Shape:* `(len(pairs), len(labels))`.

        Raises:
            UsageError: A pair that neither the script nor a default answers.
            InvalidPair: A text longer than `window`.
        """
        for index, pair in enumerate(pairs):
            for field, text in zip(Pair._fields, pair, strict=True):
                if self._window is not None and len(text) > self._window:
                    reason = f"{len(text)} characters, and at most {self._window} can be read in one go"
                    raise InvalidPair(reason, index=index, field=field)
        rows = [self._log_probs(self._answer(premise, hypothesis)) for premise, hypothesis in pairs]
        return np.array(rows, np.float32).reshape(len(pairs), len(self.labels))

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """Verdicts as scripted: uncalibrated, always decided."""
        checked = [Pair(*pair) for pair in pairs]
        rows = np.exp(self.score(checked).astype(np.float64))
        return [self._verdict(pair, row) for pair, row in zip(checked, rows, strict=True)]

    def windows(self, premise: str) -> list[Span]:
        """Whole words, as many as fit; a word that is longer than a window is cut."""
        if self._window is None or len(premise) <= self._window:
            return [Span(0, len(premise))]
        spans = []
        start = 0
        while start < len(premise):
            end = min(start + self._window, len(premise))
            if end < len(premise) and (gap := re.search(r".*\s", premise[start:end], re.DOTALL)):
                end = start + gap.end()
            spans.append(Span(start, end))
            start = end
        return spans

    def check_hypothesis(self, hypothesis: str) -> None:
        """Raises InvalidText where the hypothesis is longer than `window`."""
        if self._window is not None and len(hypothesis) > self._window:
            raise InvalidText(f"the hypothesis has {len(hypothesis)} characters; at most {self._window} can be read")

    def coverage(self, text: str) -> float:
        """Share of the text's characters, white space aside, that are not `unreadable`."""
        visible = [character for character in text if not character.isspace()]
        return sum(c not in self._unreadable for c in visible) / len(visible) if visible else 1.0

    def _answer(self, premise: str, hypothesis: str) -> Answer:
        if isinstance(self._script, Mapping):
            answer = self._script.get((premise, hypothesis))
        else:
            answer = self._script(premise, hypothesis)
        if answer is None:
            answer = self._default
        if answer is None:
            raise UsageError(
                f"nothing is scripted for the pair ({premise!r}, {hypothesis!r}); add it, or give a default"
            )
        return answer

    def _log_probs(self, answer: Answer) -> NDArray[np.float64]:
        """*Shape:* `(len(labels),)`."""
        if isinstance(answer, Mapping):
            given = {str(label): p for label, p in answer.items()}
        else:
            share = (1 - CONFIDENCE) / (len(self.labels) - 1)
            given = {**dict.fromkeys(map(str, self.labels), share), str(answer): CONFIDENCE}
        if not set(given) <= set(self.labels):
            raise UsageError(f"scripted {sorted(given)}; allowed are {[label.value for label in self.labels]}")
        if not all(math.isfinite(p) and p >= 0 for p in given.values()) or abs(sum(given.values()) - 1) > LEAST:
            raise UsageError(f"scripted {given}: probabilities are 0 or more and sum to 1")
        probabilities = np.maximum([given.get(label, 0.0) for label in self.labels], LEAST)
        return np.asarray(np.log(probabilities / probabilities.sum()))

    def _verdict(self, pair: Pair, row: NDArray[np.float64]) -> Verdict:
        label = self.labels[int(row.argmax())]
        return Verdict(
            label=label,
            probabilities=dict(zip(self.labels, (row / row.sum()).tolist(), strict=True)),
            decided=True,
            prediction_set=frozenset([label]),
            coverage=self.coverage(pair.premise),
            model=self.name,
        )
