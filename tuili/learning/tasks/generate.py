"""Texts from texts, such as an explanation of a pair: an encoder-decoder, told each target's tokens one by one."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from tuili.errors import MissingExtra, ModelError
from tuili.learning.batches import Batch, TokenBudget
from tuili.learning.joint_network import write_checkpoint
from tuili.learning.objectives import SoftmaxCrossEntropy
from tuili.learning.outcome import Evaluation
from tuili.learning.tasks.page import page, record
from tuili.learning.tasks.report import GenerationReport, Written
from tuili.learning.tasks.rows import read_rows
from tuili.learning.tasks.task import MEASURING, SAMPLE
from tuili.learning.tasks.writing import Writer
from tuili.reasoning.foreign_errors import translated
from tuili.reasoning.generative_network import decoder_start
from tuili.reasoning.model_directory import find_model
from tuili.reasoning.pair_network import quiet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tuili.learning.batches import Batches
    from tuili.learning.objectives import Objective
    from tuili.learning.tasks.task import Setup

SHOWN = 16
"""For so many rows of each set the model writes by itself at the end."""

USE = """    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained("./{name}")
    model = AutoModelForSeq2SeqLM.from_pretrained("./{name}")
    tokenizer.decode(model.generate(**tokenizer("A source.", return_tensors="pt"))[0], skip_special_tokens=True)"""


@dataclass(frozen=True, slots=True)
class WritingRows:
    """*Shape:* `ids`, `mask` `(n, longest source)`; `before` `(n, longest target)`, what the decoder has read at each
    place; `where` likewise, True at a target's tokens."""

    ids: Tensor
    mask: Tensor
    before: Tensor
    where: Tensor

    def to(self, device: torch.device, /) -> WritingRows:
        return WritingRows(*(getattr(self, name).to(device) for name in self.__slots__))


class WritingModel(nn.Module):
    """A network of transformers behind the loop's way of calling: a row is a token of a target."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: WritingRows) -> Tensor:
        """Logits. *Shape:* `(tokens of all targets, vocabulary)`."""
        out = self.network(input_ids=inputs.ids, attention_mask=inputs.mask, decoder_input_ids=inputs.before)
        return cast("Tensor", out.logits[inputs.where])


@dataclass(frozen=True, slots=True)
class Example:
    """A source and its target, as texts and as token ids with special tokens."""

    source: str
    target: str
    source_ids: list[int]
    target_ids: list[int]


class GenerateTask:
    """See `Task`. What is written is a checkpoint that transformers reads."""

    unit = "rows"

    def __init__(self, setup: Setup) -> None:
        config, card = setup.config, setup.card
        self._config, self._card, self._device = config, card, setup.processes.device
        try:
            import transformers
        except ImportError as error:
            raise MissingExtra("transformers", "train") from error
        self._directory = find_model(config.base)
        self.base = self._directory.name
        path = str(self._directory.path)
        safely = {"trust_remote_code": False, "local_files_only": True}
        what = f"{config.base} can't be trained to write; it takes an encoder-decoder such as T5"
        with translated(what), quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(path, **safely)
            network, report = transformers.AutoModelForSeq2SeqLM.from_pretrained(
                path, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **safely
            )
        if report["missing_keys"] or not tokenizer.is_fast or tokenizer.pad_token_id is None:
            raise ModelError(f"{what}, whole, with a fast tokenizer that has a padding token")
        self._network, self._tokenizer = network, tokenizer
        self._writer = Writer(network, tokenizer, card.longest)
        self._cut = 0
        self._sets = {
            name: self._read(path)
            for name, path in (("train", config.file), ("dev", config.dev), ("test", config.test))
            if path is not None
        }
        self.model: nn.Module = WritingModel(network)
        self.objective: Objective = SoftmaxCrossEntropy()

    def _read(self, path: str) -> list[Example]:
        rows = read_rows(path, self._card.columns)
        sources = [row.text(self._card.texts["source"]) for row in rows]
        targets = [row.text(self._card.target) for row in rows]
        read = [self._ids(sources, self._writer.most), self._ids(targets, self._writer.longest)]
        return [Example(s, t, *ids) for s, t, *ids in zip(sources, targets, *read, strict=True)]

    def _ids(self, texts: list[str], most: int) -> list[list[int]]:
        read = self._writer.read(texts, most)
        self._cut += sum(text.cut for text in read)
        return [text.ids for text in read]

    def batches(self) -> Batches:
        return TokenBudget(self._sets["train"], _cost, self._collate, self._config.batch_tokens, self._config.seed)

    def dev(self) -> Sequence[Batch]:
        return self._in_order(self._sets["dev"])

    def _in_order(self, rows: Sequence[Example]) -> Sequence[Batch]:
        return TokenBudget(rows, _cost, self._collate, MEASURING * self._config.batch_tokens, 0).in_order()

    def _collate(self, rows: Sequence[Example]) -> Batch:
        pad = self._tokenizer.pad_token_id
        start = decoder_start(self._network, pad)
        ids, mask = _filled([row.source_ids for row in rows], pad)
        said, where = _filled([row.target_ids for row in rows], pad)
        before = torch.cat([torch.full((len(rows), 1), start), said[:, :-1]], 1)
        inputs = WritingRows(ids, mask.long(), before, where)
        targets = said[where]
        return Batch(inputs, targets, torch.ones(len(targets)), len(rows))

    def evaluate(self, model: nn.Module, dev: Sequence[Batch]) -> Evaluation:
        loss, right = self._measure(model, dev)
        shown = {"dev_loss": loss, "dev_perplexity": _exp(loss), "dev_token_accuracy": right}
        return Evaluation((-loss,), shown)

    def _measure(self, model: nn.Module, batches: Sequence[Batch]) -> tuple[float, float]:
        """Mean loss of a token, and the share of tokens that were thought the most probable."""
        loss = right = count = 0.0
        for index in range(len(batches)):
            batch = batches[index].to(self._device)
            logits = model(batch.inputs).float()
            loss += float(self.objective(logits, batch.targets).double().sum())
            right += float((logits.argmax(-1) == batch.targets).sum())
            count += len(batch.targets)
        return loss / count, right / count

    def write(self, facts: Mapping[str, Any]) -> Mapping[str, GenerationReport]:
        config = self._config
        count = len(self._sets["train"])
        self._sets["train"] = random.Random(config.seed).sample(self._sets["train"], min(SAMPLE, count))  # noqa: S311
        reports = {name: self._report(rows) for name, rows in self._sets.items()}
        known = {**facts, "base": self.base, "count": count, "cut": self._cut}
        use = USE.format(name=config.model_name)
        card = page(config, reports, known, what="A writer of texts from texts", use=use)
        about = record(config, self._card, reports)
        write_checkpoint(Path(config.output), self._network, self._directory, about, card)
        return reports

    def _report(self, rows: Sequence[Example]) -> GenerationReport:
        model = self.model.eval()
        with torch.no_grad():
            loss, right = self._measure(model, self._in_order(rows))
            written = [Written(row.source, row.target, self._writer.write(row.source_ids)[0]) for row in rows[:SHOWN]]
        exact = sum(text.written.strip() == text.target.strip() for text in written) / len(written)
        return GenerationReport(len(rows), loss, _exp(loss), right, exact, tuple(written))


def _cost(row: Example) -> int:
    return len(row.source_ids) + len(row.target_ids)


def _exp(loss: float) -> float:
    return math.exp(min(loss, 700.0))


def _filled(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """Padded rows, and where they are not padding."""
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
    where = torch.arange(longest)[None] < torch.tensor([len(row) for row in rows])[:, None]
    return ids, where
