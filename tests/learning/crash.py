"""A trainer that is killed, in a process of its own: `python crash.py DIRECTORY MODE [ARGUMENT]`.

    whole DIRECTORY            train without a hitch; prints how many file operations that took
    boundaries DIRECTORY       for each file operation, kill -9 just before it, and in the middle of each write; resume
    random DIRECTORY KILLS     kill -9 at random times, KILLS times in all, resuming after each

Each life is a fork of a parent that has imported torch, so that a death costs milliseconds. Prints JSON.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import torch
import toy

from tuili.learning.checkpoints import CheckpointStore
from tuili.learning.loop import Trainer
from tuili.learning.objectives import SoftmaxCrossEntropy
from tuili.learning.settings import Settings
from tuili.learning.state import to_bytes

WATCHED = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "shutil.rmtree"}


class Operations:
    """Counts what is done to files below a directory, and dies at one of them."""

    def __init__(self, directory: Path, dies_at: int | None) -> None:
        self.directory = str(directory)
        self.dies_at = dies_at
        self.count = 0

    def watch(self) -> None:
        write, fsync = os.write, os.fsync

        def torn_write(descriptor, content):
            self.reached()
            half = len(content) // 2
            done = write(descriptor, content[:half]) if half else 0
            self.reached()
            return done + write(descriptor, content[half:])

        def counted_fsync(descriptor):
            self.reached()
            fsync(descriptor)

        os.write, os.fsync = torn_write, counted_fsync
        sys.addaudithook(self.audit)

    def audit(self, event, arguments):
        if event in WATCHED and str(arguments[0]).startswith(self.directory):
            self.reached()

    def reached(self) -> None:
        self.count += 1
        if self.count == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


def live(directory: Path, *, dies_at: int | None = None, delay: float = 0.0, long: bool = False) -> int:
    """Train in this process, on from whatever is there; returns how many file operations were made."""
    operations = Operations(directory, dies_at)
    operations.watch()
    run = Trainer(
        toy.Toy(),
        toy.batches(count=60 if long else 12),
        SoftmaxCrossEntropy(),
        Settings(rate=0.03, precision="fp32", epochs=2, save_every=0.0, evaluate_every=2),
        toy.evaluate,
        CheckpointStore(directory / "checkpoints"),
        "crash",
        watch=lambda _: time.sleep(delay),
    )
    run.fit()
    count = operations.count
    temporary = directory / "final.tmp"
    temporary.write_bytes(to_bytes(run.model.state_dict()))
    temporary.rename(directory / "final")
    return count


def forked(
    directory: Path, *, dies_at: int | None = None, after: float | None = None, long: bool = False
) -> tuple[bool, int]:
    """One life. Returns whether it came to its end, and its count of operations."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        code = 3
        try:
            count = live(directory, dies_at=dies_at, delay=0.002 if long else 0.0, long=long)
            with os.fdopen(write, "wb") as pipe:
                pipe.write(str(count).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a life ended in an error")
    return os.WIFEXITED(status), int(said or 0)


def fresh(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def final(directory: Path) -> bytes:
    return (directory / "final").read_bytes()


def boundaries(directory: Path, every: int) -> dict[str, int]:
    _, operations = forked(fresh(directory / "whole"))
    wanted = final(directory / "whole")
    different = deaths = 0
    for dies_at in range(1, operations + 1, every):
        place = fresh(directory / "killed")
        finished, _ = forked(place, dies_at=dies_at)
        deaths += not finished
        finished, _ = forked(place)
        different += not finished or final(place) != wanted
    return {"operations": operations, "deaths": deaths, "different": different}


def at_random(directory: Path, kills: int) -> dict[str, int]:
    forked(fresh(directory / "whole"), long=True)
    wanted = final(directory / "whole")
    rng = random.Random(5)
    deaths = runs = different = 0
    while deaths < kills:
        place = fresh(directory / "killed")
        while True:
            finished, _ = forked(place, after=rng.uniform(0.01, 0.25), long=True)
            if finished or (place / "final").exists():
                break
            deaths += 1
            if deaths >= kills:
                forked(place, long=True)
                break
        runs += 1
        different += final(place) != wanted
    return {"deaths": deaths, "runs": runs, "different": different}


if __name__ == "__main__":
    torch.set_num_threads(1)
    # what torch imports at the first step, it should import once, not in each life
    Trainer(toy.Toy(), toy.batches(count=4), SoftmaxCrossEntropy(), Settings(epochs=1, precision="fp32")).fit()
    place, mode, argument = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    print(json.dumps({"boundaries": boundaries, "random": at_random}[mode](place, argument)))
