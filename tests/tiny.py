"""A prefix-form bundle small enough to make in a test: random weights, two layers, letters and words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import numpy as np

from tuili.bundle import write_bundle
from tuili.manifest import Base, Combination, DataCard, Manifest, Window
from tuili.types import THREE_WAY

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tuili.bundle import Bundle
    from tuili.learning.prefix_config import PrefixConfig

WORDS = "a the man woman dog cat is are was not sleeping running asleep outside inside two three in on park person . ,"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def vocabulary() -> dict[str, int]:
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(WORDS.split())]
    tokens += [letter for letter in LETTERS if letter not in tokens] + [f"##{letter}" for letter in LETTERS]
    return {token: number for number, token in enumerate(tokens)}


def tokenizer_json() -> bytes:
    """A BERT tokenizer over the tiny vocabulary."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing

    numbers = vocabulary()
    tokenizer = Tokenizer(WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])]
    )
    return json.dumps(json.loads(tokenizer.to_str())).encode()


def config() -> PrefixConfig:
    from tuili.learning.prefix_config import PrefixConfig

    return PrefixConfig(vocabulary=len(vocabulary()), hidden=32, layers=2, heads=4, intermediate=64, positions=64)


def tensors(seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Random weights by the names of `PrefixModel`, large enough that verdicts differ from pair to pair."""
    rng = np.random.default_rng(seed)
    c = config()

    def normal(*shape: int) -> NDArray[np.float32]:
        return (rng.standard_normal(shape) * (1.5 / shape[-1] ** 0.5)).astype(np.float32)

    def linear(name: str, outputs: int, inputs: int) -> dict[str, NDArray[np.float32]]:
        return {f"{name}.weight": normal(outputs, inputs), f"{name}.bias": normal(outputs) * 0.1}

    def norm(name: str) -> dict[str, NDArray[np.float32]]:
        shift = normal(c.hidden) * 0.1
        return {f"{name}.weight": 1 + shift, f"{name}.bias": shift[::-1].copy()}

    weights = {
        "words.weight": normal(c.vocabulary, c.hidden) * 4,
        "positions.weight": normal(c.positions, c.hidden),
        "types.weight": normal(2, c.hidden),
        **norm("embedding_norm"),
        **linear("head_in", c.hidden, 2 * c.hidden),
        **linear("head_out", c.labels, c.hidden),
    }
    for index in range(c.layers):
        layer = f"layers.{index}"
        weights |= linear(f"{layer}.qkv", 3 * c.hidden, c.hidden)
        weights |= linear(f"{layer}.attention_out", c.hidden, c.hidden)
        weights |= linear(f"{layer}.feed_in", c.intermediate, c.hidden)
        weights |= linear(f"{layer}.feed_out", c.hidden, c.intermediate)
        weights |= norm(f"{layer}.attention_norm") | norm(f"{layer}.feed_norm")
    return weights


def manifest(precision: str) -> Manifest:
    return Manifest(
        name="tiny",
        version="1",
        kind="prefix-onnx",
        labels=THREE_WAY,
        temperature=1.5,
        threshold=0.0,
        window=Window(premise=32, hypothesis=16, overlap=8),
        combination=Combination("decisive_mean", {"sharpness": 2.0}),
        precision=precision,
        base=Base("none", "Apache-2.0"),
        data=(DataCard("none", "CC0 1.0"),),
        recipe={"command": "tests/tiny.py", "commit": "none", "seed": 0},
        metrics={},
    )


def write(directory: Path, precision: Literal["int8", "float32"] = "int8", *, seed: int = 0) -> Bundle:
    """A tiny bundle at `directory`."""
    from tuili.learning.graph import build_graph

    files = {"model.onnx": build_graph(tensors(seed), config(), precision), "tokenizer.json": tokenizer_json()}
    return write_bundle(directory, manifest(precision), files)
