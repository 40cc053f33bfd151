"""Integrated gradients, for checkpoints (extra `explain`).

Sundararajan et al. (2017): gradients of the label's log-probability, with respect to the embeddings of the tokens, are
summed on the straight way from a baseline to the pair. The baseline has the pair's special tokens and padding in the
place of everything else: one without `[CLS]` and `[SEP]` is a text that no model has met, and the sum goes astray.

Relations: the weights should sum to what the whole has over the baseline; `Attribution.delta` says by how much they
miss it, and more `steps` make it smaller. Deleting words needs no gradients, and works with any judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.errors import MissingExtra, UsageError
from tuili.explanation.attribution import Attribution, pair_words
from tuili.reasoning.checkpoint import Checkpoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuili.reasoning.pair_network import PairNetwork
    from tuili.reasoning.pair_tokens import FramedPair
    from tuili.types import Judge, Pair, Part, Verdict

AT_ONCE = 16
"""Steps that run together."""


def integrated_gradients(judge: Judge, pair: Pair, verdict: Verdict, *, steps: int) -> Attribution:
    """A weight for each word: the sum over its tokens.

    Args:
        judge: An engine with a checkpoint.
        steps: Points on the way.

    Raises:
        UsageError: The judge is no checkpoint, or the pair does not fit into one window.
        MissingExtra: captum is not installed.
    """
    backend = getattr(judge, "backend", None)
    if not isinstance(backend, Checkpoint):
        raise UsageError(
            "integrated gradients need a checkpoint (hf:organisation/name, or a directory of one); "
            'method="evidence" explains any judge'
        )
    if len(backend.windows(pair.premise)) > 1:
        raise UsageError('the premise is longer than the model reads at once; method="evidence" reads long texts')
    every = pair_words(pair)
    framed = backend.network.tokenizer.framed(pair)
    column = list(backend.labels).index(verdict.label)
    weights, delta = _by_token(backend.network, framed, column, steps)
    return Attribution(verdict.label, tuple(every), tuple(_by_word(every, framed, weights)), delta)


def _by_token(network: PairNetwork, framed: FramedPair, column: int, steps: int) -> tuple[NDArray[np.float64], float]:
    """*Shape:* `(tokens,)`, and the convergence delta."""
    try:
        from captum.attr import LayerIntegratedGradients
    except ImportError as error:
        raise MissingExtra("captum", "explain") from error
    import torch

    inputs = {
        name: torch.from_numpy(array) for name, array in network.tokenizer.padded([framed.tokens], len(framed)).items()
    }
    ids = inputs.pop("input_ids")
    special = torch.from_numpy(framed.special)[None]
    baseline = torch.where(special, ids, torch.full_like(ids, framed.pad))
    module = network.module

    def forward(ids: Any) -> Any:
        repeated = {name: value.expand(len(ids), -1) for name, value in inputs.items()}
        return module(input_ids=ids, **repeated).logits.double().log_softmax(-1)

    gradients = LayerIntegratedGradients(forward, module.get_input_embeddings())
    with torch.enable_grad():
        found, delta = gradients.attribute(
            ids,
            baselines=baseline,
            target=column,
            n_steps=steps,
            internal_batch_size=AT_ONCE,
            return_convergence_delta=True,
        )
    return found.sum(-1)[0].detach().double().numpy(), float(delta[0])


def _by_word(every: list[Part], framed: FramedPair, weights: NDArray[np.float64]) -> list[float]:
    return [
        float(
            sum(
                weight
                for weight, side, span in zip(weights, framed.sides, framed.spans, strict=True)
                if side == word.side and span.start < word.span.end and span.end > word.span.start
            )
        )
        for word in every
    ]
