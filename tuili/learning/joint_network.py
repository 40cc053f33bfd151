"""Any base of transformers with a new head, and its tokenizer: texts or pairs of texts to columns."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

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
    from tuili.learning.pairs import Target
    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.reasoning.pair_tokens import PairTokens


LORA_SCALE = 6


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
        """Outputs of the head. *Shape:* `(n, columns)`."""
        return cast("Tensor", self.network(**inputs.tensors).logits)


@dataclass(frozen=True, slots=True)
class Row:
    """A text, or a pair, as token ids, and what the objective compares the outputs for it with."""

    tokens: PairTokens
    target: Target


class JointNetwork:
    """A sequence classifier, or a regressor, on any base.

    Attributes:
        model: To be trained.
        base: What verdicts would call the base.
        cut: How many rows were longer than the model reads; of them the first window is taken.
        has_bias: Of a regressor, whether its last layer has one.
    """

    def __init__(
        self,
        config: TrainConfig,
        columns: Sequence[str],
        *,
        problem: Literal["single_label_classification", "regression"] = "single_label_classification",
    ) -> None:
        """Raises BundleError, ModelError or MissingExtra where the base can't be used."""
        try:
            import transformers
        except ImportError as error:
            raise MissingExtra("transformers", "train") from error
        self.cut = 0
        self._directory = find_model(config.base)
        self.base = self._directory.name
        path = str(self._directory.path)
        names = dict(enumerate(columns))
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
                problem_type=problem,
            )
        self._tokenizer = PairTokenizer(tokenizer, positions=positions_of(network))
        if network.config.pad_token_id is None:
            network.config.pad_token_id = tokenizer.pad_token_id
        self.has_bias = problem == "regression" and cast("Any", _head(network)).bias is not None
        self._lora = config.adapter == "lora"
        self.model: nn.Module = JointModel(_with_lora(network, config.lora_rank) if self._lora else network)

    def batches(
        self, texts: Sequence[Pair | str], targets: Sequence[Target], budget: int, seed: int
    ) -> TokenBudget[Row]:
        """Texts, or pairs of texts, in batches.

        Raises:
            DataError: A hypothesis is too long to leave room for a premise.
        """
        rows = [Row(tokens, target) for tokens, target in zip(self._tokens(texts), targets, strict=True)]
        return TokenBudget(rows, _length, self._collate, budget, seed)

    def _tokens(self, texts: Sequence[Pair | str]) -> list[PairTokens]:
        given = list(texts)
        try:
            return self._tokenizer.rows(given)
        except InvalidPair as error:
            long = [problem.index for problem in (error, *error.also)]
        for index in long:
            given[index] = self._shortened(given[index])
        self.cut += len(long)
        return self._tokenizer.rows(given)

    def _shortened(self, text: Pair | str) -> Pair | str:
        try:
            return first_window(self._tokenizer, text)
        except InvalidText as error:
            raise DataError(f"{error}; the hypothesis begins {cast('Pair', text).hypothesis[:40]!r}") from error

    def _collate(self, rows: Sequence[Row]) -> Batch:
        arrays = self._tokenizer.padded([row.tokens for row in rows], max(len(row.tokens) for row in rows))
        inputs = JointInputs({name: torch.from_numpy(array) for name, array in arrays.items()})
        return Batch(inputs, torch.tensor([row.target for row in rows]), torch.ones(len(rows)), len(rows))

    def merged(self) -> Any:
        """The network of transformers, with an adapter's matrices added to those that they were trained beside."""
        model = cast("Any", self.model)
        if self._lora:
            model.network, self._lora = model.network.merge_and_unload(), False
        return model.network

    def to_scale(self, mean: float, deviation: float) -> None:
        """Make a regressor that gives standard deviations from a mean give the scores themselves."""
        head = cast("Any", _head(self.merged()))
        with torch.no_grad():
            head.weight.mul_(deviation)
            if self.has_bias:
                head.bias.mul_(deviation).add_(mean)

    def write(self, directory: Path, record: dict[str, Any], card: str) -> None:
        """Raises UsageError where it can't be written."""
        write_checkpoint(directory, self.merged(), self._directory, record, card)


def write_checkpoint(directory: Path, network: Any, base: ModelDirectory, record: dict[str, Any], card: str) -> None:
    """A directory as transformers reads it, whole or not at all: the network, the base's tokenizer, card and record.

    Raises:
        UsageError: It can't be written.
    """
    import transformers

    target = Path(directory).absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tuili-", dir=target.parent, ignore_cleanup_errors=True) as place:
            new, old = Path(place, "new"), Path(place, "old")
            with quiet(transformers):
                network.save_pretrained(new)
            for pattern in FILES:
                for file in base.path.glob(pattern):
                    if "safetensors" not in file.name and file.name != RECORD and not (new / file.name).exists():
                        shutil.copyfile(file, new / file.name)
            (new / "README.md").write_text(card, "utf-8")
            whole = {"config_sha256": config_digest(new), **record}
            (new / RECORD).write_text(json.dumps(whole, indent=2) + "\n", "utf-8")
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


def first_window(tokenizer: PairTokenizer, text: Pair | str) -> Pair | str:
    """What is read of a text, or of a pair's premise, that is longer than the model reads: its first window.

    Raises:
        InvalidText: The hypothesis is too long to leave room for a premise.
    """
    if isinstance(text, str):
        return text[: tokenizer.windows(text)[0].end]
    tokenizer.check_hypothesis(text.hypothesis)
    window = tokenizer.windows(text.premise)[0]
    return Pair(text.premise[window.start : window.end], text.hypothesis)


def _head(network: nn.Module) -> nn.Linear:
    """The last layer of a regressor."""
    heads = [part for part in network.modules() if isinstance(part, nn.Linear) and part.out_features == 1]
    if len(heads) != 1:
        raise ModelError(f"this base's head has {len(heads)} layers with one output, not one; take another --base")
    return heads[0]


def _length(row: Row) -> int:
    return len(row.tokens)


def _with_lora(network: nn.Module, rank: int) -> nn.Module:
    """Low-rank matrices beside every linear layer (Hu et al. 2021); only they and the head are trained.

    Their product counts `LORA_SCALE` over the root of the rank (Kalajdzievski 2023), so that a learning rate that is
    good for one rank is good for another.
    """
    try:
        import peft
    except ImportError as error:
        raise MissingExtra("peft", "lora") from error
    settings = peft.LoraConfig(
        task_type=peft.TaskType.SEQ_CLS,
        r=rank,
        lora_alpha=LORA_SCALE,
        use_rslora=True,
        lora_dropout=0.05,
        target_modules="all-linear",
    )
    try:
        with warnings.catch_warnings(
            category=FutureWarning, action="ignore"
        ):  # of what the two libraries owe each other
            return cast("nn.Module", peft.get_peft_model(cast("Any", network), settings))
    except ValueError as error:
        raise ModelError(f"LoRA can't be put into this base: {error}") from error
