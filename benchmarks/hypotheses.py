"""One premise of 350 words with 64 hypotheses of about 10 words, against 64 independent readings by the same model.

The independent readings are made in one call, with premises that differ in their last word, so that they have every
advantage of batching and none of sharing.
"""

from __future__ import annotations

import argparse
import random

from made_pairs import sentence
from timing import interleaved, machine, table

import tuili


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypotheses", type=int, default=64)
    parser.add_argument("--words", type=int, default=350)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="a bundle; the embedded model by default")
    arguments = parser.parse_args()
    rng = random.Random(0)
    premise = " ".join(sentence(rng, 14) for _ in range(arguments.words // 14))
    hypotheses = [sentence(rng, 10) for _ in range(arguments.hypotheses)]
    engine = tuili.load(arguments.model, threads=arguments.threads, cache_bytes=0)
    shared = [(premise, hypothesis) for hypothesis in hypotheses]
    independent = [(f"{number} {premise} {number}", hypothesis) for number, hypothesis in enumerate(hypotheses)]
    ways = {
        "independent readings": lambda: engine.judge(independent),
        "one reading, many hypotheses": lambda: engine.judge(shared),
        "one reading, one hypothesis": lambda: engine.judge(shared[:1]),
    }
    seconds = interleaved(ways, rounds=arguments.rounds)
    print(machine("tuili", "onnxruntime"))
    print(f"{len(premise.split())} words, {len(hypotheses)} hypotheses; {arguments.threads} threads\n")
    print(table(seconds, work=1, unit="calls", base="independent readings"))


if __name__ == "__main__":
    main()
