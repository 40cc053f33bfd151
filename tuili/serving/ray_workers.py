"""Workers of `engine.runs.sharded_run` on Ray: actors with a model each, in processes that may die."""

from __future__ import annotations

import json
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuili.engine.runs.shard import judge_piece
from tuili.errors import ModelError, UsageError
from tuili.serving.ray_cluster import last_line, ray_begun
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.engine.runs.rows import OnError
    from tuili.engine.runs.shard import Piece
    from tuili.types import Judge

AHEAD = 1
"""Pieces that a worker has. It gets the next once the driver has the last one on disk, so that a driver that is killed
costs each worker one shard at most. What it waits for that is the checking and writing of a shard: 22 µs a row,
beside 4 ms for judging one."""

FALSE_STARTS = 10
"""Workers that may die in a row before one of them was ready."""

MOST_WORKERS = 4096


class ShardWorker:
    """What runs in a worker's process."""

    def __init__(self, judge: Judge, source: str, on_error: OnError) -> None:
        self._judge = judge
        self._source = source
        self._on_error = on_error

    def hello(self) -> bytes:
        """What this worker judges with, as JSON."""
        return json.dumps(_what(self._judge)).encode()

    def judge(self, rows: Any) -> bytes:
        """See `engine.runs.shard.judge_piece`."""
        return judge_piece(self._judge, rows, self._source, self._on_error)


def _what(judge: Judge) -> dict[str, Any]:
    return {"tuili": __version__, "model": str(getattr(judge, "model", type(judge).__name__))}


@contextmanager
def ray_workers(
    judge: Judge,
    *,
    source: str,
    on_error: OnError = "stop",
    workers: int = 1,
    threads: int = 1,
    address: str | None = None,
) -> Iterator[RayWorkers]:
    """Workers for as long as the context lasts.

    Args:
        judge: What each of them judges with: it is pickled, and an engine pickles as what it was loaded from.
        source: The file's name, for errors.
        on_error: As of `judge_file`.
        workers: How many.
        threads: Processors that each of them takes; the judge's own number of threads should be the same.
        address: Of a cluster's head; by default, a Ray of our own on this machine.

    Raises:
        MissingExtra: Without the extra `ray`.
        UsageError: Numbers that can't be, a judge that can't be pickled, a Ray that is open to all.
        ModelError: The cluster can't be reached.
    """
    if type(workers) is not int or not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"workers must be a whole number from 1 to {MOST_WORKERS}, got {workers!r}")
    with ray_begun(processors=workers * threads, address=address) as ray:
        try:
            shared = ray.put(judge)
        except TypeError as error:
            raise UsageError(f"this judge can't be sent to workers: {error}") from None
        remote = ray.remote(num_cpus=threads, max_restarts=0, max_task_retries=0)(ShardWorker)
        yield RayWorkers(ray, lambda: remote.remote(shared, source, on_error), _what(judge), workers)


@dataclass(slots=True, eq=False)
class _Worker:
    actor: Any
    pieces: deque[Piece] = field(default_factory=deque)
    is_ready: bool = False


class RayWorkers:
    """See `engine.runs.sharded_run.Workers`. One that dies is replaced by a new one."""

    def __init__(self, ray: Any, begin: Any, expected: dict[str, Any], number: int) -> None:
        self._ray = ray
        self._begin = begin
        self._expected = expected
        self._waiting: dict[Any, tuple[_Worker, Piece | None]] = {}  # by reference; without a piece it is `hello`
        self._false_starts = 0
        self._workers = [self._new() for _ in range(number)]

    def _new(self) -> _Worker:
        worker = _Worker(self._begin())
        self._waiting[worker.actor.hello.remote()] = worker, None
        return worker

    @property
    def room(self) -> int:
        return AHEAD * len(self._workers) - sum(len(worker.pieces) for worker in self._workers)

    def put(self, piece: Piece) -> None:
        """Hand a piece to the worker with the fewest."""
        self._hand(min(self._workers, key=lambda worker: len(worker.pieces)), piece)

    def _hand(self, worker: _Worker, piece: Piece) -> None:
        worker.pieces.append(piece)
        self._waiting[worker.actor.judge.remote(piece.rows)] = worker, piece

    def next(self) -> tuple[Piece, bytes | None]:
        """Wait for a piece.

        Raises:
            ModelError: Workers don't start, or judge with something else.
        """
        while True:
            [reference], _ = self._ray.wait(list(self._waiting), num_returns=1)
            worker, piece = self._waiting.pop(reference)
            try:
                reply = self._ray.get(reference)
            except self._ray.exceptions.RayActorError as error:
                lost = self._replace(worker, error)
                if lost is not None:
                    return lost, None
                continue
            except self._ray.exceptions.RayTaskError as error:
                raise ModelError(f"a worker failed: {type(error.cause).__name__}: {error.cause}") from None
            if not isinstance(reply, bytes):
                raise ModelError(f"a worker sent {type(reply).__name__} and no bytes")
            if piece is None:
                self._check(worker, reply)
                continue
            worker.pieces.remove(piece)
            return piece, reply

    def _check(self, worker: _Worker, reply: bytes) -> None:
        worker.is_ready = True
        self._false_starts = 0
        said = json.loads(reply)
        if said != self._expected:
            raise ModelError(f"a worker judges with {said}, and the run is one of {self._expected}; install the same")

    def _replace(self, dead: _Worker, error: Exception) -> Piece | None:
        """A new worker for a dead one, with what that had not begun; what it had in hand is returned."""
        for reference in [one for one, (worker, _) in self._waiting.items() if worker is dead]:
            del self._waiting[reference]
        if not dead.is_ready:
            self._false_starts += 1
            if self._false_starts >= FALSE_STARTS:
                raise ModelError(f"workers die while they start: {last_line(error)}") from None
        lost = dead.pieces.popleft() if dead.is_ready and dead.pieces else None
        fresh = self._new()
        self._workers[self._workers.index(dead)] = fresh
        for piece in dead.pieces:
            self._hand(fresh, piece)
        return lost
