"""`tuili train --form joint` against the article's own loop: the same pairs, base, epochs and learning rate.

    python benchmarks/training.py --train PAIRS --dev PAIRS --base DIRECTORY [--pairs 500] [--epochs 2]

The article's way: a data set class that tokenises each pair to 128 tokens, padding included, batches of 16, AdamW,
float32, cross-entropy. Both are timed from the end of the first step to the end, each with a measurement on dev after
every epoch, by the clock and by the processor's time (which other work on the machine disturbs less). Of both the best
epoch on dev counts. The order alternates between rounds.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import torch
import transformers
from timing import machine

from tuili.learning.config import TrainConfig
from tuili.learning.pairs import LabelledPair, read_pairs
from tuili.learning.training_run import run_training
from tuili.types import THREE_WAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.learning.outcome import Moment


class PairDataset(torch.utils.data.Dataset):
    """As in the article."""

    def __init__(self, pairs: Sequence[LabelledPair], tokenizer: transformers.PreTrainedTokenizerBase) -> None:
        self.pairs = pairs
        self.tokenizer = tokenizer

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        pair = self.pairs[index]
        inputs = self.tokenizer(
            pair.premise,
            pair.hypothesis,
            padding="max_length",
            truncation=True,
            max_length=128,
            return_tensors="pt",
        )
        labels = torch.tensor(THREE_WAY.index(pair.label))
        return {**{name: tensor.squeeze(0) for name, tensor in inputs.items()}, "labels": labels}


@dataclass(frozen=True)
class Timed:
    """Pairs after the first step, what they took, and the accuracy on dev after the best epoch."""

    pairs: int
    clock: float
    processor: float
    accuracy: float

    def __str__(self) -> str:
        rates = (
            f"{self.pairs / self.clock:6.1f} pairs/s by the clock, {self.pairs / self.processor:6.1f} by the processor"
        )
        return f"{rates}; dev accuracy {self.accuracy:.3f}"


class Watch:
    """Both clocks."""

    def __init__(self) -> None:
        self.started = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self.started[0], time.process_time() - self.started[1]


def articles_way(train: Sequence[LabelledPair], dev: Sequence[LabelledPair], arguments: argparse.Namespace) -> Timed:
    torch.manual_seed(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.base)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        arguments.base, num_labels=3, dtype=torch.float32
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.rate)
    batches = torch.utils.data.DataLoader(PairDataset(train, tokenizer), batch_size=16, shuffle=True)
    held = torch.utils.data.DataLoader(PairDataset(dev, tokenizer), batch_size=16)
    best = 0.0
    watch: Watch | None = None
    for _ in range(arguments.epochs):
        model.train()
        for batch in batches:
            optimizer.zero_grad()
            model(**batch).loss.backward()
            optimizer.step()
            watch = watch or Watch()
        model.eval()
        with torch.no_grad():
            right = sum((model(**batch).logits.argmax(-1) == batch["labels"]).sum().item() for batch in held)
        best = max(best, right / len(dev))
    return Timed(len(train) * arguments.epochs - 16, *watch.read(), best)


def our_way(train: Path, dev: Path, output: Path, arguments: argparse.Namespace) -> Timed:
    moments: list[Moment] = []
    readings: list[tuple[float, float]] = []
    watches: list[Watch] = []

    def note(moment: Moment) -> None:
        watches.append(watches[0] if watches else Watch())
        moments.append(moment)
        readings.append(watches[0].read())

    options = {
        "file": train,
        "dev": dev,
        "base": str(Path(arguments.base).resolve()),
        "output": output,
        "form": "joint",
        "epochs": arguments.epochs,
        "rate": arguments.rate,
        "batch_tokens": arguments.batch_tokens,
        "precision": "fp32",
        "threads": arguments.threads,
    }
    run_training(TrainConfig.of(options), watch=note)
    best = max(moment.metrics["dev_accuracy"] for moment in moments if moment.metrics)
    return Timed(sum(moment.size for moment in moments[1:]), *readings[-1], best)


def sample(path: str, count: int) -> list[LabelledPair]:
    pairs = [pair for pair in read_pairs(path) if pair.label in THREE_WAY]
    return random.Random(1).sample(pairs, min(count, len(pairs)))


def written(pairs: Sequence[LabelledPair], path: Path) -> Path:
    rows = ({"premise": p.premise, "hypothesis": p.hypothesis, "label": p.label} for p in pairs)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--dev", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--dev-pairs", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--batch-tokens", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    train, dev = sample(arguments.train, arguments.pairs), sample(arguments.dev, arguments.dev_pairs)
    results: dict[str, list[Timed]] = {"article": [], "tuili": []}
    with tempfile.TemporaryDirectory() as place:
        files = written(train, Path(place, "train.jsonl")), written(dev, Path(place, "dev.jsonl"))
        for number in range(arguments.rounds):
            for name in ("article", "tuili") if number % 2 == 0 else ("tuili", "article"):
                if name == "article":
                    found = articles_way(train, dev, arguments)
                else:
                    found = our_way(*files, Path(place, f"out{number}"), arguments)
                results[name].append(found)
                print(f"{name:8} {found}", flush=True)
    both = list(zip(results["article"], results["tuili"], strict=True))
    for clock in ("clock", "processor"):
        ratios = [t.pairs / getattr(t, clock) / (a.pairs / getattr(a, clock)) for a, t in both]
        shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"pairs a second by the {clock}, tuili / article: {median(ratios):.2f} ({shown})")
    print(machine("torch", "transformers"))


if __name__ == "__main__":
    main()
