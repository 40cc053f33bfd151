"""What Prometheus is told. A registry of our own; with several workers the numbers of all, through shared files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from tuili.serving.batcher import Batcher
    from tuili.serving.measured import Measured

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SHARED = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Counts and times of one worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own: Any = {"registry": self.registry}
        self.requests = Counter("tuili_requests", "Requests answered.", ["route", "status"], **own)
        self.seconds = Histogram("tuili_request_seconds", "From arrival to answer.", ["route"], buckets=SECONDS, **own)
        self.pairs = Counter("tuili_pairs", "Pairs judged.", **own)
        self.judge_seconds = Histogram("tuili_batch_seconds", "Judging a batch.", buckets=SECONDS, **own)
        self.cancelled = Counter("tuili_cancelled", "Requests whose client went away before the answer.", **own)
        # with several workers, the sum of the living
        self.depth = Gauge("tuili_queue_depth", "Requests waiting.", multiprocess_mode="livesum", **own)
        self.wait = Gauge("tuili_queue_wait_seconds", "Estimated wait.", multiprocess_mode="livemax", **own)
        self.ready = Gauge("tuili_ready", "1 while new requests are welcome.", multiprocess_mode="livesum", **own)

    def request(self, route: str, status: int, seconds: float) -> None:
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def batch(self, measured: Measured) -> None:
        self.pairs.inc(measured.pairs)
        self.judge_seconds.observe(measured.seconds)

    def exposition(self, batcher: Batcher) -> bytes:
        """The text that is scraped."""
        self.depth.set(batcher.depth)
        self.wait.set(batcher.estimated_wait())
        self.ready.set(not batcher.draining)
        if SHARED not in os.environ:
            return generate_latest(self.registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)
