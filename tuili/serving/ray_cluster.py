"""Ray, begun so that nobody else can reach it, and ended without a trace. Loaded by `--runner ray` alone.

Ray runs whatever code reaches its ports, so on one machine they are opened on the loopback address only, with a token
that is new for each process. Ray's own messages between its processes are pickles: that is outside the promise that
tuili never loads any, and the reason why a Ray beyond this machine takes an address, given on purpose.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tuili.errors import MissingExtra, ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTEMPTS = 3
MEBIBYTE = 2**20
_SHORT = "/tmp" if os.name == "posix" else None  # noqa: S108  # where mkdtemp makes its own; names of sockets must be short
_TOKEN = secrets.token_hex(32)  # Ray reads it once a process
_ENVIRONMENT = {
    # The name is of systems where that was the default first; what "0" means is: everything on 127.0.0.1.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": _TOKEN,
}
_loaded: list[str] = []  # Ray reads most of its environment when it is loaded, and then no more
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # What Ray prints of its own accord goes to standard output, which is ours. Deaths of workers are told by us.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
}


def require_ray() -> None:
    """Raises MissingExtra where the extra `ray` is not installed; loads nothing."""
    if find_spec("ray") is None:
        raise MissingExtra("ray", "ray")


@contextmanager
def ray_begun(*, processors: int, address: str | None = None) -> Iterator[Any]:
    """The module `ray`, connected: to a Ray of our own on this machine, or to the cluster at an address.

    Args:
        processors: What a Ray of our own may use.
        address: `host:port` of a cluster's head; the caller's token for it is where Ray looks for it.

    Raises:
        MissingExtra: Without the extra `ray`.
        UsageError: Ray is set to let anyone in (`RAY_AUTH_MODE`), or was loaded before it could be told otherwise.
        ModelError: Ray does not start, or the cluster can't be reached.
    """
    mode = os.environ.get("RAY_AUTH_MODE", "token").lower()
    if mode != "token":
        raise UsageError(f"RAY_AUTH_MODE is {mode}, which lets anyone run code; unset it, or set it to token")
    require_ray()
    if "ray" in sys.modules and not _loaded:
        raise UsageError("Ray was loaded before, open to all; judge in a process that has not loaded it")
    with _environment(_QUIET | ({} if address else _ENVIRONMENT)):
        import ray

        _loaded.append(ray.__name__)
        if ray.is_initialized():
            raise UsageError("Ray is in use in this process already; judge in another one")
        folder = tempfile.mkdtemp(prefix="tuili-ray-", dir=_SHORT)
        try:
            if address:
                _connect(ray, address)
            else:
                # Ray opens its own directory to everyone; the one around it is for its owner alone.
                _begin(ray, processors, os.path.join(folder, "r"))  # noqa: PTH118  # a string, as Ray wants it
            yield ray
        finally:
            ray.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


def _begin(ray: Any, processors: int, folder: str) -> None:
    """Ray gives itself 30 s to start, which a busy machine may need more than once."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _begin_once(ray, processors, folder)
        except Exception as error:  # Ray raises plain ones
            ray.shutdown()
            if attempt == ATTEMPTS:
                raise ModelError(f"Ray does not start on this machine: {last_line(error)}") from error
        else:
            return


def _begin_once(ray: Any, processors: int, folder: str) -> None:
    ray.init(
        address="local",
        num_cpus=processors,
        num_gpus=0,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        object_store_memory=(128 + 16 * processors) * MEBIBYTE,
        _node_ip_address="127.0.0.1",
        _temp_dir=folder,
    )


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except Exception as error:  # Ray raises plain ones
        raise ModelError(f"no Ray can be reached at {address}: {last_line(error)}") from error


def last_line(error: Exception) -> str:
    """Where Ray's account of an error ends with the cause."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()[:300]


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Ray is told by the environment what it can't be told otherwise; its processes inherit it."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
