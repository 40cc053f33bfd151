"""Sentences of ours that a tiny model can learn: who does what, said again, said of another, or denied."""

from __future__ import annotations

import itertools
import json
import random
from typing import TYPE_CHECKING

import tiny

if TYPE_CHECKING:
    from pathlib import Path

WHO = ("man", "woman", "dog", "cat", "person")
WHERE = ("inside", "outside", "in the park")


def rows(count: int, *, seed: int = 0, two_way: bool = False) -> list[dict[str, str]]:
    """Balanced; the hypothesis alone says entailment and neutral apart, "not" a contradiction."""
    rng = random.Random(seed)
    made = []
    for number, (who, where) in zip(range(count), itertools.cycle(itertools.product(WHO, WHERE)), strict=False):
        label = ("entailment", "neutral", "contradiction")[number % 3]
        doing = rng.choice(("sleeping", "running"))
        premise = f"the {who} is {doing} {where}."
        hypothesis = {
            "entailment": f"the {who} is {doing}.",
            "neutral": f"two dog are {where} , a {who}.",
            "contradiction": f"the {who} is not {doing}.",
        }[label]
        if two_way and label != "entailment":
            label = "not_entailment"
        made.append({"premise": premise, "hypothesis": hypothesis, "label": label})
    return made


def write(path: Path, made: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in made), "utf-8")
    return path


def write_base(directory: Path, **settings: object) -> Path:
    """A BERT encoder of random weights over the tiny vocabulary."""
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = transformers.BertConfig(
        vocab_size=len(tiny.vocabulary()), max_position_embeddings=64, **{**sizes, **settings}
    )
    transformers.BertModel(config).save_pretrained(directory)
    (directory / "tokenizer.json").write_bytes(tiny.tokenizer_json())
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(directory / "tokenizer.json"),
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        model_max_length=64,
        **special,
    ).save_pretrained(directory)
    return directory
