"""A language model of transformers on this machine, run in torch: how likely it is to go on with given answers.

As in `pair_network`, every row runs in a shape that its own length prescribes, so that company changes no bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.errors import ModelError, NumericalError, UsageError
from tuili.reasoning.foreign_errors import translated
from tuili.reasoning.pair_network import DTYPES, canonical_batches, device_named, import_libraries, positions_of, quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.reasoning.model_directory import Family, ModelDirectory

MOST_TOKENS = 1024
"""Cost grows with the square of the length."""


class GenerativeNetwork:
    """Prompts to likelihoods of answers, both in tokens.

    Attributes:
        name: Of the model, for errors.
        tokenizer: Of transformers, to be taken over.
        positions: How many tokens the model may be given at once.
    """

    def __init__(self, network: Any, tokenizer: Any, *, seq2seq: bool, name: str) -> None:
        self.name = name
        self.tokenizer = tokenizer
        self.positions = positions_of(network, MOST_TOKENS)
        self._network = network
        self._seq2seq = seq2seq

    @classmethod
    def load(cls, directory: ModelDirectory, family: Family, *, device: str | None, dtype: str) -> GenerativeNetwork:
        """Raises MissingExtra, UsageError or ModelError, as `GenerativeCheckpoint.load` does."""
        torch, transformers = import_libraries()
        if dtype not in DTYPES:
            raise UsageError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
        seq2seq = family == "seq2seq"
        auto = transformers.AutoModelForSeq2SeqLM if seq2seq else transformers.AutoModelForCausalLM
        # Code that came with a model is never run, and nothing can change that.
        safely = {"trust_remote_code": False, "local_files_only": True}
        with translated(f"{directory.name} can't be loaded"), quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(directory.path), **safely)
            network, report = auto.from_pretrained(
                str(directory.path),
                use_safetensors=True,
                attn_implementation="eager",  # the configuration could name a kernel to be fetched from the hub
                dtype=getattr(torch, dtype),
                output_loading_info=True,
                **safely,
            )
        if missing := sorted(report["missing_keys"]):
            raise ModelError(
                f"{directory.name} is no trained language model: it lacks {missing[0]}"
                f"{f' and {len(missing) - 1} more' if missing[1:] else ''}, which would be random numbers"
            )
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError(f"{directory.name}: {type(tokenizer).__name__} can't be used; needed is a fast tokenizer")
        return cls(network.eval().to(device_named(device)), tokenizer, seq2seq=seq2seq, name=directory.name)

    def mean_log_likelihoods(
        self, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], *, pad: int
    ) -> NDArray[np.float64]:
        """Of each answer to each prompt, the mean log-probability of its tokens. *Shape:* `(prompts, answers)`.

        Raises:
            NumericalError: The model gave something that is not a number.
            ModelError: The model can't be run.
        """
        run = self._after_encoder if self._seq2seq else self._in_running_text
        with translated(f"{self.name} can't be run"):
            means = run(prompts, answers, pad)
        if not np.isfinite(means).all():
            raise NumericalError(
                f"{self.name} gave scores that are not finite; its weights can't be used in this dtype"
            )
        return means

    def _after_encoder(
        self, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], pad: int
    ) -> NDArray[np.float64]:
        """The encoder reads a prompt once, the decoder all answers to it."""
        import torch

        start = decoder_start(self._network, pad)
        said = torch.from_numpy(_filled(answers, max(map(len, answers)), pad))
        shifted = torch.cat([torch.full((len(answers), 1), start), said[:, :-1]], 1)
        means = np.empty((len(prompts), len(answers)))
        device = self._network.device
        for indices, (rows, length) in canonical_batches([len(row) for row in prompts], self.positions):
            here = [prompts[index] for index in indices]
            here += here[-1:] * (rows - len(here))
            ids = torch.from_numpy(_filled(here, length, pad)).to(device)
            mask = (torch.arange(length)[None] < torch.tensor([len(row) for row in here])[:, None]).long().to(device)
            with torch.inference_mode():
                hidden = self._network.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
                logits = self._network(
                    encoder_outputs=(hidden.repeat_interleave(len(answers), 0),),
                    attention_mask=mask.repeat_interleave(len(answers), 0),
                    decoder_input_ids=shifted.repeat(rows, 1).to(device),
                    use_cache=False,
                ).logits
            for place, index in enumerate(indices):
                for number, answer in enumerate(answers):
                    row = logits[place * len(answers) + number, : len(answer)]
                    means[index, number] = _mean(row, answer)
        return means

    def _in_running_text(
        self, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], pad: int
    ) -> NDArray[np.float64]:
        """A prompt and an answer are one row. What follows a token can't change it, so padding is on the right."""
        import torch

        rows = [[*prompt, *answer] for prompt in prompts for answer in answers]
        means = np.empty(len(rows))
        device = self._network.device
        for indices, (count, length) in canonical_batches([len(row) for row in rows], self.positions):
            here = [rows[index] for index in indices]
            here += here[-1:] * (count - len(here))
            ids = torch.from_numpy(_filled(here, length, pad)).to(device)
            mask = (torch.arange(length)[None] < torch.tensor([len(row) for row in here])[:, None]).long().to(device)
            with torch.inference_mode():
                logits = self._network(input_ids=ids, attention_mask=mask, use_cache=False).logits
            for place, index in enumerate(indices):
                answer = answers[index % len(answers)]
                end = len(rows[index])
                means[index] = _mean(logits[place, end - len(answer) - 1 : end - 1], answer)
        return means.reshape(len(prompts), len(answers))


def decoder_start(network: Any, pad: int) -> int:
    """The token that the decoder of an encoder-decoder model begins with."""
    for config in (network.config, network.generation_config):
        start = getattr(config, "decoder_start_token_id", None)
        if isinstance(start, int):
            return start
    return pad


def _filled(rows: Sequence[Sequence[int]], length: int, pad: int) -> NDArray[np.int64]:
    ids = np.full((len(rows), length), pad, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return ids


def _mean(logits: Any, answer: Sequence[int]) -> float:
    """Mean log-probability of the answer's tokens. *Shape:* logits `(len(answer), vocabulary)`."""
    import torch

    log_probs = logits.double().log_softmax(-1).cpu()
    return float(log_probs.gather(1, torch.tensor(answer)[:, None]).mean())
