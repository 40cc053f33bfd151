"""Local language models as judges: T5 and its kin, GPT, Llama and theirs, in the Hugging Face format (extra `hf`).

They are asked whether a hypothesis follows, and their answer is not sampled but measured. With x the prompt and
y = y_1 ... y_m the tokens of a label's name (with the end of the text, where an encoder read the prompt),

    s(label) = (1 / m) Σ_t ln p(y_t | x, y_1 ... y_(t-1))        p(label) = exp s(label) / Σ_j exp s(j)

A label is scored by the likelihood of its verbalisation (Schick & Schütze 2021, section 3), by token, so that a name
of more tokens is not thought less of for its length (Brown et al. 2020, section 2.4).

Relations: `llm` asks a server the same question, and reads the first token's probabilities off its reply. These s
are averages and hence close together: calibrate before you trust their confidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import ModelError
from tuili.reasoning.generative_network import GenerativeNetwork
from tuili.reasoning.generative_prompt import PromptTokenizer
from tuili.reasoning.label_names import labels_ordered
from tuili.reasoning.llm import LABELS
from tuili.reasoning.model_directory import family_of, find_model
from tuili.reasoning.training_record import training_record
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.types import Label, Span

_TRIAL = Pair("A man is sleeping on a bench.", "A person is asleep.")


class GenerativeCheckpoint:
    """A language model that says the labels' names. A `Backend`; safe to call from several threads.

    Attributes:
        name: What verdicts carry as `model`: the directory and the digest of its files, or the repository and commit.
        labels: In the order of the columns of `score`.
        temperature: What the engine divides log-probabilities by; 1 unless the checkpoint's record says otherwise.
    """

    def __init__(
        self, network: GenerativeNetwork, tokenizer: PromptTokenizer, labels: tuple[Label, ...], temperature: float
    ) -> None:
        self.name = network.name
        self.labels = labels
        self.temperature = temperature
        self._network = network
        self._tokenizer = tokenizer

    @classmethod
    def load(
        cls,
        source: str | Path | ModelDirectory,
        *,
        labels: Sequence[Label | str] | None = None,
        device: str | None = None,
        dtype: str = "float32",
    ) -> GenerativeCheckpoint:
        """Open a checkpoint. Code that came with it is never run, and its weights must be safetensors.

        Args:
            source: `./directory`, `/directory`, a `Path`, or `hf:organisation/name`; `@revision` may follow the latter.
            labels: What it is asked to choose from, three-way or two-way; None: three-way, neutral first.
            device: A device of torch; None: the processor.
            dtype: Numbers to compute with: "float32", "bfloat16" or "float16".

        Raises:
            MissingExtra: torch or transformers is not installed.
            UsageError: An argument that can't be.
            BundleError: The directory is missing, incomplete, or holds what must not be loaded.
            ModelError: It can't be fetched, loaded or run, writes no text, or reads too little at once.
            NumericalError: Its scores are not numbers.
        """
        directory = find_model(source)
        family = family_of(directory)
        if family == "classifier":
            raise ModelError(
                f"{directory.name} writes no text: its config.json must name an architecture that ends in "
                "ForConditionalGeneration, LMHeadModel or ForCausalLM"
            )
        asked = LABELS if labels is None else labels_ordered(labels, len(labels))
        network = GenerativeNetwork.load(directory, family, device=device, dtype=dtype)
        tokenizer = PromptTokenizer(network.tokenizer, asked, positions=network.positions, seq2seq=family == "seq2seq")
        record = training_record(directory.path)
        fitted = record is not None and set(record.labels) == set(asked)
        found = cls(network, tokenizer, asked, record.temperature if record is not None and fitted else 1.0)
        found.score([_TRIAL])  # what can't be run is refused here and not later
        return found

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Log-probabilities. *Shape:* `(len(pairs), len(labels))`.

        Raises:
            InvalidPair: A pair has more tokens than the model reads; see `windows`.
            NumericalError: The model gave something that is not a number.
            ModelError: The model can't be run.
        """
        if not pairs:
            return np.empty((0, len(self.labels)), np.float32)
        prompts, answers = self._tokenizer.prompts(pairs), self._tokenizer.answers
        means = self._network.mean_log_likelihoods(prompts, answers, pad=self._tokenizer.pad)
        means -= means.max(1, keepdims=True)
        return np.asarray(means - np.log(np.exp(means).sum(1, keepdims=True)), np.float32)

    def windows(self, premise: str) -> list[Span]:
        """Spans of whole sentences, as many as fit beside the longest hypothesis; together the whole premise."""
        return self._tokenizer.windows(premise)

    def check_hypothesis(self, hypothesis: str) -> None:
        """Raises InvalidText where the hypothesis leaves too little room for a premise."""
        self._tokenizer.check_hypothesis(hypothesis)

    def coverage(self, text: str) -> float:
        """Share of the text's characters, white space aside, that became known tokens."""
        return self._tokenizer.coverage(text)
