"""How time and memory grow: `python benchmarks/growth.py --output DIRECTORY [--quick]`.

Three sizes are varied, one at a time: hypotheses put to a premise of 350 words, words of a premise that one hypothesis
is put to, rows of a file whose premises all differ. Every point has a process of its own, so that its peak memory is
its own, and the points are visited in turn, round by round, with new texts. Time is the processor's beside the
clock's: other work on the machine moves the first far less.

Two laws are fitted to the medians: the slope of log time on log size (1: proportional; 0: constant), over all sizes
and over the upper half; and time = fixed + each * size. Writes `growth.json`, `growth.md` and `growth.png`.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from peer_ways.texts import one_premise, short_pairs
from timing import machine

SIZES = {
    "hypotheses": (1, 4, 16, 64, 256, 1024),
    "words": (100, 350, 1_000, 3_500, 10_000, 20_000),
    "rows": (500, 1_000, 2_000, 4_000, 8_000, 16_000),
}
QUICK = {"hypotheses": (1, 4, 16), "words": (100, 350, 1_000), "rows": (50, 100, 200)}
TITLES = {"hypotheses": "hypotheses to a premise of 350 words", "words": "words of a premise", "rows": "rows of a file"}


@dataclass
class Point:
    """One size: seconds by the clock and of the processor in each round, and the largest peak memory in MB."""

    size: int
    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    def seconds(self) -> float:
        return statistics.median(self.processor)


@dataclass(frozen=True)
class Law:
    """What was fitted: slopes of log-log over all sizes and the upper half; seconds once and for each."""

    slope: float
    slope_above: float
    fixed: float
    each: float

    @classmethod
    def of(cls, points: list[Point]) -> Law:
        sizes = np.array([point.size for point in points], float)
        seconds = np.array([point.seconds() for point in points])
        half = len(points) // 2
        # Weighted so that relative errors count: else the largest point alone would decide.
        each, fixed = np.polyfit(sizes, seconds, 1, w=1 / seconds)
        slopes = [np.polyfit(np.log(sizes[start:]), np.log(seconds[start:]), 1)[0] for start in (0, half)]
        return cls(*map(float, slopes), float(fixed), float(each))


def measure(kind: str, size: int, seed: int, threads: int, model: str | None) -> dict[str, float]:
    """One round at one size, in this process."""
    import tuili

    engine = tuili.load(model, threads=threads, cache_bytes=0)
    engine.judge([("Two dogs run.", "Animals move.")])
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "pairs.jsonl")
        if kind == "rows":
            with source.open("w", encoding="utf-8") as lines:
                for premise, hypothesis in short_pairs(size, seed):
                    lines.write(json.dumps({"premise": premise, "hypothesis": hypothesis}) + "\n")
        pairs = {
            "hypotheses": lambda: one_premise(size, seed),
            "words": lambda: one_premise(1, seed, words=size),
            "rows": list,
        }[kind]()
        clock, processor = time.perf_counter(), time.process_time()
        if kind == "rows":
            tuili.judge_file(engine, source, Path(folder, "verdicts.jsonl"))
        else:
            engine.judge(pairs)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"clock": clock, "processor": processor, "megabytes": peak}


def visit(kind: str, point: Point, seed: int, options: argparse.Namespace) -> None:
    command = [sys.executable, __file__, "--point", kind, str(point.size), str(seed), "--threads", str(options.threads)]
    if options.model:
        command += ["--model", options.model]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    point.clock.append(found["clock"])
    point.processor.append(found["processor"])
    point.megabytes = max(point.megabytes, found["megabytes"])


def markdown(head: str, points: dict[str, list[Point]], laws: dict[str, Law]) -> str:
    lines = [head]
    for kind, found in points.items():
        law = laws[kind]
        lines += [
            "",
            f"### {TITLES[kind][0].upper()}{TITLES[kind][1:]}",
            "",
            f"| {kind} | processor seconds, median (range) | clock seconds, median | peak MB |",
            "|---:|---:|---:|---:|",
        ]
        for point in found:
            low, high = min(point.processor), max(point.processor)
            lines.append(
                f"| {point.size:,} | {point.seconds():.3f} ({low:.3f}–{high:.3f}) "
                f"| {statistics.median(point.clock):.3f} | {point.megabytes:.0f} |"
            )
        lines += [
            "",
            f"Slope in log-log {law.slope:.2f}, over the upper half {law.slope_above:.2f}.",
            f"{1000 * law.fixed:.1f} ms + {1000 * law.each:.3f} ms each.",
        ]
    return "\n".join(lines) + "\n"


def draw(points: dict[str, list[Point]], laws: dict[str, Law], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, len(points), figsize=(4.2 * len(points), 6), layout="constrained", squeeze=False)
    for column, (kind, found) in enumerate(points.items()):
        sizes = np.array([point.size for point in found], float)
        above, below = axes[0][column], axes[1][column]
        above.loglog(sizes, [point.seconds() for point in found], "o", color="tab:red")
        law = laws[kind]
        above.loglog(sizes, np.maximum(law.fixed + law.each * sizes, 1e-6), color="tab:gray", linewidth=1)
        above.set_title(f"{TITLES[kind]}\nslope {law.slope:.2f}, upper half {law.slope_above:.2f}", fontsize=9)
        above.set_ylabel("processor seconds")
        below.semilogx(sizes, [point.megabytes for point in found], "o-", color="tab:blue")
        below.set_ylim(bottom=0)
        below.set_ylabel("peak MB")
        below.set_xlabel(kind)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="directory for the results")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="a bundle; the embedded model by default")
    parser.add_argument("--kinds", nargs="*", choices=SIZES, default=list(SIZES))
    parser.add_argument("--quick", action="store_true", help="a minute, to see that it runs")
    parser.add_argument("--point", nargs=3, metavar=("KIND", "SIZE", "SEED"), help="one round at one size, as JSON")
    options = parser.parse_args()
    if options.point:
        kind, size, seed = options.point
        print(json.dumps(measure(kind, int(size), int(seed), options.threads, options.model)))
        return
    if options.output is None:
        parser.error("--output is needed")
    options.rounds = min(options.rounds, 2) if options.quick else options.rounds
    points = {kind: [Point(size) for size in (QUICK if options.quick else SIZES)[kind]] for kind in options.kinds}
    for number in range(options.rounds):
        for kind, found in points.items():
            for point in found:
                visit(kind, point, number, options)
                print(f"{kind:12} {point.size:>7,} {point.processor[-1]:8.3f} s {point.megabytes:6.0f} MB", flush=True)
    import tuili

    laws = {kind: Law.of(found) for kind, found in points.items()}
    head = f"{machine('tuili', 'onnxruntime')}; {options.threads} threads; {options.rounds} rounds; "
    head += tuili.load(options.model, threads=1).model
    options.output.mkdir(parents=True, exist_ok=True)
    told = {
        "machine": head,
        "points": {kind: [asdict(point) for point in found] for kind, found in points.items()},
        "laws": {kind: asdict(law) for kind, law in laws.items()},
    }
    (options.output / "growth.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    (options.output / "growth.md").write_text(markdown(head, points, laws), "utf-8")
    draw(points, laws, options.output / "growth.png")
    print(markdown(head, points, laws))


if __name__ == "__main__":
    main()
