"""`check` on the grounding sets: is a claim supported by its source? Against lexical overlap, in the same run.

Thresholds, one for each way and all sets together, are fitted on the fit parts of the sets (what of their tune halves
the weights were not trained on) and applied to the held halves; beside them the threshold that `check` ships with.
`--joint` adds a cross-encoder that reads both texts together, twice: the source cut off at what it can read, and the
readings of `check`. `--speed` measures only claims a second, ten claims on each source of 350 words.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
from made_pairs import sentence
from shared_data import balanced_accuracy, drawn, interval, parser
from splits import read_part
from timing import machine

import tuili
from tuili.applications.check import THRESHOLD
from tuili.applications.lexical import content_words, words
from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Way = Callable[[str, str], float]

SETS = ("wice", "summedits", "begin", "q2_dialogue", "healthver", "scifact_rte", "bump")
WHOLE_TUNE = ("scifact_rte",)  # nothing of its dev set was trained on
THRESHOLDS = np.linspace(0.02, 0.98, 97)


def overlap(source: str, text: str) -> float:
    asked, said = set(content_words(text)), set(words(source))
    return len(asked & said) / len(asked)


def truncated(path: str) -> Way:
    """A plain cross-encoder: one reading, the source cut off at what fits beside the text."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    place = list(tuili.load(path).labels).index(Label.ENTAILMENT)
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModelForSequenceClassification.from_pretrained(path)
    most = min(tokenizer.model_max_length, model.config.max_position_embeddings)
    model.eval()

    @torch.inference_mode()
    def support(source: str, text: str) -> float:
        pair = tokenizer(source, text, truncation="only_first", max_length=most, return_tensors="pt")
        return float(model(**pair).logits.softmax(-1)[0, place])

    return support


def scores(ways: dict[str, Way], pairs: list[tuple[str, str, Label]]) -> dict[str, NDArray[np.float64]]:
    """What each way says of each pair, 0 to 1, and the gold labels."""
    found = {name: np.array([way(source, text) for source, text, _ in pairs]) for name, way in ways.items()}
    return {**found, "gold": np.array([label == Label.ENTAILMENT for *_, label in pairs])}


def fitted(found: list[dict[str, NDArray[np.float64]]], way: str) -> float:
    """The threshold with the best mean over the sets; of equals the middle one."""
    means = [np.nanmean([balanced_accuracy(s[way] >= t, s["gold"]) for s in found]) for t in THRESHOLDS]
    best = np.flatnonzero(np.isclose(means, max(means)))
    return float(THRESHOLDS[best[len(best) // 2]])


def speed(engine: tuili.Judge, *, sources: int, rounds: int, claims: int = 10, source_words: int = 350) -> list[float]:
    """Claims a second in each round; no source and no claim comes twice, and the first round is not counted."""
    rng = random.Random(0)
    rates = []
    for turn in range(rounds + 1):
        made = [
            (
                " ".join(sentence(rng, 14) for _ in range(source_words // 14)),
                " ".join(sentence(rng, 10) for _ in range(claims)),
            )
            for _ in range(sources)
        ]
        started = time.perf_counter()
        checked = sum(len(tuili.check(engine, source, text).claims) for source, text in made)
        rates += [checked / (time.perf_counter() - started)] * (turn > 0)
    return rates


def main() -> None:
    options = parser(__doc__, most=100)
    options.add_argument("--joint", help="a directory that tuili.load reads as a joint checkpoint")
    options.add_argument("--speed", action="store_true", help="measure that alone")
    options.add_argument("--sources", type=int, default=20, help="of a round of the timing")
    options.add_argument("--rounds", type=int, default=3)
    arguments = options.parse_args()
    engine = tuili.load(arguments.model, threads=arguments.threads)
    print(machine("tuili", "onnxruntime"), engine.model)
    if arguments.speed:
        rates = speed(engine, sources=arguments.sources, rounds=arguments.rounds)
        print(
            f"{statistics.median(rates):.0f} ({min(rates):.0f}–{max(rates):.0f}) claims a second, 10 claims on each "
            f"source of 350 words; {arguments.threads} threads, {arguments.rounds} rounds of {arguments.sources}"
        )
        return
    print(f"at most {arguments.most} rows a set and part; {arguments.threads} threads\n")
    ways: dict[str, Way] = {"check": lambda source, text: tuili.check(engine, source, text).support}
    ways["lexical overlap"] = overlap
    if arguments.joint:
        joint = tuili.load(arguments.joint)
        print(f"joint: {joint.model}\n")
        ways["joint, source cut off"] = truncated(arguments.joint)
        ways["joint, the same readings"] = lambda source, text: tuili.check(joint, source, text).support

    def read(part: str) -> dict[str, dict[str, NDArray[np.float64]]]:
        parts = {name: "tune" if part == "fit" and name in WHOLE_TUNE else part for name in SETS}
        return {
            name: scores(ways, drawn(read_part(arguments.data, f"{name}/dev.parquet", which), arguments.most))
            for name, which in parts.items()
        }

    fit, held = list(read("fit").values()), read("held")
    columns = {f"{way}, {t:.2f}": (way, t) for way in ways for t in (fitted(fit, way),)}
    columns[f"check, {THRESHOLD:.2f} (shipped)"] = ("check", THRESHOLD)
    print("Balanced accuracy (95 %) on the held halves, at thresholds from the fit parts\n")
    print(f"| set | rows | {' | '.join(columns)} |\n|---|---:|{'---|' * len(columns)}")
    means: dict[str, list[float]] = {column: [] for column in columns}
    for name, found in held.items():
        cells = []
        for column, (way, threshold) in columns.items():
            positive, gold = found[way] >= threshold, found["gold"]
            means[column].append(balanced_accuracy(positive, gold))
            low, high = interval(lambda i, p=positive, g=gold: balanced_accuracy(p[i], g[i]), len(gold))
            cells.append(f"{means[column][-1]:.1f} ({low:.0f}–{high:.0f})")
        print(f"| {name} | {len(found['gold'])} | {' | '.join(cells)} |")
    print(f"| mean | | {' | '.join(f'{np.mean(values):.1f}' for values in means.values())} |")


if __name__ == "__main__":
    main()
