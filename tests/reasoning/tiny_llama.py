"""A chat model small enough to make in a test: two layers of Llama over a vocabulary of words.

Its weights are random, or set by hand so that it gives one answer to everything and ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)
WORDS = "the a man is asleep rains wet entailment neutral contradiction maybe premise hypothesis".split()


def write(directory: Path, *, answer: str | None) -> None:
    """Write the model; with `answer`, one that says this and nothing else."""
    import torch
    from tokenizers import Tokenizer, decoders
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokens = ["<unk>", "<s>", "</s>", answer or "yes", *WORDS]
    tokenizer = Tokenizer(WordLevel({token: place for place, token in enumerate(tokens)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(directory)
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokens),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
        )
    )
    if answer is not None:
        _always(model)
    model.save_pretrained(directory)


def _always(model: object) -> None:
    """Layers that add nothing; every token but the answer (3) points to the answer, and the answer to the end (2)."""
    import torch

    with torch.no_grad():
        for layer in model.model.layers:  # type: ignore[attr-defined]
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        direction = torch.ones(32)
        model.model.embed_tokens.weight[:] = direction  # type: ignore[attr-defined]
        model.model.embed_tokens.weight[3] = -direction  # type: ignore[attr-defined]
        model.lm_head.weight.zero_()  # type: ignore[attr-defined]
        model.lm_head.weight[3] = direction  # type: ignore[attr-defined]
        model.lm_head.weight[2] = -direction  # type: ignore[attr-defined]
