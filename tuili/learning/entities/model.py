"""A BERT encoder that gives each word a tag, in torch."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tuili.learning.prefix import PackedRows, PrefixLayer, PrefixModel
from tuili.learning.prefix_config import PrefixConfig
from tuili.perception.words import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

FASTER = 10.0
"""How much faster new weights learn than old ones. AdamW's steps don't depend on the size of a gradient, so a factor on
what a weight does is a factor on its rate; and the training loop needs to know nothing of it."""


@dataclass(frozen=True, slots=True)
class WordBatch:
    """Windows, the shapes of their tokens, and which tokens begin a word.

    *Shape:* `shapes` `(tokens,)`; `firsts` `(words,)`, indices of packed tokens.
    """

    rows: PackedRows
    shapes: Tensor
    firsts: Tensor

    def to(self, device: torch.device) -> WordBatch:
        return WordBatch(self.rows.to(device), self.shapes.to(device), self.firsts.to(device))


class EntityModel(nn.Module):
    """Word, position and shape embeddings, transformer layers, and one linear layer over the first piece of each word.

    An uncased vocabulary does not tell `US` from `us`. The shape embedding says how a word was written; it begins at
    zero, so that training begins with the encoder as it was.
    """

    def __init__(self, config: PrefixConfig, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.config = config
        self.dropout = dropout
        self.words = nn.Embedding(config.vocabulary, config.hidden)
        self.positions = nn.Embedding(config.positions, config.hidden)
        self.types = nn.Embedding(2, config.hidden)
        self.shapes = nn.Embedding(len(Shape), config.hidden)
        self.embedding_norm = nn.LayerNorm(config.hidden, eps=config.layer_norm_eps)
        self.layers = nn.ModuleList(PrefixLayer(config) for _ in range(config.layers))
        self.head = nn.Linear(config.hidden, config.labels)
        nn.init.zeros_(self.shapes.weight)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    @property
    def stack(self) -> list[PrefixLayer]:
        """The layers, bottom first."""
        return cast("list[PrefixLayer]", list(self.layers))

    @classmethod
    def from_bert(
        cls, directory: str | Path, tags: int, *, layers: int, positions: int, kept: Sequence[int], dropout: float = 0.1
    ) -> EntityModel:
        """The lowest `layers` of the encoder in `directory`, the rows `kept` of its vocabulary, and a new head."""
        directory = Path(directory)
        whole = PrefixModel.from_bert(directory)
        found = PrefixConfig.from_bert(json.loads((directory / "config.json").read_text("utf-8")), tags)
        layers = min(layers, found.layers)
        positions = min(positions, found.positions)
        model = cls(replace(found, layers=layers, positions=positions, vocabulary=len(kept)), dropout=dropout)
        with torch.no_grad():
            model.words.weight.copy_(whole.words.weight[torch.tensor(list(kept))])
            model.positions.weight.copy_(whole.positions.weight[:positions])
            model.types.load_state_dict(whole.types.state_dict())
            model.embedding_norm.load_state_dict(whole.embedding_norm.state_dict())
            for mine, theirs in zip(model.stack, whole.stack, strict=False):
                mine.load_state_dict(theirs.state_dict())
        return model

    def forward(self, batch: WordBatch) -> Tensor:
        """Logits of each word's tag. *Shape:* `(words, tags)`."""
        rows = batch.rows
        embedded = self.words(rows.ids) + self.positions(rows.positions) + self.types.weight[0]
        hidden = self._drop(self.embedding_norm(embedded + FASTER * self.shapes(batch.shapes)))
        mask = rows.mask[:, None, None, :]
        for layer in self.stack:
            query, key, value = (layer.rows(part, rows) for part in layer.qkv(hidden).chunk(3, -1))
            hidden = layer.finish(hidden, layer.attend(query, key, value, mask, rows))
        return FASTER * cast("Tensor", self.head(self._drop(hidden.index_select(0, batch.firsts))))

    def _drop(self, states: Tensor) -> Tensor:
        return F.dropout(states, self.dropout, self.training)

    def tensors(self) -> dict[str, Tensor]:
        """The weights as they act, by name: with the factor of the new ones in them."""
        state = {name: tensor.detach().float().cpu() for name, tensor in self.state_dict().items()}
        for name in ("shapes.weight", "head.weight", "head.bias"):
            state[name] = state[name] * FASTER
        return state
