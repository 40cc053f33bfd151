"""From settings to a running server: one process, or a supervisor and its workers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuili.errors import MissingExtra

if TYPE_CHECKING:
    from tuili.serving.settings import Settings


def require_serve() -> None:
    """Raises MissingExtra where the extra `serve` is not installed."""
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtra(error.name or "fastapi", "serve") from None


def serve(settings: Settings) -> None:
    """Serve until told to stop (SIGTERM, SIGINT).

    Raises:
        MissingExtra: Without the extra `serve`.
        UsageError: The address can't be listened on.
        BundleError, ModelError: The model can't be used; nothing was started.
    """
    require_serve()
    from tuili.serving.log import Log
    from tuili.serving.server import judge_of, listen, run_worker
    from tuili.serving.supervisor import Supervisor
    from tuili.serving.traces import traces_of

    listener = listen(settings)
    if settings.workers == 1:
        run_worker(settings, listener)
        return
    # What can't be used is told here, not by each worker again.
    judge_of(replace(settings, audit=None))
    traces_of(wanted=settings.otel, log=Log()).close()
    Supervisor(settings, listener).run()
