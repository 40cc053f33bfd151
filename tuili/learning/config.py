"""The options of a training run, from keywords, a mapping or a recipe file. Standard library only."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tuili.errors import UsageError

CHOICES = {
    "form": ("prefix", "joint"),
    "objective": ("auto", "softmax", "binary", "partial"),
    "precision": ("auto", "fp32", "bf16", "fp16"),
    "precision_out": ("int8", "float32"),
    "track": ("jsonl", "tensorboard", "wandb"),
    "decay": ("linear", "cosine", "constant", "late"),
    "adapter": ("none", "lora"),
}
RATES = {("prefix", "none"): (1e-4, 5e-5), ("joint", "none"): (2e-4, 5e-5), ("joint", "lora"): (1.5e-3, 5e-4)}
"""Peak learning rates by form and adapter, for bases of less than `LARGE` weights and for others. The first were
measured with 22.7 M weights (docs/training.md); the others are what is usual (Devlin et al. 2019; Hu et al. 2021)."""
LARGE = 80_000_000
WITHOUT_EFFECT = (
    *("file", "dev", "test", "base", "output", "task", "track", "save_every", "threads", "device", "resume"),
)
"""What may differ when a run is resumed: of files the content counts, and the rest does not move the result."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What `tuili.train` takes.

    Attributes:
        file, dev, test: Labelled pairs, see `tuili.data`. On dev the best weights are chosen and the temperature is
            fitted; test is only measured.
        base: `./directory`, `/directory` or `hf:organisation/name`.
        output: Directory of the bundle, or of the checkpoint for the joint form. Beside it `OUTPUT.run` holds the
            run's log, reports and, until it is done, its checkpoints.
        task: A task card, see `tuili.learning.tasks.card`; None: pairs, in the columns that `tuili.data` knows.
        teacher: A judge, as `tuili.load` names it, or `embedded`, whose probabilities are learnt too; rows of `file`
            may then lack a label.
        teacher_weight: How much it counts against a gold label, 0 to 1; None: 0.5.
        form: `prefix` reads a premise once for all its hypotheses (BERT-family bases); `joint` reads each pair
            together (any base that classifies sequences).
        objective: `auto`: softmax, or partial where `not_entailment` stands beside three-way labels.
        rate: Peak learning rate; None: 1e-4 (prefix), 2e-4 (joint), 1.5e-3 (adapter), and for bases of 80 M weights or
            more 5e-5, 5e-5, 5e-4.
        batch_tokens: Tokens of a batch, padding included.
        accumulate: Batches a step.
        patience: Evaluations without a better one before the run ends; None: never.
        evaluate_every: Steps between evaluations on dev; 0: once an epoch.
        save_every: Seconds between checkpoints.
        premise_window, hypothesis_window: Tokens of either side, special tokens included (prefix form).
        adapter: `lora` trains small matrices beside frozen ones (joint form), and merges them at the end.
        lora_rank: Their inner size.
        name: Of the model, in verdicts; None: the output's name.
        base_licence, data_licence: For the card.
        threads: Of the processor; None: torch's own number. Bits are only the same in as many threads.
        device: `auto`, or a device of torch.
        resume: Go on from the last checkpoint if there is one.
    """

    file: str
    dev: str
    base: str
    output: str
    test: str | None = None
    task: str | None = None
    teacher: str | None = None
    teacher_weight: float | None = None
    form: str = "prefix"
    objective: str = "auto"
    epochs: int = 3
    rate: float | None = None
    batch_tokens: int = 1024
    accumulate: int = 1
    warmup: float = 0.06
    decay: str = "linear"
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 1
    precision: str = "auto"
    patience: int | None = None
    evaluate_every: int = 0
    save_every: float = 300.0
    key_dropout: float = 0.05
    premise_window: int = 256
    hypothesis_window: int = 512
    adapter: str = "none"
    lora_rank: int = 16
    precision_out: str = "int8"
    track: str = "jsonl"
    name: str | None = None
    base_licence: str = "not stated"
    data_licence: str = "not stated"
    threads: int | None = None
    device: str = "auto"
    resume: bool = False

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise UsageError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        for name in ("epochs", "batch_tokens", "accumulate", "lora_rank"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads must be at least 1, got {self.threads}")
        if self.teacher_weight is not None and self.teacher is None:
            raise UsageError("teacher_weight goes with a teacher; name one")
        if not 0 <= self.weight_of_teacher <= 1:
            raise UsageError(f"teacher_weight must be from 0 to 1, got {self.teacher_weight}")
        if self.adapter != "none" and self.form != "joint":
            raise UsageError("an adapter goes with --form joint; the prefix form is small enough to be trained whole")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> TrainConfig:
        """From a mapping; `-` and `_` in names are one, and paths may be `Path`.

        Raises:
            UsageError: An option is unknown, missing, or of the wrong type.
        """
        if not isinstance(values, Mapping):
            raise UsageError(f"the options of a training run are a mapping, got {type(values).__name__}")
        kinds = {part.name: str(part.type) for part in fields(cls)}
        given: dict[str, Any] = {}
        for key, value in values.items():
            name = key.replace("-", "_")
            if name not in kinds:
                raise UsageError(f"unknown option {key!r}; options are {', '.join(kinds)}")
            if value is not None:
                given[name] = _typed(name, value, kinds[name])
        if missing := [name for name in ("file", "dev", "base", "output") if name not in given]:
            raise UsageError(f"options that are missing: {', '.join(missing)}")
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def rate_for(self, weights: int) -> float:
        """The learning rate that was asked for, or the form's own for a base of so many weights."""
        if self.rate is not None:
            return self.rate
        return RATES[self.form, self.adapter][weights >= LARGE]

    @property
    def weight_of_teacher(self) -> float:
        return 0.5 if self.teacher_weight is None else self.teacher_weight

    @property
    def model_name(self) -> str:
        if self.name is not None:
            return self.name
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in Path(self.output).name)
        return safe.lstrip(".-")[:64] or "model"

    @property
    def run_directory(self) -> Path:
        output = Path(self.output).absolute()
        return output.with_name(output.name + ".run")


def read_recipe(path: str | Path) -> dict[str, Any]:
    """Options from a TOML file, flat or under `[train]`.

    Raises:
        UsageError: It can't be read.
    """
    try:
        values = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: can't be read as a recipe ({error}); it must be TOML") from error
    inner = values.get("train", values)
    if not isinstance(inner, dict):
        raise UsageError(f"{path}: 'train' must be a table")
    return inner


def _typed(name: str, value: object, kind: str) -> object:
    """The value, if it is of the kind that the annotation names."""
    if isinstance(value, Path):
        value = str(value)
    allowed = [part.strip() for part in kind.split("|")]
    if isinstance(value, int) and not isinstance(value, bool) and "float" in allowed and "int" not in allowed:
        value = float(value)
    if type(value).__name__ not in allowed:
        raise UsageError(f"{name} must be {' or '.join(allowed)}, got {value!r}")
    return value
