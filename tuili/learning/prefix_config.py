"""The sizes of a prefix-form encoder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PrefixConfig:
    """Sizes of a prefix-form encoder; the defaults are those of all-MiniLM-L6-v2."""

    vocabulary: int = 30522
    hidden: int = 384
    layers: int = 6
    heads: int = 12
    intermediate: int = 1536
    positions: int = 512
    layer_norm_eps: float = 1e-12
    labels: int = 3

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads

    @classmethod
    def from_bert(cls, config: Mapping[str, object], labels: int) -> PrefixConfig:
        """Sizes from a Hugging Face BERT `config.json`."""
        if config.get("model_type") != "bert":
            raise ValueError(f"the prefix form needs a BERT-family base, got {config.get('model_type')!r}")
        if config.get("hidden_act", "gelu") != "gelu":
            raise ValueError(f"the prefix form needs the gelu activation, got {config['hidden_act']!r}")

        def size(key: str) -> int:
            value = config[key]
            if not isinstance(value, int):
                raise TypeError(f"config.json: {key} must be an integer, got {value!r}")
            return value

        return cls(
            vocabulary=size("vocab_size"),
            hidden=size("hidden_size"),
            layers=size("num_hidden_layers"),
            heads=size("num_attention_heads"),
            intermediate=size("intermediate_size"),
            positions=size("max_position_embeddings"),
            layer_norm_eps=float(str(config.get("layer_norm_eps", 1e-12))),
            labels=labels,
        )

    def to_dict(self) -> dict[str, float]:
        return asdict(self)
