"""The prefix form of a BERT encoder, in torch: what training optimises and what export writes down.

A joint cross-encoder lets every token see every other, so a premise must be read again for each
hypothesis. Here premise tokens never attend to the hypothesis, while hypothesis tokens attend to the
premise and to themselves. The premise's keys and values in each layer, its *percept*, therefore depend
on the premise alone and can be kept (the prefix mask of T5, Raffel et al. 2020, section 3.2.1, applied
to a pair encoder as in DeFormer, Cao et al. 2020, but without separating the lower layers' hypothesis
from the premise).

Tokens are *packed*: the linear layers run over the real tokens of a whole batch, `(tokens, hidden)`, and only
attention unfolds them into padded rows. No work is spent on padding outside attention.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tuili.learning.objectives import partial_label_loss as partial_label_loss  # where recipes look for it
from tuili.learning.optimiser import parameter_groups as parameter_groups  # likewise
from tuili.learning.prefix_config import PrefixConfig

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Texts of different lengths as one run of tokens, with the way to padded rows and back.

    *Shape:* `ids`, `positions`, `scatter` `(tokens,)`; `gather`, `mask` `(rows, longest)`.
    """

    ids: Tensor
    positions: Tensor
    gather: Tensor  # row, column -> index of the token (padding points at token 0)
    scatter: Tensor  # token -> index in the flattened rows
    mask: Tensor  # True where there is a token

    @classmethod
    def of(cls, texts: list[list[int]]) -> PackedRows:
        lengths = torch.tensor([len(text) for text in texts])
        longest = int(lengths.max())
        mask = torch.arange(longest)[None, :] < lengths[:, None]
        gather = torch.zeros(mask.shape, dtype=torch.int64)
        gather[mask] = torch.arange(int(lengths.sum()))
        return cls(
            ids=torch.tensor([token for text in texts for token in text]),
            positions=torch.arange(longest).expand(mask.shape)[mask],
            gather=gather,
            scatter=mask.flatten().nonzero().squeeze(1),
            mask=mask,
        )

    def to(self, device: torch.device) -> PackedRows:
        return PackedRows(*(getattr(self, name).to(device) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Distinct premises, hypotheses, and which premise each hypothesis is put to."""

    premises: PackedRows
    hypotheses: PackedRows
    premise_of: Tensor  # (hypotheses,)
    labels: Tensor  # (hypotheses,)
    weights: Tensor  # (hypotheses,)

    def __len__(self) -> int:
        return len(self.premise_of)

    def to(self, device: torch.device) -> PairBatch:
        return PairBatch(*(getattr(self, name).to(device) for name in self.__slots__))


class PrefixLayer(nn.Module):
    """One post-norm transformer layer (Vaswani et al. 2017) over packed tokens."""

    def __init__(self, config: PrefixConfig, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = config.heads
        self.dropout = nn.Dropout(dropout)
        self.qkv = nn.Linear(config.hidden, 3 * config.hidden)
        self.attention_out = nn.Linear(config.hidden, config.hidden)
        self.attention_norm = nn.LayerNorm(config.hidden, eps=config.layer_norm_eps)
        self.feed_in = nn.Linear(config.hidden, config.intermediate)
        self.feed_out = nn.Linear(config.intermediate, config.hidden)
        self.feed_norm = nn.LayerNorm(config.hidden, eps=config.layer_norm_eps)

    def rows(self, packed: Tensor, layout: PackedRows) -> Tensor:
        """`(tokens, hidden)` to `(rows, heads, longest, head_size)`."""
        rows = packed.index_select(0, layout.gather.flatten()).view(*layout.gather.shape, self.heads, -1)
        return rows.transpose(1, 2)

    def attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, layout: PackedRows) -> Tensor:
        """Attention in padded rows, back to packed tokens. *Shape:* `mask` `(rows, 1, 1, keys)`, True = seen."""
        # Written out: for rows this short, torch's fused CPU kernel spends three times as long in backward.
        scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5)
        context = scores.masked_fill(~mask, -1e4).softmax(-1).to(value.dtype) @ value
        packed: Tensor = context.transpose(1, 2).flatten(0, 1).flatten(1).index_select(0, layout.scatter)
        return packed

    def finish(self, hidden: Tensor, context: Tensor) -> Tensor:
        """Everything after attention: output projection, feed-forward, both norms."""
        hidden = self.attention_norm(hidden + self.dropout(self.attention_out(context)))
        normed: Tensor = self.feed_norm(hidden + self.dropout(self.feed_out(F.gelu(self.feed_in(hidden)))))
        return normed


class PrefixModel(nn.Module):
    """Premise and hypothesis through one encoder under the prefix mask, then a two-layer head.

    The head reads the hypothesis' `[CLS]` state and the mean of its states. Premise positions and
    hypothesis positions both start at 0; the token type tells them apart (0 and 1).

    Args:
        key_dropout: Share of a premise's keys hidden from a hypothesis in training.
        head_dropout: Dropout between the head's two layers.
        dropout: Dropout of embeddings and of what each sub-layer adds, as in Vaswani et al. 2017, section 5.4.
    """

    def __init__(
        self, config: PrefixConfig, *, key_dropout: float = 0.0, head_dropout: float = 0.1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.config = config
        self.key_dropout = key_dropout
        self.dropout = nn.Dropout(dropout)
        self.words = nn.Embedding(config.vocabulary, config.hidden)
        self.positions = nn.Embedding(config.positions, config.hidden)
        self.types = nn.Embedding(2, config.hidden)
        self.embedding_norm = nn.LayerNorm(config.hidden, eps=config.layer_norm_eps)
        self.layers = nn.ModuleList(PrefixLayer(config, dropout=dropout) for _ in range(config.layers))
        self.head_in = nn.Linear(2 * config.hidden, config.hidden)
        self.head_dropout = nn.Dropout(head_dropout)
        self.head_out = nn.Linear(config.hidden, config.labels)

    @property
    def stack(self) -> list[PrefixLayer]:
        """The layers, bottom first."""
        return cast("list[PrefixLayer]", list(self.layers))

    @classmethod
    def from_bert(
        cls,
        directory: str | Path,
        labels: int = 3,
        *,
        key_dropout: float = 0.0,
        head_dropout: float = 0.1,
        dropout: float = 0.0,
    ) -> PrefixModel:
        """A new head on the encoder in `directory` (`config.json`, `model.safetensors`)."""
        from safetensors.torch import load_file

        directory = Path(directory)
        config = PrefixConfig.from_bert(json.loads((directory / "config.json").read_text("utf-8")), labels)
        model = cls(config, key_dropout=key_dropout, head_dropout=head_dropout, dropout=dropout)
        weights = load_file(directory / "model.safetensors")
        weights = {name.removeprefix("bert."): tensor for name, tensor in weights.items()}
        model.load_bert(weights)
        return model

    @torch.no_grad()
    def load_bert(self, weights: Mapping[str, Tensor]) -> None:
        """Copy encoder weights under their Hugging Face names; the pooler is not used."""

        def linear(target: nn.Linear | nn.LayerNorm, source: str) -> None:
            target.weight.copy_(weights[f"{source}.weight"])
            target.bias.copy_(weights[f"{source}.bias"])

        self.words.weight.copy_(weights["embeddings.word_embeddings.weight"])
        self.positions.weight.copy_(weights["embeddings.position_embeddings.weight"])
        self.types.weight.copy_(weights["embeddings.token_type_embeddings.weight"])
        linear(self.embedding_norm, "embeddings.LayerNorm")
        for index, layer in enumerate(self.stack):
            source = f"encoder.layer.{index}"
            attention = [f"{source}.attention.self.{name}" for name in ("query", "key", "value")]
            layer.qkv.weight.copy_(torch.cat([weights[f"{name}.weight"] for name in attention]))
            layer.qkv.bias.copy_(torch.cat([weights[f"{name}.bias"] for name in attention]))
            linear(layer.attention_out, f"{source}.attention.output.dense")
            linear(layer.attention_norm, f"{source}.attention.output.LayerNorm")
            linear(layer.feed_in, f"{source}.intermediate.dense")
            linear(layer.feed_out, f"{source}.output.dense")
            linear(layer.feed_norm, f"{source}.output.LayerNorm")

    def embed(self, batch: PairBatch) -> Tensor:
        """All premise tokens, then all hypothesis tokens, in one look-up. *Shape:* `(tokens, hidden)`."""
        premises, hypotheses = batch.premises, batch.hypotheses
        types = torch.zeros(len(premises.ids) + len(hypotheses.ids), dtype=torch.int64, device=premises.ids.device)
        types[len(premises.ids) :] = 1
        words = self.words(torch.cat([premises.ids, hypotheses.ids]))
        positions = self.positions(torch.cat([premises.positions, hypotheses.positions]))
        return cast("Tensor", self.dropout(self.embedding_norm(words + positions + self.types(types))))

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits. *Shape:* `(hypotheses, labels)`, float32."""
        premises, hypotheses, group = batch.premises, batch.hypotheses, batch.premise_of
        premise_tokens = len(premises.ids)
        hidden = self.embed(batch)
        premise_mask = premises.mask[:, None, None, :]
        seen = premises.mask[group]
        if self.training and self.key_dropout > 0:
            # Evidence is found by hiding premise keys from the hypothesis, so training hides some too;
            # the [CLS] key always stays, so that no row is left without a key.
            hide = torch.rand(seen.shape, device=seen.device) < self.key_dropout
            hide[:, 0] = False
            seen = seen & ~hide
        joint_mask = torch.cat([seen, hypotheses.mask], dim=1)[:, None, None, :]

        for index, layer in enumerate(self.stack):
            last = index == self.config.layers - 1
            query, key, value = layer.qkv(hidden).chunk(3, dim=-1)
            premise_key = layer.rows(key[:premise_tokens], premises)
            premise_value = layer.rows(value[:premise_tokens], premises)
            joint_key = torch.cat([premise_key[group], layer.rows(key[premise_tokens:], hypotheses)], dim=2)
            joint_value = torch.cat([premise_value[group], layer.rows(value[premise_tokens:], hypotheses)], dim=2)
            hypothesis_query = layer.rows(query[premise_tokens:], hypotheses)
            context = layer.attend(hypothesis_query, joint_key, joint_value, joint_mask, hypotheses)
            if last:  # nothing reads the premise's own states after its last keys and values
                hidden = layer.finish(hidden[premise_tokens:], context)
            else:
                premise_query = layer.rows(query[:premise_tokens], premises)
                own = layer.attend(premise_query, premise_key, premise_value, premise_mask, premises)
                hidden = layer.finish(hidden, torch.cat([own, context]))

        states = hidden.float().index_select(0, hypotheses.gather.flatten()).view(*hypotheses.gather.shape, -1)
        present = hypotheses.mask[..., None].float()
        mean = (states * present).sum(1) / present.sum(1)
        features = torch.cat([states[:, 0], mean], dim=-1)
        with torch.autocast(features.device.type, enabled=False):
            return cast("Tensor", self.head_out(self.head_dropout(F.gelu(self.head_in(features)))))


def head_init(model: PrefixModel, seed: int) -> None:
    """Initialise the head alone, from its own seed, so that the encoder's origin does not move it."""
    generator = torch.Generator().manual_seed(seed)
    for layer in (model.head_in, model.head_out):
        nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.in_features), generator=generator)
        nn.init.zeros_(layer.bias)
