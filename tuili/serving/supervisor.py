"""Several workers on one socket, each with a model of its own; one that dies is started again."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.serving.log import Log

if TYPE_CHECKING:
    import socket
    from multiprocessing.context import SpawnProcess
    from types import FrameType

    from tuili.serving.settings import Settings

SHARED = "PROMETHEUS_MULTIPROC_DIR"
PATIENCE = 9.5
"""Seconds that workers have to finish; those that don't are killed."""

PAUSE = 0.2
"""Seconds between looks at the workers."""

LEAST_LIFE = 5.0
"""A worker that dies sooner than this is started again after a pause, so that a fault does not spin."""


class Supervisor:
    """Starts workers, passes signals on, starts the dead again."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._log = Log()
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[int, tuple[SpawnProcess, float]] = {}
        self._stop = threading.Event()

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        folder = tempfile.mkdtemp(prefix="tuili-metrics-")
        os.environ[SHARED] = folder
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)
        signal.signal(signal.SIGHUP, self._pass_on)
        try:
            for place in range(self._settings.workers):
                self._start(place)
            while not self._stop.wait(PAUSE):
                self._look()
            self._end()
        finally:
            os.environ.pop(SHARED, None)
            shutil.rmtree(folder, ignore_errors=True)

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        for process, _ in list(self._workers.values()):
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, number)

    def _start(self, place: int) -> None:
        process = self._context.Process(target=work, args=(self._settings, self._listener), name=f"tuili-{place}")
        process.start()
        self._workers[place] = (process, time.monotonic())

    def _look(self) -> None:
        for place, (process, since) in list(self._workers.items()):
            if process.is_alive():
                continue
            self._log.event("worker_died", process=process.pid, code=process.exitcode)
            self._forget_metrics(process.pid)
            if time.monotonic() - since < LEAST_LIFE and self._stop.wait(1.0):
                return
            self._start(place)

    def _forget_metrics(self, process: int | None) -> None:
        """A gauge of the dead is no longer true; their counters are kept."""
        for path in Path(os.environ[SHARED]).glob(f"gauge_live*_{process}.db"):
            path.unlink(missing_ok=True)

    def _end(self) -> None:
        self._listener.close()
        processes = [process for process, _ in self._workers.values()]
        for process in processes:
            process.terminate()
        until = time.monotonic() + PATIENCE
        for process in processes:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def work(settings: Settings, listener: socket.socket) -> None:
    """What a worker does. It ends with its supervisor, even one that was killed."""
    from tuili.serving.server import run_worker

    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    run_worker(settings, listener)
