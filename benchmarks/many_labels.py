"""`classify` with 1,000 labels on 100 texts of some 260 words, against a joint pipeline: (text, label) pair by pair.

The pipeline is Transformers' text-classification pipeline in float32 with random weights of the embedded model's size
(6 layers, 384 wide), batches of 32, sorted by length. Its cost is that of its pairs, so a draw of `--pairs` of the
100,000 is timed and the rest reckoned; the encoder reads 512 tokens, and no text here is longer. `classify` does all
the work in every round, on texts that it has not seen, with its cache emptied by as many new premises.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

import torch
import transformers
from made_pairs import WORDS, sentence
from throughput import peer_model, peer_tokenizer
from timing import machine

import tuili
from tuili.applications.classify import TEMPLATE, classify_many


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=1_000)
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--words", type=int, default=260, help="of a text")
    parser.add_argument("--pairs", type=int, default=256, help="that the pipeline judges in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="a bundle; the embedded model by default")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.logging.set_verbosity_error()
    rng = random.Random(0)
    labels = made_labels(rng, arguments.labels)
    engine = tuili.load(arguments.model, threads=arguments.threads)
    pipeline = transformers.pipeline(
        "text-classification", model=peer_model(), tokenizer=peer_tokenizer(), device="cpu", batch_size=32
    )
    everything = arguments.labels * arguments.texts
    seconds: dict[str, list[float]] = {"joint pipeline": [], "classify": []}
    for turn in range(arguments.rounds + 1):  # the first is not counted
        texts = [" ".join(sentence(rng, 13) for _ in range(-(-arguments.words // 13))) for _ in range(arguments.texts)]
        drawn = [(rng.choice(texts), TEMPLATE.replace("{}", rng.choice(labels))) for _ in range(arguments.pairs)]
        drawn.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        begun = time.perf_counter()
        pipeline([{"text": text, "text_pair": said} for text, said in drawn], truncation=True, max_length=512)
        joint = (time.perf_counter() - begun) * everything / len(drawn)
        begun = time.perf_counter()
        for text in texts:
            classify_many(engine, [text], labels)
        ours = time.perf_counter() - begun
        if turn:
            seconds["joint pipeline"].append(joint)
            seconds["classify"].append(ours)
    print(machine("tuili", "onnxruntime", "torch", "transformers"), engine.model)
    print(
        f"{arguments.labels:,} labels, {arguments.texts} texts of {arguments.words} words; {arguments.threads} threads,"
        f" {arguments.rounds} rounds; the pipeline's time reckoned from {arguments.pairs} of {everything:,} pairs\n"
    )
    print("| way | seconds for all, median (range) | ratio, median (range) |\n|---|---:|---:|")
    for name, values in seconds.items():
        ratios = sorted(j / v for j, v in zip(seconds["joint pipeline"], values, strict=True))
        print(
            f"| {name} | {statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f}) "
            f"| {statistics.median(ratios):.1f} ({ratios[0]:.1f}–{ratios[-1]:.1f}) |"
        )


def made_labels(rng: random.Random, count: int) -> list[str]:
    """Different labels of two words."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[" ".join(rng.sample(WORDS, 2))] = None
    return list(found)


if __name__ == "__main__":
    main()
