"""Memory of a file run: the peak, and whether it stays flat.

Rows are drawn from `--distinct` different pairs. The engine judges a pair once a chunk, so a million rows of few
distinct pairs take minutes and still read, group and write a million rows; with `--distinct` as large as `--pairs`
every row costs a full verdict.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
from pathlib import Path

from made_pairs import make_pairs
from timing import machine

import tuili


def resident() -> float:
    """Megabytes in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--distinct", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pairs.jsonl"
        write(source, arguments.pairs, arguments.distinct)
        samples: list[tuple[int, float]] = []
        engine = tuili.load(threads=arguments.threads)
        tuili.judge_file(
            engine, source, Path(folder) / "out.jsonl", progress=lambda rows: samples.append((rows, resident()))
        )
    print(machine("tuili", "onnxruntime"))
    print(f"{arguments.pairs:,} rows of {arguments.distinct:,} distinct pairs; {arguments.threads} threads\n")
    print("| rows done | resident MB |\n|---:|---:|")
    for rows, size in samples[:: max(1, len(samples) // 8)]:
        print(f"| {rows:,} | {size:.0f} |")
    print(f"\npeak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def write(path: Path, rows: int, distinct: int) -> None:
    rng = random.Random(0)
    lines = [json.dumps({"premise": p, "hypothesis": h}) for p, h in make_pairs(distinct, hypotheses_each=3)]
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            file.write((lines[number] if rows == distinct else rng.choice(lines)) + "\n")


if __name__ == "__main__":
    main()
