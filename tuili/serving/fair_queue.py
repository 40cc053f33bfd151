"""Who waits, and who is next. Plain data, without clocks or threads.

Callers take turns, and so do the jobs of each caller: a long job is judged in slices between the others'. Where the
queue is full, the caller with most waiting gives way (longest queue drop; Suter et al. 1999), so that one caller can't
keep the others out.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Sequence

    from tuili.types import Verdict

EACH = 64
"""What a pair costs beside its characters: its own run through the model."""


@dataclass(slots=True, eq=False)
class Job:
    """Pairs of one request. `cost` is in characters; `started` counts the pairs that were handed out.

    Attributes:
        key: Whose it is.
        deadline: On the monotonic clock: when nobody waits for it any more.
        mark: Which request it belongs to, for traces.
        closed: Nobody waits for it: answered, refused, expired or cancelled. Read by the judge's thread too.
    """

    pairs: Sequence[tuple[str, str]]
    key: str
    deadline: float
    future: Future[list[Verdict]]
    mark: Any = None
    verdicts: list[Verdict | None] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)
    cost: int = 0
    started: int = 0
    judged: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        self.verdicts = [None] * len(self.pairs)
        before: Any = None
        for premise, hypothesis in self.pairs:
            self.costs.append(EACH + len(hypothesis) + (len(premise) if premise != before else 0))
            before = premise
        self.cost = sum(self.costs)


@dataclass(frozen=True, slots=True)
class Slice:
    """Pairs `start` to `end` (exclusive) of a job."""

    job: Job
    start: int
    end: int
    cost: int


class FairQueue:
    """Waiting jobs by caller."""

    def __init__(self) -> None:
        self._callers: OrderedDict[str, deque[Job]] = OrderedDict()
        self._costs: dict[str, int] = {}
        self.cost = 0

    def __len__(self) -> int:
        return sum(len(jobs) for jobs in self._callers.values())

    def cost_of(self, key: str) -> int:
        """What a caller has waiting, in characters."""
        return self._costs.get(key, 0)

    def put(self, job: Job) -> None:
        self._callers.setdefault(job.key, deque()).append(job)
        self._count(job.key, sum(job.costs[job.started :]))

    def remove(self, job: Job) -> None:
        """Take a job out; nothing happens where it is not waiting."""
        jobs = self._callers.get(job.key)
        if jobs is None or job not in jobs:
            return
        jobs.remove(job)
        self._count(job.key, -sum(job.costs[job.started :]))
        self._tidy(job.key)

    def longest(self) -> str | None:
        """The caller who has most waiting."""
        return max(self._costs, key=self._costs.__getitem__, default=None)

    def newest_of(self, key: str) -> Job | None:
        """The caller's last job of which nothing has started."""
        return next((job for job in reversed(self._callers.get(key, ())) if not job.started), None)

    def take(self, budget: int) -> list[Slice]:
        """The next slices, of `budget` characters together; at least one pair where any waits."""
        slices: list[Slice] = []
        share = max(1, budget // 4)
        while self._callers and budget > 0:
            key, jobs = next(iter(self._callers.items()))
            part = _slice(jobs[0], min(share, budget))
            jobs[0].started = part.end
            finished = part.end == len(part.job.pairs)
            if finished:
                jobs.popleft()
            else:
                jobs.rotate(-1)
            self._count(key, -sum(part.job.costs[part.start : part.end]))
            self._callers.move_to_end(key)
            self._tidy(key)
            budget -= part.cost
            slices.append(part)
        return slices

    def _count(self, key: str, cost: int) -> None:
        self._costs[key] = self._costs.get(key, 0) + cost
        self.cost += cost

    def _tidy(self, key: str) -> None:
        if not self._callers[key]:
            del self._callers[key]
            self.cost -= self._costs.pop(key)  # nothing, unless it was miscounted


def _slice(job: Job, budget: int) -> Slice:
    """The next pairs of a job. Of a premise that is longer than the budget all pairs go together: it is read once."""
    start = end = job.started
    premise = job.pairs[start][0]
    cost = len(premise) if start and job.pairs[start - 1][0] == premise else 0  # it may have to be read again
    whole = len(premise) > budget
    while end < len(job.pairs):
        same = job.pairs[end][0] == premise
        if end > start and cost + job.costs[end] > budget and not (whole and same):
            break
        cost += job.costs[end]
        end += 1
        if not same:
            whole = False
    return Slice(job, start, end, cost)
