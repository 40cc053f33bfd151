"""The one thread in which a worker judges: batches in, outcomes out."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from tuili.errors import InvalidPair, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tuili.serving.fair_queue import Slice
    from tuili.types import Judge, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a slice: verdicts in its order, or an error."""

    part: Slice
    verdicts: Sequence[Verdict] = ()
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Slices that are judged in one go."""

    slices: Sequence[Slice]
    done: Callable[[Sequence[Outcome], float, int | None], None]  # outcomes, seconds, tokens; in the judge's thread


@dataclass(frozen=True, slots=True)
class Call:
    """Something else that the judge is asked, in turn with the batches."""

    function: Callable[[Judge], Any]
    done: Callable[[Any, Exception | None], None]


class JudgeThread:
    """Judges batches one after the other. The judge may be exchanged between two of them."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self._inbox: SimpleQueue[Batch | Call | None] = SimpleQueue()
        # A daemon, so that a process whose time is up need not wait for a long text.
        self._thread = threading.Thread(target=self._run, name="tuili-judge", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, work: Batch | Call) -> None:
        self._inbox.put(work)

    def stop(self, timeout: float) -> None:
        """Finish what was put, and end; wait at most `timeout` seconds."""
        self._inbox.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (work := self._inbox.get()) is not None:
            if isinstance(work, Call):
                self._call(work)
            else:
                started, read = time.perf_counter(), self._tokens_read()
                outcomes = judge_slices(self.judge, _live(work.slices))
                tokens = None if read is None else (self._tokens_read() or 0) - read
                work.done(outcomes, time.perf_counter() - started, tokens)

    def _tokens_read(self) -> int | None:
        return getattr(self.judge, "tokens_read", None)

    def _call(self, call: Call) -> None:
        try:
            value = call.function(self.judge)
        except Exception as error:  # noqa: BLE001  # told to whoever asked
            call.done(None, error)
        else:
            call.done(value, None)


def _live(slices: Sequence[Slice]) -> list[Slice]:
    """Those that somebody still waits for: nothing starts after its deadline."""
    now = time.monotonic()
    return [part for part in slices if not part.job.closed and part.job.deadline > now]


def judge_slices(judge: Judge, slices: Sequence[Slice]) -> list[Outcome]:
    """An outcome for each slice: a bad pair, or whatever else goes wrong, stays with the job that it came with."""
    outcomes: list[Outcome] = []
    left = list(slices)
    while left:
        pairs = [pair for part in left for pair in part.job.pairs[part.start : part.end]]
        try:
            verdicts = _judged(judge, pairs)
        except InvalidPair as error:
            refused = _refused(left, error)
            if not refused:
                outcomes += [Outcome(part, error=error) for part in left]
                break
            outcomes += refused
            bad = {id(outcome.part) for outcome in refused}
            left = [part for part in left if id(part) not in bad]
            continue
        except Exception as error:  # noqa: BLE001  # each job is told of its own failure, and the thread goes on
            if len(left) == 1:
                outcomes.append(Outcome(left[0], error=error))
            else:
                outcomes += [outcome for part in left for outcome in judge_slices(judge, [part])]
            break
        rest = iter(verdicts)
        outcomes += [Outcome(part, [next(rest) for _ in range(part.end - part.start)]) for part in left]
        break
    return outcomes


def _judged(judge: Judge, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    verdicts = judge.judge(pairs)
    if len(verdicts) != len(pairs):
        raise ModelError(f"the judge gave {len(verdicts)} verdicts on {len(pairs)} pairs")
    return verdicts


def _refused(slices: Sequence[Slice], error: InvalidPair) -> list[Outcome]:
    """The slices whose pairs were refused, each with its first refusal, counted within its job."""
    found: dict[int, Outcome] = {}
    for refusal in (error, *error.also):
        offset = 0
        for part in slices:
            size = part.end - part.start
            if offset <= refusal.index < offset + size and id(part) not in found:
                index = part.start + refusal.index - offset
                own = InvalidPair(refusal.reason, index=index, field=refusal.field)
                found[id(part)] = Outcome(part, error=own)
            offset += size
    return list(found.values())
