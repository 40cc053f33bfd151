"""Language models in the Hugging Face format, small enough to make in a test: two layers of T5, GPT-2 or Llama."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract import WORDS

from tuili.reasoning.generative_prompt import prompt
from tuili.reasoning.probes import PROBES
from tuili.types import THREE_WAY, TWO_WAY

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

FAMILIES = ("T5", "GPT2", "Llama")
SPECIAL = ("<pad>", "</s>", "<unk>", "<s>")
SIZES: dict[str, dict[str, Any]] = {
    "T5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0},
    "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 1024},
    "Llama": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
    },
}
CLASSES = {"T5": "T5ForConditionalGeneration", "GPT2": "GPT2LMHeadModel", "Llama": "LlamaForCausalLM"}


def tokenizer_of(family: str) -> Tokenizer:
    """Byte pairs over the words of prompts; T5's ends each text, Llama's begins it, GPT-2's frames nothing."""
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as Decoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = Decoder()
    trainer = BpeTrainer(
        vocab_size=900, special_tokens=list(SPECIAL), initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    texts = [prompt(probe.pair, labels) for probe in PROBES for labels in (THREE_WAY, TWO_WAY)]
    tokenizer.train_from_iterator([WORDS, *texts, *(f"{label} {label}" for label in (*THREE_WAY, *TWO_WAY))], trainer)
    frame = {"T5": "$A </s>", "Llama": "<s> $A"}.get(family)
    if frame is not None:
        ends = [(token, tokenizer.token_to_id(token)) for token in ("</s>", "<s>")]
        tokenizer.post_processor = TemplateProcessing(single=frame, pair=f"{frame} $B:1", special_tokens=ends)
    tokenizer.enable_truncation(16)
    return tokenizer


def write(directory: Path, family: str, *, scale: float | None = 0.3) -> Path:
    """Random weights, large enough that its answers differ; `scale=None`: as a model begins.

    GPT-2 and Llama have no padding token, as usual.
    """
    import torch
    import transformers

    tokenizer = tokenizer_of(family)
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(
        vocab_size=tokenizer.get_vocab_size(),
        pad_token_id=0,
        bos_token_id=3,
        eos_token_id=1,
        **SIZES[family],
    )
    network = getattr(transformers, CLASSES[family])(config)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1 and scale is not None:
                parameter.normal_(0, scale)
    network.save_pretrained(directory)
    special = {"eos_token": "</s>", "unk_token": "<unk>", **({"bos_token": "<s>"} if family != "T5" else {})}
    special |= {"pad_token": "<pad>"} if family == "T5" else {}
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=["input_ids", "attention_mask"], **special
    ).save_pretrained(directory)
    return directory
