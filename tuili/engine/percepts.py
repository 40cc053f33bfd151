"""How a prefix back end is used: each premise window is perceived once, whoever asks about it.

Work is done in stages of bounded size, so that a call with a million pairs or a premise of a million words
holds only so many percepts at a time. What fits is kept for the next call, by last use.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.engine.occlusion import occluded_readings
from tuili.engine.reading import Reading, unreadable
from tuili.errors import InvalidPair
from tuili.perception.characters import keeps_every_character
from tuili.perception.sentences import split_sentences
from tuili.perception.windows import coverage, cut_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tuili.reasoning.embedded import Embedded, Percept
    from tuili.types import Pair, Part

STAGE_TOKENS = 2048
"""Premise tokens whose percepts are held at a time, in all threads together."""
LEAST_STAGE = 192
"""Premise tokens that are worth a stage of their own, where stages are made small to end together."""


class PerceptCache:
    """Percepts by the tokens of their window, bounded in bytes; the least recently used go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._percepts: OrderedDict[bytes, Percept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes) -> Percept | None:
        with self._lock:
            percept = self._percepts.get(key)
            if percept is not None:
                self._percepts.move_to_end(key)
            return percept

    def put(self, key: bytes, percept: Percept) -> None:
        if percept.nbytes > self.limit:
            return
        # A copy: the states are a slice of a whole batch, which would stay in memory with them.
        kept = replace(percept, states=percept.states.copy())
        with self._lock:
            old = self._percepts.pop(key, None)
            self.nbytes += kept.nbytes - (old.nbytes if old else 0)
            self._percepts[key] = kept
            while self.nbytes > self.limit:
                self.nbytes -= self._percepts.popitem(last=False)[1].nbytes


@dataclass(frozen=True, slots=True)
class Premise:
    """A premise cut to windows. `windows` are indices into the call's list of distinct windows."""

    windows: list[int]
    coverage: float


class PerceptReader:
    """Pairs to readings, through a prefix back end."""

    def __init__(self, backend: Embedded, *, cache_bytes: int) -> None:
        self.backend = backend
        self.cache = PerceptCache(cache_bytes)
        self.tokens = 0  # of distinct windows and hypotheses of each call, cached ones included; a gauge, not a bill

    def read(self, pairs: Sequence[Pair]) -> list[Reading]:
        """One reading for each pair, in order.

        Raises:
            InvalidPair: A hypothesis is longer than the model's hypothesis window, or a text is unreadable.
        """
        hypotheses, hypothesis_of = self._hypotheses(pairs)
        windows: list[NDArray[Any]] = []
        premises, premise_of = self._premises(pairs, windows)
        self.tokens += sum(map(len, windows)) + sum(map(len, hypotheses))
        asked: list[dict[int, None]] = [{} for _ in windows]  # hypotheses put to each window, once each
        for premise, hypothesis in zip(premise_of, hypothesis_of, strict=True):
            for window in premises[premise].windows:
                asked[window].setdefault(hypothesis)
        unknown = self.backend.tokeniser.unk

        def reason(stage: list[int]) -> dict[tuple[int, int], NDArray[np.float32]]:
            return self._reason(stage, windows, asked, hypotheses)

        workers = self.backend.workers
        stages = list(_stages([len(window) for window in windows], STAGE_TOKENS // workers.free, workers.free))
        answers = {key: row for found in workers.map(reason, stages) for key, row in found.items()}
        return [
            Reading(
                np.stack([answers[window, h] for window in premises[p].windows]),
                premises[p].coverage,
                hypothesis_read=unknown not in hypotheses[h] and keeps_every_character(pair.hypothesis),
            )
            for pair, p, h in zip(pairs, premise_of, hypothesis_of, strict=True)
        ]

    def occlude(self, pair: Pair, hidden: Sequence[Sequence[Part]]) -> list[Reading]:
        """What the back end says of the pair with each of `hidden` hidden; the premise is perceived once.

        Raises:
            InvalidPair: As `read` does.
            UsageError: A part that is not in the pair.
        """
        self._hypotheses([pair])
        self._premises([pair], [])
        return occluded_readings(self.backend, self._percepts, pair, hidden)

    def _hypotheses(self, pairs: Sequence[Pair]) -> tuple[list[list[int]], list[int]]:
        """Token ids of the distinct hypotheses, and which one each pair has."""
        numbers: dict[str, int] = {}
        hypothesis_of = [numbers.setdefault(pair.hypothesis, len(numbers)) for pair in pairs]
        hypotheses = self.backend.tokeniser.ids_of(list(numbers))
        InvalidPair.raise_first(
            [
                problem
                for index, number in enumerate(hypothesis_of)
                if (problem := self._problem(index, hypotheses[number])) is not None
            ]
        )
        return hypotheses, hypothesis_of

    def _problem(self, index: int, hypothesis: Sequence[int]) -> InvalidPair | None:
        """Why a hypothesis can't be judged, if it can't."""
        most = self.backend.hypothesis_window
        if len(hypothesis) > most:
            reason = (
                f"the hypothesis has {len(hypothesis)} tokens, and this model reads at most {most}; "
                "split it into shorter statements"
            )
            return InvalidPair(reason, index=index, field="hypothesis")
        if all(token == self.backend.tokeniser.unk for token in hypothesis):
            return unreadable(index, "hypothesis")
        return None

    def _premises(self, pairs: Sequence[Pair], windows: list[NDArray[Any]]) -> tuple[list[Premise], list[int]]:
        """The distinct premises, and which one each pair has. Their distinct windows are added to `windows`."""
        numbers: dict[str, int] = {}
        premise_of = [numbers.setdefault(pair.premise, len(numbers)) for pair in pairs]
        known: dict[bytes, int] = {}

        def place(ids: NDArray[Any]) -> int:
            found = known.setdefault(ids.tobytes(), len(windows))
            if found == len(windows):
                windows.append(ids)
            return found

        premises = []
        for text, ids in zip(numbers, self.backend.tokeniser.ids_of(list(numbers)), strict=True):
            whole, read = self._cut(text, ids)
            premises.append(Premise([place(window) for window in whole], read))
        unread = {number for number, premise in enumerate(premises) if premise.coverage == 0}
        InvalidPair.raise_first(
            [unreadable(index, "premise") for index, number in enumerate(premise_of) if number in unread]
        )
        return premises, premise_of

    def _cut(self, text: str, ids: list[int]) -> tuple[list[NDArray[Any]], float]:
        """The windows of a premise, and its coverage. Most premises are short and plain, and need no offsets."""
        size, tokeniser = self.backend.premise_window, self.backend.tokeniser
        if len(ids) <= size and tokeniser.unk not in ids and keeps_every_character(text):
            return [np.array(ids, np.int32)], 1.0
        tokens = tokeniser.encode(text)
        sentences = split_sentences(text) if len(tokens) > size else []
        windows = cut_windows(tokens, sentences, size=size, overlap=self.backend.overlap)
        return [tokens.ids[window.start_token : window.end_token] for window in windows], coverage(text, tokens)

    def _reason(
        self,
        stage: list[int],
        windows: Sequence[NDArray[Any]],
        asked: Sequence[dict[int, None]],
        hypotheses: Sequence[Sequence[int]],
    ) -> dict[tuple[int, int], NDArray[np.float32]]:
        """Log-probabilities by window and hypothesis, for the windows of one stage."""
        percepts = self._percepts([windows[window] for window in stage])
        asks = [(place, hypothesis) for place, window in enumerate(stage) for hypothesis in asked[window]]
        log_probs = self.backend.score_percepts(
            percepts, [hypotheses[hypothesis] for _, hypothesis in asks], [place for place, _ in asks]
        )
        return {(stage[place], hypothesis): row for (place, hypothesis), row in zip(asks, log_probs, strict=True)}

    def _percepts(self, windows: Sequence[NDArray[Any]]) -> list[Percept]:
        """Percepts from the cache where it has them, from the model where it does not."""
        keys = [window.tobytes() for window in windows]
        percepts = [self.cache.get(key) for key in keys]
        missing = [index for index, percept in enumerate(percepts) if percept is None]
        for index, percept in zip(missing, self.backend.perceive([windows[i] for i in missing]), strict=True):
            percepts[index] = percept
            self.cache.put(keys[index], percept)
        return [percept for percept in percepts if percept is not None]


def _stages(lengths: Sequence[int], most: int, workers: int) -> Iterator[list[int]]:
    """Indices in runs of about `most` tokens, shortest windows first so that neighbours share a shape.

    Towards the end runs get smaller, so that no worker waits long for the last one: guided self-scheduling
    (Polychronopoulos & Kuck 1987). What fits into one run stays together, and is divided among workers inside.
    """
    left = sum(lengths)
    guided = workers > 1 and left > most
    stage: list[int] = []
    tokens = 0
    for index in sorted(range(len(lengths)), key=lambda index: (lengths[index], index)):
        limit = min(most, max(LEAST_STAGE, left // (2 * workers))) if guided else most
        if stage and tokens + lengths[index] > limit:
            yield stage
            left -= tokens
            stage, tokens = [], 0
        stage.append(index)
        tokens += lengths[index]
    if stage:
        yield stage
