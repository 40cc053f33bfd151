"""What shards and Ray cost beside one process: `python benchmarks/sharded.py [--pairs 6000] [--rounds 3]`.

In turn, on the same made-up pairs with the lengths of SNLI's: `judge_file` in one process with one thread, and the
sharded run with two workers of one thread each. Processor time of all processes is counted beside the clock's: other
work on the machine moves the first far less. What comes before the first row (Ray's start, the workers' models) is
apart. The bytes must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from made_pairs import make_pairs
from timing import machine

import tuili
from tuili.engine.runs.file_run import judge_file
from tuili.engine.runs.sharded_run import judge_file_in_shards
from tuili.serving.ray_workers import ray_workers

TICKS = os.sysconf("SC_CLK_TCK")


def family() -> set[int]:
    """This process and all that came from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def processor_seconds() -> dict[int, float]:
    """Of each process of the family."""
    spent = {}
    for process in family():
        try:
            fields = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent[process] = (int(fields[11]) + int(fields[12])) / TICKS
    return spent


class Watch:
    """Rows, clock and processor, from the first rows on."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, float, float]] = []

    def __call__(self, rows: int) -> None:
        self.seen.append((rows, time.perf_counter(), sum(processor_seconds().values())))

    def each(self) -> tuple[float, float]:
        """Milliseconds a row, by the clock and of the processor, between the first rows and the last."""
        (before, clock, spent), (after, later, more) = self.seen[0], self.seen[-1]
        rows = after - before
        return 1000 * (later - clock) / rows, 1000 * (more - spent) / rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shard-rows", type=int, default=256)
    options = parser.parse_args()
    engine = tuili.load(threads=1)
    rows: dict[str, list[tuple[float, float]]] = {"one process": [], "Ray, two workers": []}
    starts = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for turn in range(options.rounds):
            pairs = make_pairs(options.pairs, hypotheses_each=1, seed=turn)
            source = folder / f"{turn}.jsonl"
            source.write_text("".join(json.dumps({"premise": p, "hypothesis": h}) + "\n" for p, h in pairs))
            alone = Watch()
            one = judge_file(engine, source, folder / f"{turn}.one", progress=alone, chunk=options.shard_rows)
            rows["one process"].append(alone.each())
            shared = Watch()
            begun = time.perf_counter()
            many = judge_file_in_shards(
                engine,
                source,
                folder / f"{turn}.many",
                lambda source=source: ray_workers(engine, source=str(source), workers=2),
                shard_rows=options.shard_rows,
                progress=shared,
            )
            rows["Ray, two workers"].append(shared.each())
            starts.append(shared.seen[0][1] - begun)
            if one.output.read_bytes() != many.output.read_bytes():
                raise SystemExit("the bytes differ")
            print(turn, {name: values[-1] for name, values in rows.items()}, f"start {starts[-1]:.1f} s", flush=True)
    print(machine("ray", "onnxruntime"))
    base = rows["one process"]
    for name, values in rows.items():
        clock, spent = (statistics.median(column) for column in zip(*values, strict=True))
        ratios = sorted(own[1] / other[1] for own, other in zip(values, base, strict=True))
        print(
            f"{name}: {clock:.2f} ms a row by the clock, {spent:.2f} ms of the processor; the latter, to one process:"
        )
        print(f"  to one process: {statistics.median(ratios):.3f} ({ratios[0]:.3f}-{ratios[-1]:.3f}), round by round")
    print(f"first rows after {statistics.median(starts):.1f} s ({min(starts):.1f}-{max(starts):.1f})")


if __name__ == "__main__":
    main()
