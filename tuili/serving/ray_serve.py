"""`tuili serve --runner ray`: the same application as replicas of Ray Serve, behind Ray's own HTTP proxy.

Each replica is what a worker of `tuili serve` is: gate, queue, model. Ray shares requests out, starts dead replicas
again, and takes the connections: how slowly a client may send, and how large headers and bodies may be before anybody
counts them, is Ray's matter then. What a replica sees it treats as ever.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from tuili.errors import MissingExtra, ModelError
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
        MissingExtra: Without the extra `ray-serve`.
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
    with ray_begun(processors=settings.workers * settings.threads, address=address):
        serve = _ray_serve()
        serve.start(http_options={"host": settings.host, "port": port})
        serve.run(application(serve, settings, alone=address is None), name=NAME, route_prefix="/")
        for number in (signal.SIGTERM, signal.SIGINT):  # Ray sets its own when it starts
            signal.signal(number, lambda _number, _frame: stop.set())
        log.event("listening", address=f"http://{settings.host}:{port}", replicas=settings.workers)
        try:
            stop.wait()
            log.event("stopping")
        finally:
            serve.shutdown()


def application(serve: Any, settings: Settings, *, alone: bool) -> Any:
    """The deployment: one application, `settings.workers` replicas; `alone` on this machine."""

    def build() -> ASGIApp:
        if alone:
            keep_to_loopback()
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


def keep_to_loopback() -> None:
    """In a replica, before it opens its port for other replicas.

    Ray Serve opens that port on every address, asks for no token there, and unpickles what comes. No option
    changes that.

    Raises:
        ModelError: This Ray Serve is built in another way, so that nothing is known of its port.
    """
    from ray.serve._private import replica

    opened = getattr(replica, "add_port_to_grpc_server", None)
    if opened is None:
        raise ModelError(
            "this version of Ray Serve opens its ports in another way; use tuili serve without --runner ray"
        )

    def opened_on_loopback(server: Any, address: str) -> Any:
        return opened(server, "127.0.0.1:" + address.rpartition(":")[2])

    replica.add_port_to_grpc_server = opened_on_loopback


def _ray_serve() -> Any:
    try:
        from ray import serve
    except ImportError as error:
        raise MissingExtra(error.name or "ray.serve", "ray-serve") from None
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    return serve


def _free_port(settings: Settings) -> int:
    """The port, if it can be had; Ray would only say so in a log."""
    from tuili.serving.server import listen

    listener: socket.socket = listen(settings)
    with listener:
        return int(listener.getsockname()[1])
