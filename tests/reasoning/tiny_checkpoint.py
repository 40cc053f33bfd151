"""Checkpoints in the Hugging Face format, small enough to make in a test."""

from __future__ import annotations

import json
import re
import string
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from contract import WORDS

from tuili.reasoning.probes import PROBES
from tuili.types import THREE_WAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

POSITIONS = 64
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}


@contextmanager
def threads(number: int) -> Iterator[None]:
    """So many threads in torch; for matrices this small, one is fastest."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def wordpiece() -> Tokenizer:
    """The words of the probes, and letters for all others. It truncates and pads, as saved ones often do."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing

    words = re.findall(r"\w+", " ".join(text for probe in PROBES for text in probe.pair).lower())
    letters = string.ascii_lowercase + string.digits
    tokens = [*SPECIAL.values(), *words, *WORDS.split(), *string.punctuation, *letters, *(f"##{c}" for c in letters)]
    tokenizer = Tokenizer(WordPiece({token: row for row, token in enumerate(dict.fromkeys(tokens))}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=40)
    return tokenizer


def byte_pairs() -> Tokenizer:
    """Byte-level byte pairs framed as RoBERTa does, without a token type."""
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as Decoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.processors import RobertaProcessing
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = Decoder()
    trainer = BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([WORDS, *(text for probe in PROBES for text in probe.pair)], trainer)
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def write_bert(directory: Path, *, names: Sequence[str] = THREE_WAY, family: str = "Bert", **settings: Any) -> Path:
    """Random weights; `family` may be Bert or DistilBert."""
    import transformers

    tokenizer = wordpiece()
    sizes: dict[str, Any] = {**SIZES, "max_position_embeddings": POSITIONS, **settings}
    if family == "DistilBert":
        sizes = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": POSITIONS}
    inputs = ["input_ids", "attention_mask", *(["token_type_ids"] if family == "Bert" else [])]
    return _write(directory, family, tokenizer, SPECIAL, inputs, names, sizes, transformers)


def write_roberta(directory: Path, *, names: Sequence[str] = THREE_WAY, family: str = "Roberta") -> Path:
    """Random weights; `family` may be Roberta or Bart. Its tokenizer names no limit."""
    import transformers

    special = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    special |= {"bos_token": "<s>", "eos_token": "</s>"}
    sizes: dict[str, Any] = {**SIZES, "max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1}
    if family == "Bart":
        kinds = ("layers", "attention_heads", "ffn_dim")
        sizes = {
            f"{side}_{kind}": n for side in ("encoder", "decoder") for kind, n in zip(kinds, (2, 4, 64), strict=True)
        }
        sizes |= {"d_model": 32, "max_position_embeddings": POSITIONS, "decoder_start_token_id": 2}
        sizes["forced_eos_token_id"] = None
    sizes |= {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    return _write(directory, family, byte_pairs(), special, ["input_ids", "attention_mask"], names, sizes, transformers)


def _write(
    directory: Path,
    family: str,
    tokenizer: Tokenizer,
    special: dict[str, str],
    inputs: list[str],
    names: Sequence[str],
    sizes: dict[str, Any],
    transformers: Any,
) -> Path:
    import torch

    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(
        vocab_size=tokenizer.get_vocab_size(), id2label=dict(enumerate(map(str, names))), initializer_range=0.3, **sizes
    )
    getattr(transformers, f"{family}ForSequenceClassification")(config).save_pretrained(directory)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=inputs, **special
    ).save_pretrained(directory)
    return directory


def teach_probes(directory: Path, names: Sequence[str] = THREE_WAY) -> None:
    """Fit a BERT checkpoint to the probes, its columns in the order of `names`, so that it passes for a sound one."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(directory)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    network = AutoModelForSequenceClassification.from_pretrained(directory).train(False)
    pairs = [[probe.premise, probe.hypothesis] for probe in PROBES]
    inputs = tokenizer([p for p, _ in pairs], [h for _, h in pairs], padding=True, return_tensors="pt")
    gold = torch.tensor([list(names).index(p.label if p.label in names else "not_entailment") for p in PROBES])
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(200):
        output = network(**inputs, labels=gold)
        if output.loss < 0.05:
            break
        optimizer.zero_grad()
        output.loss.backward()
        optimizer.step()
    network.save_pretrained(directory)


def edit_json(path: Path, **changes: Any) -> None:
    """Set keys of a JSON file; None removes one."""
    content = {**json.loads(path.read_text("utf-8")), **changes}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}), "utf-8")
