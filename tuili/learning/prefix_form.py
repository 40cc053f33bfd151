"""The prefix form: pairs that share a premise travel together, and what is written is a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tokenizers import Tokenizer

from tuili.bundle import write_bundle
from tuili.errors import BundleError, ModelError
from tuili.learning.batches import Batch, TokenBudget
from tuili.learning.prefix import PackedRows, PairBatch, PrefixModel, head_init
from tuili.manifest import Base, Combination, DataCard, Manifest, Window
from tuili.perception.tokens import Tokeniser
from tuili.reasoning.model_directory import find_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import nn

    from tuili.learning.config import TrainConfig
    from tuili.learning.pairs import LabelledPair, LabelScheme, Target, TaughtPair

MOST_HYPOTHESES = 8  # of one premise in a batch, so that no batch is about one premise alone


@dataclass(frozen=True, slots=True)
class Group:
    """One premise and hypotheses that are put to it, as token ids with special tokens, and what is to come of them."""

    premise: list[int]
    hypotheses: list[list[int]]
    targets: list[Target]

    @property
    def tokens(self) -> int:
        return len(self.premise) + sum(map(len, self.hypotheses))


class PrefixForm:
    """A `PrefixModel` on a BERT-family base.

    Attributes:
        model: To be trained.
        base: What verdicts would call the base.
        cut: How many pairs were longer than the windows, and lost their ends.
    """

    def __init__(self, config: TrainConfig, scheme: LabelScheme) -> None:
        """Raises BundleError or ModelError where the base can't be used."""
        directory = find_model(config.base)
        self.base = directory.name
        self.cut = 0
        self._scheme = scheme
        self._path = directory.path / "tokenizer.json"
        try:
            self.model: nn.Module = PrefixModel.from_bert(
                directory.path, len(scheme.labels), key_dropout=config.key_dropout
            )
        except (KeyError, TypeError, ValueError, OSError, RuntimeError) as error:
            raise ModelError(
                f"{config.base} can't be trained in the prefix form: {_first_line(error)}; it takes a BERT encoder "
                "with config.json and model.safetensors; for others take --form joint"
            ) from error
        head_init(self._prefix, config.seed)
        try:
            self._tokeniser = Tokeniser.from_file(self._path)
        except BundleError as error:
            raise ModelError(f"{config.base} can't be trained in the prefix form: {error}") from error
        positions = self._prefix.config.positions
        self._premise_window = min(config.premise_window, positions)
        self._hypothesis_window = min(config.hypothesis_window, positions)

    @property
    def _prefix(self) -> PrefixModel:
        if not isinstance(self.model, PrefixModel):
            raise ModelError("not a model of the prefix form")
        return self.model

    def batches(
        self, pairs: Sequence[LabelledPair | TaughtPair], budget: int, seed: int, *, gold: bool = False
    ) -> TokenBudget[Group]:
        """Pairs in batches; `gold` keeps columns as targets, whatever the objective wants."""
        premises = self._ids([pair.premise for pair in pairs], self._premise_window)
        hypotheses = self._ids([pair.hypothesis for pair in pairs], self._hypothesis_window)
        by_premise: dict[tuple[int, ...], Group] = {}
        groups = []
        for pair, premise, hypothesis in zip(pairs, premises, hypotheses, strict=True):
            key = tuple(premise)
            if key not in by_premise or len(by_premise[key].targets) == MOST_HYPOTHESES:
                by_premise[key] = Group(premise, [], [])
                groups.append(by_premise[key])
            by_premise[key].hypotheses.append(hypothesis)
            by_premise[key].targets.append(self._scheme.target(pair, gold=gold))
        return TokenBudget(groups, _tokens, _collate, budget, seed, padded=False)

    def _ids(self, texts: list[str], window: int) -> list[list[int]]:
        rows = self._tokeniser.ids_of(texts)
        self.cut += sum(len(row) > window - 2 for row in rows)
        return [[self._tokeniser.cls, *row[: window - 2], self._tokeniser.sep] for row in rows]

    def write(self, directory: Path, config: TrainConfig, about: dict[str, Any], card: str) -> None:
        """The bundle. `about` may set `temperature`, `recipe` and `metrics` of its manifest."""
        from tuili.learning.graph import build_graph

        tensors = {name: np.asarray(t.float().cpu()) for name, t in self._prefix.state_dict().items()}
        tokenizer = Tokenizer.from_file(str(self._path))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        manifest = Manifest(
            name=config.model_name,
            version="1",
            kind="prefix-onnx",
            labels=self._scheme.labels,
            temperature=about.get("temperature", 1.0),
            threshold=0.0,
            window=Window(self._premise_window, self._hypothesis_window, (self._premise_window - 3) // 4),
            combination=Combination("decisive_mean", {"sharpness": 32.0}),
            precision=config.precision_out,
            base=Base(self.base, config.base_licence),
            data=(DataCard("the training file", config.data_licence),),
            recipe=about.get("recipe", {}),
            metrics=about.get("metrics", {}),
        )
        graph = build_graph(tensors, self._prefix.config, "int8" if config.precision_out == "int8" else "float32")
        files = {"model.onnx": graph, "tokenizer.json": tokenizer.to_str().encode(), "README.md": card.encode()}
        write_bundle(directory, manifest, files)


def _tokens(group: Group) -> int:
    return group.tokens


def _collate(groups: Sequence[Group]) -> Batch:
    targets = torch.tensor([target for group in groups for target in group.targets])
    weights = torch.ones(len(targets))
    inputs = PairBatch(
        premises=PackedRows.of([group.premise for group in groups]),
        hypotheses=PackedRows.of([hypothesis for group in groups for hypothesis in group.hypotheses]),
        premise_of=torch.tensor([index for index, group in enumerate(groups) for _ in group.targets]),
        labels=targets,
        weights=weights,
    )
    return Batch(inputs, targets, weights, len(targets))


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
