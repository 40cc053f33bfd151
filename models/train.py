"""Train the embedded weights: `python models/train.py --data DIR --base DIR --output DIR`.

Warm-up, a constant stretch and a linear decay (WSD, Hu et al. 2024, MiniCPM, section 4): the rate of the
constant stretch does not depend on the total, so that a run may be extended or shortened at a checkpoint. The
last stretch has a mixture of its own, of what people wrote (as in MiniCPM's decay).
A checkpoint holds weights, optimiser state, generators and the place in the data; a killed run goes on from it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from mixture import Mixture, collate, load_tokenizer
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from tuili.learning.prefix import PrefixModel, head_init, parameter_groups, partial_label_loss

if TYPE_CHECKING:
    from mixture import Stage

    from tuili.learning.prefix import PairBatch


def rate_factor(pairs: int, *, warmup: int, total: int, decay: float) -> float:
    """Factor on the learning rate after `pairs` examples."""
    if pairs < warmup:
        return (pairs + 1) / warmup
    tail = decay * total
    return min(1.0, max(0.0, (total - pairs) / tail))


class Run:
    """The state of one training run, and the files it lives in."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        torch.manual_seed(arguments.seed)
        self.arguments = arguments
        self.model = PrefixModel.from_bert(arguments.base, key_dropout=arguments.key_dropout, dropout=arguments.dropout)
        head_init(self.model, arguments.seed)
        if arguments.weights is not None:
            self.model.load_state_dict(load_file(arguments.weights))
        self.teacher: PrefixModel | None = None
        if arguments.teacher is not None:
            self.teacher = PrefixModel(self.model.config).eval()
            self.teacher.load_state_dict(load_file(arguments.teacher))
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.model, 0.01), lr=arguments.rate, betas=(0.9, 0.98), eps=1e-6, fused=True
        )
        self.pairs = self.epoch = self.batch = self.snapshots = 0
        self.stage: Stage | None = "broad"
        self.directory = Path(arguments.output)
        self.directory.mkdir(parents=True, exist_ok=True)

    @property
    def stage_now(self) -> Stage | None:
        """Which mixture the next pair comes from; None: training is over."""
        arguments = self.arguments
        if self.pairs >= arguments.pairs:
            return None
        return "last" if self.pairs >= arguments.switch * arguments.pairs else "broad"

    def step(self, batch: PairBatch) -> float:
        factor = rate_factor(
            self.pairs, warmup=self.arguments.warmup, total=self.arguments.pairs, decay=self.arguments.decay
        )
        for group in self.optimizer.param_groups:
            group["lr"] = self.arguments.rate * factor
        logits = self.model(batch)
        loss = partial_label_loss(logits, batch.labels, batch.weights)
        if self.teacher is not None:
            share = self.arguments.teacher_share
            with torch.no_grad():
                soft = self.teacher(batch).softmax(-1)
            loss = (1 - share) * loss - share * (soft * logits.log_softmax(-1)).sum(-1).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.pairs += len(batch)
        return loss.item()

    def save(self) -> None:
        """Write the checkpoint beside the last one, then put it in its place."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        named = {id(p): name for name, p in self.model.named_parameters()}
        for parameter, state in self.optimizer.state.items():
            for key, value in state.items():
                tensors[f"adam.{key}.{named[id(parameter)]}"] = value
        tensors["rng"] = torch.get_rng_state()
        place = {"pairs": self.pairs, "epoch": self.epoch, "batch": self.batch, "stage": self.stage}
        temporary = self.directory / "checkpoint.tmp"
        save_file(tensors, temporary, metadata={"place": json.dumps(place)})
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(self.directory / "checkpoint.safetensors")

    def resume(self) -> None:
        path = self.directory / "checkpoint.safetensors"
        if not path.exists():
            return
        with safe_open(path, "pt") as file:
            place = json.loads(file.metadata()["place"])
        tensors = load_file(path)
        state = {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
        self.model.load_state_dict(state)
        for name, parameter in self.model.named_parameters():
            self.optimizer.state[parameter] = {
                key: tensors[f"adam.{key}.{name}"] for key in ("step", "exp_avg", "exp_avg_sq")
            }
        torch.set_rng_state(tensors["rng"])
        self.pairs, self.epoch, self.batch = place["pairs"], place["epoch"], place["batch"]
        self.snapshots = self.pairs // self.arguments.snapshot_every
        self.stage = place.get("stage", "broad")

    def note(self, losses: list[float], speed: float) -> None:
        """A line in the log of the run."""
        line = {
            "pairs": self.pairs,
            "epoch": self.epoch,
            "loss": round(sum(losses) / len(losses), 4),
            "pairs_per_second": round(speed, 1),
        }
        with (self.directory / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def fit(self, mixture: Mixture) -> None:
        """Train to the end of the schedule, from wherever this run stands."""
        arguments = self.arguments
        self.model.train()
        losses: list[float] = []
        started, before, saved = time.monotonic(), self.pairs, time.monotonic()
        if self.stage is None:  # a run that was over, and is to go on to more pairs
            self.stage = self.stage_now
        while self.stage is not None and self.pairs < arguments.pairs:
            batches = mixture.epoch(arguments.seed, self.epoch, self.stage, budget=arguments.budget)
            while self.batch < len(batches) and self.stage == self.stage_now:
                self.batch += 1
                losses.append(self.step(collate(batches[self.batch - 1])))
                if len(losses) == 100:
                    self.note(losses, (self.pairs - before) / (time.monotonic() - started))
                    losses.clear()
                if self.pairs // arguments.snapshot_every > self.snapshots:
                    self.snapshots = self.pairs // arguments.snapshot_every
                    self.write(f"snapshot-{self.snapshots:02d}.safetensors")
                if time.monotonic() - saved > arguments.save_every:
                    self.save()
                    saved = time.monotonic()
            self.epoch, self.batch, self.stage = self.epoch + 1, 0, self.stage_now
        self.save()
        self.write("model.safetensors")

    def write(self, name: str) -> None:
        """The weights alone, as `average.py` and `export.py` read them."""
        weights = {name: tensor.contiguous() for name, tensor in self.model.state_dict().items()}
        record = {**self.model.config.to_dict(), "pairs": self.pairs, "seed": self.arguments.seed}
        save_file(weights, self.directory / name, metadata={"prefix": json.dumps(record)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="directory of the data sets")
    parser.add_argument("--base", required=True, help="directory of the base encoder")
    parser.add_argument("--weights", help="start from an earlier run's weights instead of the bare encoder")
    parser.add_argument("--output", required=True)
    parser.add_argument("--mixture", default=str(Path(__file__).with_name("mixture.toml")))
    parser.add_argument("--pairs", type=int, default=232_000, help="pairs to see in all")
    parser.add_argument("--budget", type=int, default=1400, help="tokens a batch")
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--warmup", type=int, default=15_000, help="pairs of warm-up")
    parser.add_argument("--decay", type=float, default=0.32, help="last part of the run, with a falling rate")
    parser.add_argument(
        "--switch", type=float, default=0.7191, help="from which part of the run on the last mixture is used"
    )
    parser.add_argument("--key-dropout", type=float, default=0.05)
    parser.add_argument("--dropout", type=float, default=0.0, help="of the encoder's states")
    parser.add_argument(
        "--teacher", help="weights whose probabilities are learned beside the labels (Hinton et al. 2015)"
    )
    parser.add_argument("--teacher-share", type=float, default=0.5, help="how much of the loss is the teacher's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=300.0, help="seconds between checkpoints")
    parser.add_argument("--snapshot-every", type=int, default=15_000, help="pairs between weights kept for averaging")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run = Run(arguments)
    run.resume()
    tokenizer = load_tokenizer(Path(arguments.base) / "tokenizer.json")
    run.fit(Mixture.load(arguments.mixture, arguments.data, tokenizer))


if __name__ == "__main__":
    main()
