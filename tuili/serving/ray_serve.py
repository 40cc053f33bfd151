"""`tuili serve --runner ray`: the same application as replicas of Ray Serve, behind Ray's own HTTP proxy.

Each replica is what a worker of `tuili serve` is: gate, queue, model. Ray shares requests out, starts dead replicas
again, and takes the connections: how slowly a client may send, and how large headers and bodies may be before anybody
counts them, is Ray's matter then. What a replica sees it treats as ever.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from tuili.errors import MissingExtra
from tuili.serving.ray_cluster import ray_begun
from tuili.serving.start import require_serve

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tuili.serving.settings import Settings

NAME = "tuili"


def serve_on_ray(settings: Settings, *, address: str | None = None) -> None:
    """Serve until told to stop (SIGTERM, SIGINT).

    Args:
        settings: As `serve` takes them; `workers` are replicas.
        address: Of a cluster's head; by default, a Ray of our own on this machine.

    Raises:
        MissingExtra: Without the extras `serve` and `ray`.
        UsageError: The port is taken, or Ray is open to all.
        BundleError, ModelError: The model can't be used; nothing was started.
    """
    require_serve()
    from dataclasses import replace

    from tuili.serving.log import Log
    from tuili.serving.server import judge_of

    port = _free_port(settings)
    os.environ.setdefault("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")  # 5 s, and a busy machine never gets there
    judge_of(replace(settings, audit=None))  # a model that can't be used is told here, not by each replica again
    log = Log()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with ray_begun(processors=settings.workers * settings.threads, address=address):
        serve = _ray_serve()
        serve.start(http_options={"host": settings.host, "port": port})
        serve.run(application(serve, settings), name=NAME, route_prefix="/")
        log.event("listening", address=f"http://{settings.host}:{port}", replicas=settings.workers)
        try:
            stop.wait()
            log.event("stopping")
        finally:
            serve.shutdown()


def application(serve: Any, settings: Settings) -> Any:
    """The deployment: one application, `settings.workers` replicas."""

    def build() -> ASGIApp:
        from tuili.serving.app import Service
        from tuili.serving.log import Log
        from tuili.serving.server import judge_of
        from tuili.serving.traces import traces_of

        log = Log()
        return Service(judge_of(settings), settings, log=log, traces=traces_of(wanted=settings.otel, log=log))

    class Replica:
        """What Ray starts."""

    deployment = serve.deployment(
        name=NAME,
        num_replicas=settings.workers,
        ray_actor_options={"num_cpus": settings.threads},
        max_ongoing_requests=settings.max_requests,
        graceful_shutdown_timeout_s=10,
    )
    return deployment(serve.ingress(build)(Replica)).bind()


def _ray_serve() -> Any:
    try:
        from ray import serve
    except ImportError as error:
        raise MissingExtra(error.name or "ray.serve", "serve,ray") from None
    return serve


def _free_port(settings: Settings) -> int:
    """The port, if it can be had; Ray would only say so in a log."""
    from tuili.serving.server import listen

    listener: socket.socket = listen(settings)
    with listener:
        return int(listener.getsockname()[1])
