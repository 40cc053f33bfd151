"""Verdicts and judges made up for these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tuili.types import THREE_WAY, TWO_WAY, Label, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

E, N, C, NOT = Label.ENTAILMENT, Label.NEUTRAL, Label.CONTRADICTION, Label.NOT_ENTAILMENT


def verdict(*probabilities: float, model: str = "made-up", decided: bool = True, coverage: float = 1.0) -> Verdict:
    """Three probabilities: entailment, neutral, contradiction. Two: entailment and not."""
    labels = THREE_WAY if len(probabilities) == 3 else TWO_WAY
    best = labels[int(np.argmax(probabilities))]
    rows = dict(zip(labels, map(float, probabilities), strict=True))
    return Verdict(best, rows, decided, frozenset([best]), coverage, model)


def random_rows(n: int, k: int, seed: int = 0) -> np.ndarray:
    """Random probabilities, `(n, k)`."""
    return np.random.default_rng(seed).dirichlet(np.ones(k), size=n)


def random_gold(n: int, k: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + 1000).integers(k, size=n)


class Table:
    """A judge that looks the hypothesis up, and remembers how many pairs it was handed each time."""

    def __init__(self, answers: dict[str, Verdict]) -> None:
        self.answers = answers
        self.calls: list[int] = []

    def judge(self, pairs: Iterable[tuple[str, str]], /) -> list[Verdict]:
        given = list(pairs)
        self.calls.append(len(given))
        return [self.answers[hypothesis] for _, hypothesis in given]


@st.composite
def judged(draw: st.DrawFn, *, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities `(n, k)` and gold labels `(n,)`, with many equal confidences where ties are wanted."""
    n, k = draw(st.integers(1, 40)), draw(st.integers(2, 4))
    weight = st.sampled_from([0.0, 0.25, 0.5, 1.0]) if ties else st.floats(0.0, 1.0, width=32)
    weights = draw(hnp.arrays(np.float64, (n, k), elements=weight)) + 1e-3
    gold = draw(hnp.arrays(np.int64, (n,), elements=st.integers(0, k - 1)))
    return weights / weights.sum(axis=1, keepdims=True), gold


def shuffled(rows: Sequence[np.ndarray], seed: int = 3) -> list[np.ndarray]:
    order = np.random.default_rng(seed).permutation(len(rows[0]))
    return [row[order] for row in rows]
