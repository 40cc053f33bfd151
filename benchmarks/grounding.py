"""`check` on the grounding sets: is a claim supported by its source? Against lexical overlap, in the same run.

Thresholds, one for each way and all sets together, are fitted on the tune halves of the sets and applied to the held
halves. At last the speed: claims a second, ten claims on each source of 350 words.
"""

from __future__ import annotations

import random
import time

import numpy as np
from made_pairs import sentence
from shared_data import balanced_accuracy, drawn, interval, parser
from splits import read_part
from timing import machine

import tuili
from tuili.applications.lexical import content_words, words
from tuili.types import Label

SETS = ("wice", "summedits", "begin", "q2_dialogue", "healthver", "scifact_rte", "bump")
THRESHOLDS = np.linspace(0.02, 0.98, 97)


def overlap(source: str, text: str) -> float:
    asked, said = set(content_words(text)), set(words(source))
    return len(asked & said) / len(asked)


def scores(engine: tuili.Judge, pairs: list[tuple[str, str, Label]]) -> dict[str, np.ndarray]:
    """What each way says of each pair, 0 to 1, and the gold labels."""
    return {
        "check": np.array([tuili.check(engine, source, text).support for source, text, _ in pairs]),
        "lexical overlap": np.array([overlap(source, text) for source, text, _ in pairs]),
        "gold": np.array([label == Label.ENTAILMENT for *_, label in pairs]),
    }


def speed(engine: tuili.Judge, *, sources: int, claims: int = 10, source_words: int = 350) -> float:
    rng = random.Random(0)
    made = [
        (
            " ".join(sentence(rng, 14) for _ in range(source_words // 14)),
            " ".join(sentence(rng, 10) for _ in range(claims)),
        )
        for _ in range(sources)
    ]
    started = time.perf_counter()
    checked = sum(len(tuili.check(engine, source, text).claims) for source, text in made)
    return checked / (time.perf_counter() - started)


def main() -> None:
    options = parser(__doc__, most=100)
    options.add_argument("--sources", type=int, default=20, help="of the timing")
    arguments = options.parse_args()
    engine = tuili.load(arguments.model, threads=arguments.threads)
    print(machine("tuili", "onnxruntime"), engine.model)
    print(f"at most {arguments.most} rows a set and half; {arguments.threads} threads\n")
    found = {
        part: {
            name: scores(engine, drawn(read_part(arguments.data, f"{name}/dev.parquet", part), arguments.most))
            for name in SETS
        }
        for part in ("tune", "held")
    }
    print("| set | rows | check, balanced accuracy (95 %) | lexical overlap |\n|---|---:|---:|---:|")
    means: dict[str, list[float]] = {}
    thresholds = {}
    for way in ("check", "lexical overlap"):
        tuned = [
            np.mean([balanced_accuracy(s[way] >= t, s["gold"]) for s in found["tune"].values()]) for t in THRESHOLDS
        ]
        thresholds[way] = float(THRESHOLDS[int(np.argmax(tuned))])
    for name, s in found["held"].items():
        cells = []
        for way, threshold in thresholds.items():
            positive = s[way] >= threshold
            value = balanced_accuracy(positive, s["gold"])
            means.setdefault(way, []).append(value)
            low, high = interval(lambda i, p=positive, g=s["gold"]: balanced_accuracy(p[i], g[i]), len(positive))
            cells.append(f"{value:.1f} ({low:.0f}–{high:.0f})")
        print(f"| {name} | {len(s['gold'])} | {cells[0]} | {cells[1]} |")
    print(f"| mean | | {np.mean(means['check']):.1f} | {np.mean(means['lexical overlap']):.1f} |")
    print(f"\nthresholds from the tune halves: {thresholds}")
    print(f"{speed(engine, sources=arguments.sources):.0f} claims a second, 10 claims on each source of 350 words")


if __name__ == "__main__":
    main()
