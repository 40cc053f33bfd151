"""Scores pairs with a language model behind any server that speaks OpenAI's chat completions.

A pair is one request. Where the server gives log-probabilities, those of the label tokens are the scores; elsewhere
the model writes probabilities as JSON. Whatever else comes back, or nothing, is an abstention: even log-probabilities,
and a reason. No label is ever guessed.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import InvalidPair, InvalidText, UsageError
from tuili.perception.sentences import split_sentences
from tuili.reasoning.label_names import labels_ordered
from tuili.reasoning.llm_address import parse_address
from tuili.reasoning.llm_patience import Patience
from tuili.reasoning.llm_prompt import Mode, request
from tuili.reasoning.llm_reasons import Reason, Unanswered
from tuili.reasoning.llm_reply import Completion, completion, read
from tuili.reasoning.llm_tape import Take, key_of
from tuili.reasoning.llm_usage import Meter
from tuili.types import Label, Pair, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.reasoning.llm_http import Reply, Wire
    from tuili.reasoning.llm_tape import Tape
    from tuili.reasoning.llm_usage import Usage

LABELS = (Label.NEUTRAL, Label.ENTAILMENT, Label.CONTRADICTION)
"""Neutral first: of equal probabilities the first is the label, and where nothing is known nothing follows."""

HYPOTHESIS = 2000
"""Characters of the longest hypothesis."""

_PROBE = Pair("A man is sleeping on a bench.", "A person is asleep.")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a language model is asked.

    Attributes:
        mode: `logprobs`, `json`, or None: the first request, about a pair of ours, finds out.
        deadline: Seconds for one pair, retries and waiting included.
        concurrency: How many requests are under way at once, over all threads.
        window: Characters of a premise that go into one request; a longer one is asked about in several.
        rest: Seconds for which a server that failed five times in a row is left alone.
        prices: Of a million prompt tokens and a million completion tokens, for `usage.cost`.
    """

    mode: Mode | None = None
    deadline: float = 30.0
    concurrency: int = 4
    window: int = 12_000
    rest: float = 30.0
    prices: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.mode not in (None, "logprobs", "json"):
            raise UsageError(f"mode must be 'logprobs', 'json' or None, got {self.mode!r}")
        for name, low, high in (("deadline", 0.01, 3600.0), ("rest", 0.01, 86400.0)):
            value = getattr(self, name)
            if type(value) not in (int, float) or not low <= value <= high:
                raise UsageError(f"{name} must be from {low:g} to {high:g} seconds, got {value!r}")
        for name, least, most in (("concurrency", 1, 256), ("window", 200, 1_000_000)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise UsageError(f"{name} must be a whole number from {least} to {most}, got {value!r}")
        if self.prices is not None and not all(math.isfinite(price) and price >= 0 for price in self.prices):
            raise UsageError(f"prices must be two numbers, 0 or more, got {self.prices!r}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one pair. *Shape:* `log_probs` `(labels,)`, all equal where there is a `reason` for having none."""

    log_probs: NDArray[np.float32]
    reason: Reason | None


class LanguageModel:
    """One model of one server. Any number of threads may ask.

    Attributes:
        name: `openai:model@host:port`.
        labels: In the order of the columns of `score`.
    """

    def __init__(
        self,
        address: str,
        *,
        labels: Sequence[Label | str] = LABELS,
        settings: Settings | None = None,
        wire: Wire | None = None,
        tape: Tape | None = None,
        replay: Tape | None = None,
    ) -> None:
        """Name the model. Nothing is asked yet.

        Args:
            address: `openai:http://host:port/v1#model`. A key for it is in the environment: `TUILI_LLM_KEY`.
            labels: Three-way or two-way.
            settings: How it is asked.
            wire: Carries requests; by default, HTTP to the address.
            tape: Takes down what comes back.
            replay: What came back before; then nothing is sent.

        Raises:
            UsageError: An address or option that can't be.
            MissingExtra: Without the `llm` extra.
        """
        where = parse_address(address)
        self.name = where.name
        self.labels = labels_ordered(labels, len(labels))
        self._model = where.model
        self._settings = settings or Settings()
        self._meter = Meter(self._settings.prices)
        self._tape = tape
        self._replay = replay
        if wire is None:
            from tuili.reasoning.llm_http import HttpWire

            wire = HttpWire(where)
        self._patience = Patience(wire, rest=self._settings.rest)
        self._mode = self._settings.mode
        self._mode_lock = threading.Lock()
        self._slots = threading.Semaphore(self._settings.concurrency)
        self._nothing = np.full(len(self.labels), -math.log(len(self.labels)), np.float32)

    @property
    def usage(self) -> Usage:
        """What it was asked so far, and what that cost."""
        return self._meter.usage(self._patience.retries)

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Log-probabilities; of a pair without an answer all are equal. *Shape:* `(len(pairs), len(labels))`.

        Raises:
            InvalidPair: A text that is too long for one request.
        """
        rows = [answer.log_probs for answer in self.ask(pairs)]
        return np.array(rows, np.float32).reshape(len(pairs), len(self.labels))

    def ask(self, pairs: Sequence[Pair]) -> list[Answer]:
        """What comes of each pair, in order.

        Raises:
            InvalidPair: A text that is too long for one request. Nothing was asked.
        """
        for index, (premise, hypothesis) in enumerate(pairs):
            for field, text, most in (
                ("premise", premise, self._settings.window),
                ("hypothesis", hypothesis, HYPOTHESIS),
            ):
                if len(text) > most:
                    reason = f"{len(text):,} characters, and at most {most:,} go into one request"
                    raise InvalidPair(reason, index=index, field=field)
        if len(pairs) < 2 or self._replay is not None:
            return [self._ask(pair) for pair in pairs]
        with ThreadPoolExecutor(min(self._settings.concurrency, len(pairs))) as pool:
            waiting = [pool.submit(self._ask, pair) for pair in pairs]
            try:
                return [answer.result() for answer in waiting]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def windows(self, premise: str) -> list[Span]:
        """Runs of whole sentences, as many as go into one request; a longer sentence is cut between words."""
        size = self._settings.window
        if len(premise) <= size:
            return [Span(0, len(premise))]
        ends = [end for _, end in split_sentences(premise)]
        spans = []
        start = 0
        while start < len(premise):
            limit = start + size
            if limit >= len(premise):
                end = len(premise)
            else:
                whole = ends[bisect_right(ends, limit) - 1] if ends and ends[0] <= limit else start
                end = whole if whole > start else _between_words(premise, start, limit)
            if not premise[start:end].isspace():
                spans.append(Span(start, end))
            start = end
        return spans

    def check_hypothesis(self, hypothesis: str) -> None:
        """Raises InvalidText where it is longer than `HYPOTHESIS`."""
        if len(hypothesis) > HYPOTHESIS:
            raise InvalidText(f"the hypothesis has {len(hypothesis):,} characters; at most {HYPOTHESIS:,} are read")

    def coverage(self, _text: str) -> float:
        """1: a request holds every character of its texts. What a model makes of them nobody can tell."""
        return 1.0

    def _ask(self, pair: Pair) -> Answer:
        until = time.monotonic() + self._settings.deadline
        key = key_of(self._model, self.labels, pair)
        try:
            if self._replay is not None:
                return self._again(key)
            return self._fresh(pair, key, until)
        except Unanswered as unanswered:
            return self._abstain(unanswered.reason)

    def _fresh(self, pair: Pair, key: str, until: float) -> Answer:
        if not self._slots.acquire(timeout=self._settings.deadline):
            raise Unanswered(Reason.LATE)
        try:
            return self._asked(pair, key, until)
        finally:
            self._slots.release()

    def _asked(self, pair: Pair, key: str, until: float) -> Answer:
        mode = self._settled_mode(until)
        try:
            reply = self._post(pair, mode, until)
        except Unanswered as unanswered:
            self._keep(key, Take(mode, b"", unanswered.reason))
            raise
        self._keep(key, Take(mode, reply.body, None))
        try:
            said = completion(reply.body)
        except Unanswered:
            self._patience.failed()  # a server that does not speak the protocol, whatever it was asked
            raise
        # From here on the words are the model's, and a text may have led it to them: no fault of the server.
        self._patience.passed()
        return self._read(said, mode)

    def _again(self, key: str) -> Answer:
        take = self._replay.get(key) if self._replay is not None else None
        if take is None or take.reason is not None:
            raise Unanswered(Reason.NOT_RECORDED if take is None or take.reason is None else take.reason)
        return self._read(completion(take.body), take.mode)

    def _read(self, said: Completion, mode: Mode) -> Answer:
        self._meter.used(said.prompt_tokens, said.completion_tokens)
        log_probs = read(said, self.labels, mode)
        self._meter.answered()
        return Answer(log_probs, None)

    def _post(self, pair: Pair, mode: Mode, until: float) -> Reply:
        self._meter.asked()
        return self._patience.post(request(self._model, pair, self.labels, mode), until)

    def _settled_mode(self, until: float) -> Mode:
        """What the server can do. Found out with a pair of ours, so that no text has a say in it."""
        if self._mode is not None:
            return self._mode
        if not self._mode_lock.acquire(timeout=max(0.0, until - time.monotonic())):
            raise Unanswered(Reason.LATE)
        try:
            if self._mode is None:
                self._mode = self._probed(until)
            return self._mode
        finally:
            self._mode_lock.release()

    def _probed(self, until: float) -> Mode:
        try:
            reply = self._post(_PROBE, "logprobs", until)
        except Unanswered as unanswered:
            if unanswered.reason == Reason.REJECTED:  # some servers reject what they don't know
                return "json"
            raise
        try:
            said = completion(reply.body)
        except Unanswered:
            self._patience.failed()
            raise
        self._patience.passed()
        self._meter.used(said.prompt_tokens, said.completion_tokens)
        return "logprobs" if said.tokens else "json"

    def _keep(self, key: str, take: Take) -> None:
        if self._tape is not None:
            self._tape.keep(key, take)

    def _abstain(self, reason: Reason) -> Answer:
        if self._meter.abstained(reason):
            _LOG.warning("%s gave no verdict on a pair, which stays undecided: %s", self.name, reason.value)
        return Answer(self._nothing, reason)


def _between_words(text: str, start: int, limit: int) -> int:
    """The end of the last white space before `limit`; `limit` itself where there is none."""
    return next((place for place in range(limit, start, -1) if text[place - 1].isspace()), limit)
