"""The path of a pair: check, read, combine, calibrate, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.data.text import check_text
from tuili.engine.combine import decisive_mean
from tuili.errors import InvalidPair, InvalidText
from tuili.types import Pair, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from tuili.engine.reading import Reader, Reading
    from tuili.types import Label


class Engine:
    """Judges pairs with one model. Thread-safe; pickles as the arguments that it was loaded with.

    Attributes:
        model: The model's name and digest, as verdicts carry them.
        labels: The model's labels.
        temperature: What log-probabilities are divided by (Guo et al. 2017); fitted, not chosen.
        threshold: Confidence from which on a verdict counts as decided.
        sharpness: How a long premise's windows are weighed, see `combine`.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        model: str,
        labels: tuple[Label, ...],
        temperature: float = 1.0,
        threshold: float = 0.0,
        sharpness: float = 1.0,
        origin: tuple[Callable[..., Engine], tuple[Any, ...]] | None = None,
    ) -> None:
        self.model = model
        self.labels = labels
        self.temperature = temperature
        self.threshold = threshold
        self.sharpness = sharpness
        self._reader = reader
        self._origin = origin

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """One verdict for each pair, in order.

        Equal premises are read once, however often and wherever they occur. The same pair gets the same bits in
        any company.

        Raises:
            InvalidPair: One of the pairs can't be judged; nothing was scored.
        """
        checked = _check_pairs(pairs)
        if not checked:
            return []
        return [self._decide(reading) for reading in self._reader.read(checked)]

    def _decide(self, reading: Reading) -> Verdict:
        log_probs = decisive_mean(reading.log_probs, self.labels, sharpness=self.sharpness)
        probabilities = _calibrate(log_probs, self.temperature)
        best = int(probabilities.argmax())
        label = self.labels[best]
        decided = bool(probabilities[best] >= self.threshold)
        return Verdict(
            label=label,
            probabilities=dict(zip(self.labels, probabilities.tolist(), strict=True)),
            decided=decided,
            prediction_set=frozenset([label] if decided else self.labels),
            coverage=reading.coverage,
            model=self.model,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        if self._origin is None:
            raise TypeError("this engine was built from parts, and only one that came from tuili.load() can be pickled")
        return self._origin

    def __repr__(self) -> str:
        return f"<Engine {self.model}>"


def _calibrate(log_probs: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    scaled = log_probs / temperature
    exponentials = np.exp(scaled - scaled.max())
    return np.asarray(exponentials / exponentials.sum())


def _check_pairs(pairs: Iterable[object]) -> list[Pair]:
    checked: list[Pair] = []
    problems: list[InvalidPair] = []
    for index, pair in enumerate(pairs):
        try:
            checked.append(_check_pair(index, pair))
        except InvalidPair as error:
            problems.append(error)
    InvalidPair.raise_first(problems)
    return checked


def _check_pair(index: int, pair: object) -> Pair:
    """The pair as a `Pair` of readable texts, or InvalidPair."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        found = f"{type(pair).__name__} of {len(pair)}" if isinstance(pair, (tuple, list)) else type(pair).__name__
        raise InvalidPair(f"a pair is (premise, hypothesis), two strings; got {found}", index=index)
    for field, text in zip(Pair._fields, pair, strict=True):
        try:
            check_text(text, field)
        except InvalidText as error:
            raise InvalidPair(str(error), index=index, field=field) from None
    return Pair(*pair)
