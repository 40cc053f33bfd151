"""The path of a pair: check, read, combine, calibrate, decide."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.calibration import Map
from tuili.data.text import check_text
from tuili.engine.calibrate import calibrated, prediction_sets
from tuili.engine.combine import decisive_mean
from tuili.engine.familiar import unknown_words
from tuili.engine.occlusion import check_hidden, log_probs_by_deletion, posterior
from tuili.engine.provenance import provenance
from tuili.engine.reading import OccludingReader, Uncalibrated
from tuili.errors import InvalidPair, InvalidText, UsageError
from tuili.types import Pair, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tuili.calibration import Calibration
    from tuili.engine.reading import Reader, Reading
    from tuili.types import Label, Part


class Engine:
    """Judges pairs with one model. Thread-safe; pickles as the arguments that it was loaded with.

    Attributes:
        model: The model's name and digest, as verdicts carry them.
        labels: The model's labels.
        threshold: Confidence from which on a verdict counts as decided.
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
        calibration: Calibration | None = None,
        origin: tuple[Callable[..., Engine], tuple[Any, ...]] | None = None,
    ) -> None:
        """Put an engine together; `tuili.load` does it for you.

        Args:
            reader: The back end with its windows.
            model: See above; so for `labels` and `threshold`.
            temperature: What log-probabilities are divided by (Guo et al. 2017); fitted, not chosen.
            sharpness: How a long premise's windows are weighed, see `combine`.
            calibration: If there is one, it is applied in place of `temperature`.
            origin: How to make this engine again, for pickling.
        """
        self._reader = reader
        self._model = model
        self._labels = labels
        self._map = Map.plain(temperature) if calibration is None else calibration.map
        self._threshold = threshold
        self._sharpness = sharpness
        self._calibration = calibration
        self._origin = origin

    @property
    def model(self) -> str:
        return self._model

    @property
    def labels(self) -> tuple[Label, ...]:
        return self._labels

    @property
    def backend(self) -> object:
        """The back end, for explanations that look inside it."""
        return getattr(self._reader, "backend", None)

    @property
    def tokens_read(self) -> int | None:
        """Tokens of the texts that it was asked about so far, for a look at the load; None where nobody counts."""
        return getattr(self._reader, "tokens", None)

    @property
    def threshold(self) -> float:
        return self._threshold

    @property
    def calibration(self) -> Calibration | None:
        """The model's calibration record, if it has one: where confidence, sets and thresholds come from."""
        return self._calibration

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
        return self._decide(checked, self._reader.read(checked))

    def occlude(self, pair: tuple[str, str], hidden: Sequence[Part | Sequence[Part]]) -> NDArray[np.float64]:
        """What this engine would have said of the pair, had parts of it been hidden, see `types.Occludable`.

        With a prefix model (the embedded one) only the hypothesis side runs again. Other models read the cut text.

        Args:
            pair: The pair.
            hidden: A part each, or several that are hidden together.

        Returns:
            Calibrated log-probabilities, `(len(hidden), len(labels))`.

        Raises:
            InvalidPair: The pair can't be judged.
            UsageError: A part that is not in the pair.
        """
        whole = _check_pairs([pair])[0]
        parts = check_hidden(whole, hidden)
        if not parts:
            return np.empty((0, len(self._labels)))
        if not isinstance(self._reader, OccludingReader):
            return log_probs_by_deletion(self, whole, parts)
        return posterior(self._decide([whole] * len(parts), self._reader.occlude(whole, parts)))

    def uncalibrated(self, pairs: Iterable[tuple[str, str]]) -> list[Uncalibrated]:
        """What the model itself says of each pair, in order: what a calibration is fitted on.

        Raises:
            InvalidPair: One of the pairs can't be judged; nothing was scored.
        """
        checked = _check_pairs(pairs)
        readings = self._reader.read(checked) if checked else []
        return [
            Uncalibrated(row, len(reading.log_probs), reading.hypothesis_read, verdict)
            for row, reading, verdict in zip(
                self._combined(readings), readings, self._decide(checked, readings), strict=True
            )
        ]

    def _combined(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """*Shape:* `(readings, labels)`."""
        rows = [decisive_mean(reading.log_probs, self._labels, sharpness=self._sharpness) for reading in readings]
        return np.array(rows).reshape(len(rows), len(self._labels))

    def _decide(self, pairs: Sequence[Pair], readings: Sequence[Reading]) -> list[Verdict]:
        windows = np.array([len(reading.log_probs) for reading in readings], np.int64)
        unknown = None if self._map.familiar is None else unknown_words(pairs, self._map.familiar)
        probabilities = calibrated(self._combined(readings), windows, self._map, unknown)
        best = probabilities.argmax(axis=1)
        reached = probabilities[np.arange(len(best)), best] >= self._threshold
        sets = None if self._calibration is None else self._calibration.sets
        inside = None if sets is None else prediction_sets(probabilities, sets).tolist()
        verdicts = []
        for place, (reading, row) in enumerate(zip(readings, probabilities.tolist(), strict=True)):
            label = self._labels[best[place]]
            # Of a hypothesis that was not read to the end nobody can say what follows: the label stands, undecided.
            decided = reading.hypothesis_read and bool(reached[place])
            if not reading.hypothesis_read:
                possible = self._labels
            elif inside is not None:
                possible = tuple(compress(self._labels, inside[place]))
            else:  # without conformal sets, only deciding rules the other labels out
                possible = (label,) if decided else self._labels
            verdicts.append(
                Verdict(
                    label=label,
                    probabilities=dict(zip(self._labels, row, strict=True)),
                    decided=decided,
                    prediction_set=frozenset(possible),
                    coverage=reading.coverage,
                    model=self._model,
                )
            )
        return verdicts

    def provenance(self) -> dict[str, Any]:
        """What decides this engine's verdicts, JSON-ready: model, digest, options."""
        options = self._origin[1][0] if self._origin is not None and self._origin[1] else None
        backend = getattr(self._reader, "backend", None)
        return provenance(self, backend=backend, options=options, sharpness=self._sharpness)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._origin is None:
            raise TypeError("this engine was built from parts, and only one that came from tuili.load() can be pickled")
        return self._origin

    def __repr__(self) -> str:
        return f"<Engine {self.model}>"


def _check_pairs(pairs: Iterable[object]) -> list[Pair]:
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise UsageError(f"judge() takes (premise, hypothesis) pairs, got {type(pairs).__name__}")
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
    texts = []
    for field, text in zip(Pair._fields, pair, strict=True):
        try:
            texts.append(check_text(text, "text"))
        except InvalidText as error:
            raise InvalidPair(str(error), index=index, field=field) from None
    return Pair(*texts)
