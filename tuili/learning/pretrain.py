"""Masked-language-model training on raw text: from scratch, or on from a base. What comes out is a base."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from tuili.errors import DataError, ModelError, UsageError
from tuili.learning.batches import Batch, Collated
from tuili.learning.checkpoints import CheckpointStore
from tuili.learning.loop import Trainer
from tuili.learning.objectives import SoftmaxCrossEntropy
from tuili.learning.outcome import Evaluation
from tuili.learning.processes import joined
from tuili.learning.raw_text import digest, is_held, lines, packed, text_files
from tuili.learning.settings import Settings
from tuili.reasoning.foreign_errors import translated
from tuili.reasoning.model_directory import find_model
from tuili.reasoning.pair_network import positions_of, quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tuili.learning.outcome import Moment

MASKED_SHARE = 0.15
SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
POSITIONS = 512


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """What to train and how.

    Attributes:
        text: Files, or directories of .txt, .text and .md files; UTF-8, a paragraph a line.
        output: Directory of the base; beside it `OUTPUT.run` holds checkpoints until it is done.
        base: `./directory` or `hf:organisation/name`, an encoder with a tokenizer; None: from scratch.
        vocabulary: From scratch: how many word pieces.
        hidden, layers, heads: From scratch: sizes of the BERT encoder.
        block: Tokens of a row, special tokens included.
        batch: Rows of a batch.
        held: Share of the lines that is kept back to be measured.
    """

    text: tuple[str, ...]
    output: str
    base: str | None = None
    vocabulary: int = 30_522
    hidden: int = 384
    layers: int = 6
    heads: int = 12
    block: int = 128
    batch: int = 16
    accumulate: int = 1
    epochs: int = 1
    rate: float = 1e-4
    held: float = 0.02
    seed: int = 1
    precision: str = "auto"
    device: str = "auto"
    resume: bool = False

    def __post_init__(self) -> None:
        for name in ("vocabulary", "hidden", "layers", "heads", "batch", "accumulate", "epochs"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 8 <= self.block <= POSITIONS:
            raise UsageError(f"block must be from 8 to {POSITIONS}, got {self.block}")
        if not 0 < self.held < 1:
            raise UsageError(f"held must be between 0 and 1, got {self.held}")
        if self.hidden % self.heads:
            raise UsageError(f"hidden must be a multiple of heads, got {self.hidden} and {self.heads}")


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What a run came to. Perplexities are of masked tokens in the lines kept back, the same masks before and after.

    Attributes:
        path: The base, for `tuili train --base`.
        rows, held_rows: How many rows of `block` tokens were trained on, and kept back.
        before, after: Perplexity, `exp` of the mean loss in nats.
    """

    path: Path
    rows: int
    held_rows: int
    steps: int
    before: float
    after: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "path": str(self.path)}


@dataclass(frozen=True, slots=True)
class MaskedRows:
    """*Shape:* both `(n, block)`; `where` is True at the tokens to be told."""

    ids: Tensor
    where: Tensor

    def to(self, device: torch.device, /) -> MaskedRows:
        return MaskedRows(self.ids.to(device), self.where.to(device))


class MaskedModel(nn.Module):
    """A masked language model behind the loop's way of calling: logits of the masked tokens alone."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: MaskedRows) -> Tensor:
        """*Shape:* `(masked tokens, vocabulary)`."""
        mask = torch.ones_like(inputs.ids)
        logits: Tensor = self.network(input_ids=inputs.ids, attention_mask=mask).logits
        return logits[inputs.where]


@dataclass(frozen=True, slots=True)
class MaskedBatches:
    """Rows in batches, with masks drawn anew in each epoch (Liu et al. 2019, section 4.1). A `Batches`.

    Of 15 % of the tokens, 80 % become the mask, 10 % a random token, 10 % stay (Devlin et al. 2019, section 3.1).
    """

    rows: NDArray[np.int32]
    batch: int
    seed: int
    first: int
    last: int
    mask: int
    vocabulary: int

    def epoch(self, number: int, /) -> Collated[int]:
        order = list(range(len(self.rows)))
        random.Random(f"{self.seed}/{number}").shuffle(order)  # noqa: S311  an order, not a secret
        groups = [order[start : start + self.batch] for start in range(0, len(order), self.batch)]
        return Collated(groups, lambda group: self._collate(group, number))

    def _collate(self, group: Sequence[int], number: int) -> Batch:
        told = np.asarray(self.rows[list(group)], np.int64)
        ids, where = told.copy(), np.zeros(told.shape, np.bool_)
        for place, index in enumerate(group):
            rng = np.random.default_rng([self.seed, number, index])
            chosen = rng.permutation(told.shape[1])[: max(1, round(MASKED_SHARE * told.shape[1]))]
            kind = rng.random(len(chosen))
            where[place, chosen] = True
            ids[place, chosen[kind < 0.8]] = self.mask
            other = chosen[kind >= 0.9]
            ids[place, other] = rng.integers(0, self.vocabulary, len(other))
        targets = torch.from_numpy(told[where])
        edge = np.ones((len(group), 1), np.int64)
        ids = np.hstack([self.first * edge, ids, self.last * edge])
        where = np.hstack([0 * edge, where, 0 * edge]).astype(np.bool_)
        inputs = MaskedRows(torch.from_numpy(ids), torch.from_numpy(where))
        return Batch(inputs, targets, torch.ones(len(targets)), len(group))


def pretrain(config: PretrainConfig, *, watch: Callable[[Moment], None] = lambda _: None) -> Pretrained:
    """Train, measure before and after, and write the base. It sets torch's seed.

    Raises:
        UsageError: An option that can't be, or an output that can't be written or holds something.
        DataError: Text that can't be read, or too little of it.
        BundleError, ModelError: A base that can't be used.
        NumericalError: The loss is no longer finite.
        ResumeError: `resume`, and the run there was begun with other options or text.
    """
    import transformers

    output = Path(config.output).absolute()
    if output.is_symlink() or (output.exists() and (not output.is_dir() or any(output.iterdir()))):
        raise UsageError(f"{output} is there already; remove it yourself, or name another --output")
    run = output.with_name(output.name + ".run")
    store = CheckpointStore(run / "checkpoints")
    if store.numbers() and not config.resume:
        raise UsageError(f"{run} holds a run already; go on with it by --resume, or remove it to begin anew")
    files = text_files(config.text)
    with joined(config.device) as processes:
        if processes.count > 1:
            raise UsageError("pretrain runs in one process")
        torch.manual_seed(config.seed)
        with quiet(transformers):
            tokenizer, network = _continued(config.base) if config.base is not None else _from_scratch(config, files)
        size = min(config.block, positions_of(network)) - 2
        rows, held = packed(files, tokenizer.backend_tokenizer, tokenizer.sep_token_id, size, config.held, run)
        ends = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id, len(tokenizer))
        batches = MaskedBatches(rows, config.batch, config.seed, *ends)
        measured = MaskedBatches(held, config.batch, 0, *ends).epoch(0)
        model = MaskedModel(network).to(processes.device)
        before = perplexity(model.eval(), measured, processes.device)

        def evaluate(trained: nn.Module) -> Evaluation:
            found = perplexity(trained, measured, processes.device)
            return Evaluation((-found,), {"held_perplexity": found})

        options = {name: value for name, value in asdict(config).items() if name not in ("text", "output", "resume")}
        identity = json.dumps([options, digest(files)], sort_keys=True)
        settings = Settings(
            epochs=config.epochs,
            rate=config.rate,
            accumulate=config.accumulate,
            precision=config.precision,
            seed=config.seed,
        )
        name = hashlib.sha256(identity.encode()).hexdigest()
        trainer = Trainer(model, batches, SoftmaxCrossEntropy(), settings, evaluate, store, name, processes, watch)
        outcome = trainer.fit()
        after = perplexity(model.eval(), measured, processes.device)
        found = Pretrained(output, len(rows), len(held), outcome.steps, before, after)
        with quiet(transformers):
            _write(output, network, tokenizer, found)
        shutil.rmtree(run, ignore_errors=True)
        return found


def perplexity(model: nn.Module, batches: Sequence[Batch], device: torch.device) -> float:
    """`exp` of the mean cross-entropy of the masked tokens."""
    loss = count = 0.0
    with torch.no_grad():
        for index in range(len(batches)):
            batch = batches[index].to(device)
            losses = SoftmaxCrossEntropy()(model(batch.inputs).float(), batch.targets)
            loss, count = loss + float(losses.double().sum()), count + len(losses)
    return math.exp(min(loss / count, 700.0))


def _continued(base: str) -> tuple[Any, Any]:
    import transformers

    path = str(find_model(base).path)
    safely = {"trust_remote_code": False, "local_files_only": True}
    with translated(f"{base} can't be trained as a masked language model; is it an encoder of text?"):
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, **safely)
        network = transformers.AutoModelForMaskedLM.from_pretrained(
            path, use_safetensors=True, dtype=torch.float32, **safely
        )
    ids = (tokenizer.cls_token_id, tokenizer.sep_token_id)
    if not tokenizer.is_fast or None in ids:
        raise ModelError(f"{base} has no tokenizer that frames texts; a BERT-like one is needed")
    if tokenizer.mask_token_id is None:
        # A vocabulary without a mask gets one, and the network a row for it.
        tokenizer.add_special_tokens({"mask_token": "[MASK]"})
    if len(tokenizer) > network.config.vocab_size:
        network.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer, network


def _from_scratch(config: PretrainConfig, files: Sequence[Path]) -> tuple[Any, Any]:
    """An uncased WordPiece tokenizer trained on the lines that are not kept back, and a BERT of random weights."""
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = list(SPECIAL.values())
    trainer = trainers.WordPieceTrainer(vocab_size=config.vocabulary, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator((line for line in lines(files) if not is_held(line, config.held)), trainer)
    if tokenizer.get_vocab_size() <= len(special):
        raise DataError("there is no text in the files")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    whole = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        model_max_length=POSITIONS,
        **SPECIAL,
    )
    network = transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=config.hidden,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=4 * config.hidden,
            max_position_embeddings=POSITIONS,
        )
    )
    return whole, network


def _write(output: Path, network: Any, tokenizer: Any, found: Pretrained) -> None:
    """The encoder without its language-model head, its tokenizer, and a record; whole or not at all."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tuili-", dir=output.parent, ignore_cleanup_errors=True) as place:
            new = Path(place, "new")
            network.base_model.save_pretrained(new)
            tokenizer.save_pretrained(new)
            record = {name: value for name, value in found.to_dict().items() if name != "path"}
            (new / "pretraining.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")
            for file in new.iterdir():
                with file.open("rb") as stream:
                    os.fsync(stream.fileno())
            if output.exists():
                output.rmdir()
            new.rename(output)
    except OSError as error:
        raise UsageError(f"can't write to {output}: {error.strerror}; name a directory that can be written") from error
