"""Made-up documents whose names are told by casing and by the word before, and a random BERT encoder."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import tiny

from tuili.learning.entities.documents import TaggedSentence

if TYPE_CHECKING:
    from pathlib import Path


def sentences(count: int, seed: int = 0) -> list[TaggedSentence]:
    """ "the Dog Cat is in Park .": capitals name a person of one or two words; after `in`, a place."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        words, tags = ["the"], ["O"]
        for place in range(rng.randint(1, 2)):
            word = rng.choice(["dog", "cat", "man", "woman"])
            if rng.random() < 0.7:
                words.append(word.capitalize())
                tags.append("I-PER" if place and tags[-1] != "O" else "B-PER")
            else:
                words.append(word)
                tags.append("O")
        words += ["is", "in", rng.choice(["Park", "park", "Dog", "dog"]), "."]
        tags += ["O", "O", "B-LOC" if words[-2][0].isupper() else "O", "O"]
        found.append(TaggedSentence(number // 5, tuple(words), tuple(tags)))
    return found


def write_base(directory: Path) -> Path:
    """A BERT encoder of the size of `tiny`, in Hugging Face's layout."""
    import torch
    from safetensors.torch import save_file

    c = tiny.config()
    generator = torch.Generator().manual_seed(3)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator) * 0.1

    weights = {
        "embeddings.word_embeddings.weight": normal(c.vocabulary, c.hidden),
        "embeddings.position_embeddings.weight": normal(c.positions, c.hidden),
        "embeddings.token_type_embeddings.weight": normal(2, c.hidden),
        "embeddings.LayerNorm.weight": torch.ones(c.hidden),
        "embeddings.LayerNorm.bias": torch.zeros(c.hidden),
    }
    for index in range(c.layers):
        layer = f"encoder.layer.{index}"
        for name, outputs, inputs in [
            ("attention.self.query", c.hidden, c.hidden),
            ("attention.self.key", c.hidden, c.hidden),
            ("attention.self.value", c.hidden, c.hidden),
            ("attention.output.dense", c.hidden, c.hidden),
            ("intermediate.dense", c.intermediate, c.hidden),
            ("output.dense", c.hidden, c.intermediate),
        ]:
            weights[f"{layer}.{name}.weight"] = normal(outputs, inputs)
            weights[f"{layer}.{name}.bias"] = torch.zeros(outputs)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights[f"{layer}.{name}.weight"] = torch.ones(c.hidden)
            weights[f"{layer}.{name}.bias"] = torch.zeros(c.hidden)
    directory.mkdir()
    save_file(weights, directory / "model.safetensors")
    described = {
        "model_type": "bert", "vocab_size": c.vocabulary, "hidden_size": c.hidden, "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads, "intermediate_size": c.intermediate, "max_position_embeddings": c.positions,
    }  # fmt: skip
    (directory / "config.json").write_text(json.dumps(described))
    (directory / "tokenizer.json").write_bytes(tiny.tokenizer_json())
    return directory
