"""Checkpoints in the Hugging Face format, from a directory or the hub (extra `hf`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.errors import LabelOrderError
from tuili.reasoning.label_names import labels_named, labels_ordered
from tuili.reasoning.model_directory import find_model
from tuili.reasoning.pair_network import PairNetwork
from tuili.reasoning.probes import PROBES, check_label_order, likely_order
from tuili.reasoning.training_record import training_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tuili.reasoning.model_directory import ModelDirectory
    from tuili.types import Label, Pair, Span


class Checkpoint:
    """A sequence classifier with three labels, or two. A `Backend`; safe to call from several threads.

    Attributes:
        name: What verdicts carry as `model`: the directory and the digest of its files, or the repository and commit.
        labels: In the order of the columns of `score`.
        temperature: What the engine divides log-probabilities by: of what `tuili train` wrote, as fitted; else 1.
    """

    def __init__(self, network: PairNetwork, labels: tuple[Label, ...], *, temperature: float = 1.0) -> None:
        self.name = network.name
        self.labels = labels
        self.temperature = temperature
        self._network = network

    @property
    def network(self) -> PairNetwork:
        """The model and its tokenizer, for explanations that look inside."""
        return self._network

    @classmethod
    def load(
        cls,
        source: str | Path | ModelDirectory,
        *,
        labels: Sequence[Label | str] | None = None,
        device: str | None = None,
        dtype: str = "float32",
        check_labels: bool = True,
    ) -> Checkpoint:
        """Open a checkpoint. Code that came with it is never run, and its weights must be safetensors.

        Args:
            source: `./directory`, `/directory`, a `Path`, or `hf:organisation/name`; `@revision` may follow the latter.
            labels: What the model's outputs mean, in order; None: what its configuration calls them.
            device: A device of torch; None: the processor.
            dtype: Numbers to compute with: "float32", "bfloat16" or "float16".
            check_labels: Whether the label order must agree with the model's own verdicts on the probes. Read in a
                wrong order, a model gives confident, false verdicts: turn this off only where you are sure of
                the order, as for a model of another language. What `tuili train` wrote is not checked, as long as
                its `training.json` is of its configuration.

        Raises:
            MissingExtra: torch or transformers is not installed.
            UsageError: An argument that can't be.
            BundleError: The directory is missing, incomplete, or holds what must not be loaded.
            ModelError: It can't be fetched, loaded or run, or is no classifier with three labels, or two.
            LabelOrderError: The order of its labels is unknown, or contradicted by its verdicts.
            NumericalError: Its verdicts are not numbers.
        """
        directory = find_model(source)
        network = PairNetwork.load(directory, device=device, dtype=dtype)
        order = _order(network, labels)
        record = training_record(directory.path)
        if record is not None and record.labels == order:
            check_labels = False  # it is as training wrote it, which knows the order, and may be of any kind of text
        # Even unchecked, one pair is tried, so that a model that can't be run is refused here and not later.
        log_probs = network.log_probs([probe.pair for probe in (PROBES if check_labels else PROBES[:1])])
        if check_labels:
            check_label_order(log_probs, order)
        return cls(network, order, temperature=1.0 if record is None else record.temperature)

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Log-probabilities. *Shape:* `(len(pairs), len(labels))`.

        Raises:
            InvalidPair: A pair has more tokens than the model reads; see `windows`.
            NumericalError: The model gave something that is not a number.
            ModelError: The model can't be run.
        """
        return self._network.log_probs(pairs)

    def windows(self, premise: str) -> list[Span]:
        """Spans of whole sentences, as many as fit beside the longest hypothesis; together the whole premise."""
        return self._network.tokenizer.windows(premise)

    def check_hypothesis(self, hypothesis: str) -> None:
        """Raises InvalidText where the hypothesis has more than a quarter of the tokens that the model reads."""
        self._network.tokenizer.check_hypothesis(hypothesis)

    def coverage(self, text: str) -> float:
        """Share of the text's characters, white space aside, that became known tokens."""
        return self._network.tokenizer.coverage(text)


def _order(network: PairNetwork, labels: Sequence[Label | str] | None) -> tuple[Label, ...]:
    """The labels that the caller gives or, failing that, those that the configuration names."""
    if labels is not None:
        return labels_ordered(labels, len(network.outputs))
    named = labels_named(network.outputs)
    if named is not None:
        return named
    likely = likely_order(network.log_probs([probe.pair for probe in PROBES]))
    remedy = (
        f"on {len(PROBES)} unmistakable pairs it behaves like labels={[label.value for label in likely]}: if its card "
        "says so too, set that"
        if likely
        else "look it up in the model's card, and set labels=[...]"
    )
    raise LabelOrderError(
        f"{network.name} calls its outputs {[str(name)[:40] for name in network.outputs]}, which does not say what "
        f"they mean; {remedy}"
    )
