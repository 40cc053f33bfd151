"""The joint form: premise and hypothesis read together by any sequence classifier; what is written is a checkpoint."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from tuili.errors import DataError, InvalidPair, InvalidText, MissingExtra, ModelError, UsageError
from tuili.learning.batches import Batch, TokenBudget
from tuili.reasoning.foreign_errors import translated
from tuili.reasoning.model_directory import FILES, find_model
from tuili.reasoning.pair_network import positions_of, quiet
from tuili.reasoning.pair_tokens import PairTokenizer
from tuili.reasoning.training_record import RECORD, config_digest
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.learning.config import TrainConfig
    from tuili.learning.pairs import LabelledPair, LabelScheme
    from tuili.reasoning.pair_tokens import PairTokens


@dataclass(frozen=True, slots=True)
class JointInputs:
    """What the network is called with, by name. *Shape:* each `(n, longest)`."""

    tensors: dict[str, Tensor]

    def to(self, device: torch.device, /) -> JointInputs:
        return JointInputs({name: tensor.to(device) for name, tensor in self.tensors.items()})


class JointModel(nn.Module):
    """A network of transformers behind the loop's way of calling."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: JointInputs) -> Tensor:
        """Logits. *Shape:* `(n, labels)`."""
        return cast("Tensor", self.network(**inputs.tensors).logits)


@dataclass(frozen=True, slots=True)
class Row:
    """A pair as token ids, and its column."""

    tokens: PairTokens
    column: int


class JointForm:
    """A sequence classifier on any base.

    Attributes:
        model: To be trained.
        base: What verdicts would call the base.
        cut: How many pairs were longer than the model reads; of their premises the first window is taken.
    """

    def __init__(self, config: TrainConfig, scheme: LabelScheme) -> None:
        """Raises BundleError, ModelError or MissingExtra where the base can't be used."""
        try:
            import transformers
        except ImportError as error:
            raise MissingExtra("transformers", "train") from error
        self.cut = 0
        self._scheme = scheme
        self._directory = find_model(config.base)
        self.base = self._directory.name
        path = str(self._directory.path)
        names = {column: label.value for column, label in enumerate(scheme.labels)}
        torch.manual_seed(config.seed)  # the new head
        what = f"{config.base} can't be trained as a sequence classifier; is it an encoder of text?"
        with translated(what), quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(path, trust_remote_code=False, local_files_only=True)
            network = transformers.AutoModelForSequenceClassification.from_pretrained(
                path,
                num_labels=len(names),
                id2label=names,
                label2id={name: column for column, name in names.items()},
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,
                problem_type="single_label_classification",
            )
        self._tokenizer = PairTokenizer(tokenizer, positions=positions_of(network))
        if network.config.pad_token_id is None:
            network.config.pad_token_id = tokenizer.pad_token_id
        self._lora = config.adapter == "lora"
        self.model: nn.Module = JointModel(_with_lora(network, config.lora_rank) if self._lora else network)

    def batches(self, pairs: Sequence[LabelledPair], budget: int, seed: int, *, gold: bool = False) -> TokenBudget[Row]:
        """Pairs in batches; `gold` keeps columns as targets, whatever the objective wants."""
        rows = [
            Row(tokens, self._scheme.column(pair.label))
            for tokens, pair in zip(self._tokens(pairs), pairs, strict=True)
        ]
        yes_no = self._scheme.objective == "binary" and not gold
        return TokenBudget(rows, _length, partial(self._collate, yes_no=yes_no), budget, seed)

    def _tokens(self, pairs: Sequence[LabelledPair]) -> list[PairTokens]:
        texts = [Pair(pair.premise, pair.hypothesis) for pair in pairs]
        try:
            return self._tokenizer.pairs(texts)
        except InvalidPair as error:
            long = [problem.index for problem in (error, *error.also)]
        for index in long:
            texts[index] = self._shortened(texts[index])
        self.cut += len(long)
        return self._tokenizer.pairs(texts)

    def _shortened(self, pair: Pair) -> Pair:
        """The first window that inference would read."""
        try:
            self._tokenizer.check_hypothesis(pair.hypothesis)
        except InvalidText as error:
            raise DataError(f"{error}; the hypothesis begins {pair.hypothesis[:40]!r}") from error
        window = self._tokenizer.windows(pair.premise)[0]
        return Pair(pair.premise[window.start : window.end], pair.hypothesis)

    def _collate(self, rows: Sequence[Row], *, yes_no: bool) -> Batch:
        arrays = self._tokenizer.padded([row.tokens for row in rows], max(len(row.tokens) for row in rows))
        columns = torch.tensor([row.column for row in rows])
        inputs = JointInputs({name: torch.from_numpy(array) for name, array in arrays.items()})
        targets = (columns == 0).float() if yes_no else columns
        return Batch(inputs, targets, torch.ones(len(rows)), len(rows))

    def write(self, directory: Path, config: TrainConfig, about: dict[str, Any], card: str) -> None:
        """A directory that `tuili.load` reads: the network, the base's tokenizer, the card, `training.json`."""
        import transformers

        network = cast("Any", self.model).network
        if self._lora:
            network = network.merge_and_unload()
            cast("Any", self.model).network, self._lora = network, False
        target = Path(directory).absolute()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".tuili-", dir=target.parent, ignore_cleanup_errors=True) as place:
                new, old = Path(place, "new"), Path(place, "old")
                with quiet(transformers):
                    network.save_pretrained(new)
                for pattern in FILES:
                    for file in self._directory.path.glob(pattern):
                        if "safetensors" not in file.name and file.name != RECORD and not (new / file.name).exists():
                            shutil.copyfile(file, new / file.name)
                (new / "README.md").write_text(card, "utf-8")
                labels = [label.value for label in self._scheme.labels]
                record = {
                    "name": config.model_name,
                    "labels": labels,
                    "config_sha256": config_digest(new),
                    "temperature": 1.0,
                    **about,
                }
                (new / RECORD).write_text(json.dumps(record, indent=2) + "\n", "utf-8")
                for file in new.iterdir():
                    with file.open("rb") as stream:
                        os.fsync(stream.fileno())
                if target.exists():
                    target.rename(old)
                new.rename(target)
        except OSError as error:
            raise UsageError(
                f"can't write to {directory}: {error.strerror}; name a directory that can be written"
            ) from error


def _length(row: Row) -> int:
    return len(row.tokens)


def _with_lora(network: nn.Module, rank: int) -> nn.Module:
    """Low-rank matrices beside every linear layer (Hu et al. 2021); only they and the head are trained."""
    try:
        import peft
    except ImportError as error:
        raise MissingExtra("peft", "lora") from error
    settings = peft.LoraConfig(
        task_type=peft.TaskType.SEQ_CLS, r=rank, lora_alpha=2 * rank, lora_dropout=0.05, target_modules="all-linear"
    )
    try:
        with warnings.catch_warnings(
            category=FutureWarning, action="ignore"
        ):  # of what the two libraries owe each other
            return cast("nn.Module", peft.get_peft_model(cast("Any", network), settings))
    except ValueError as error:
        raise ModelError(f"LoRA can't be put into this base: {error}") from error
