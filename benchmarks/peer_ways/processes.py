"""A peer in a process of its own: `python processes.py WAY NETWORK THREADS one` or `... file PAIRS VERDICTS`.

`one` judges a single pair and ends: a cold start. `file` reads JSONL, 2,048 rows at a time, and writes JSONL.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAIR = ("Two dogs run through the snow.", "Animals move.")
CHUNK = 2048


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process took: seconds by the clock, and its peak memory in megabytes."""

    seconds: float
    megabytes: float


def run(command: Sequence[str]) -> Ended:
    """Run to the end; RuntimeError with the tail of its errors if it fails.

    A small process stands between: the memory of a process is counted from its birth as a copy of its parent.
    """
    between = [sys.executable, "-S", __file__, "measure", *command]
    done = subprocess.run(between, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-400:]}")
    return Ended(*map(float, done.stdout.split()))


def _measure(command: Sequence[str]) -> None:
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    seconds = time.perf_counter() - started
    print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    sys.exit(done.returncode)


def peer_command(way: str, network: Path, threads: int, *rest: str) -> list[str]:
    return [sys.executable, str(Path(__file__)), way, str(network), str(threads), *rest]


def _main() -> None:
    if sys.argv[1] == "measure":
        _measure(sys.argv[2:])
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from peer_ways.network import Network
    from peer_ways.ways import PEERS

    name, directory, threads, what, *paths = sys.argv[1:]
    judge = PEERS[name](Network(Path(directory), os.environ.get("PEERS_CHECKPOINT")), int(threads))
    if what == "one":
        print(judge([PAIR]).argmax())
        return
    with Path(paths[0]).open(encoding="utf-8") as source, Path(paths[1]).open("w", encoding="utf-8") as output:
        rows = (json.loads(line) for line in source)
        while chunk := [(row["premise"], row["hypothesis"]) for row in islice(rows, CHUNK)]:
            output.writelines(json.dumps({"log_probs": scores}) + "\n" for scores in judge(chunk).tolist())


if __name__ == "__main__":
    _main()
