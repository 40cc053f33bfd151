"""A weight for each word: leave-one-out and Shapley values, on any judge.

Both delete text and let the judge read what is left. The value of a text is the probability of the label that is
explained; a weight is positive where the word speaks for that label.

Relations: leave-one-out asks what a word adds to all the others, and misses what two words say alike; the Shapley
value asks what it adds to any company, at many times the cost. The evidence of `weights` masks instead of deleting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuili.engine.occlusion import delete_parts, judge_cut, log_probs_by_deletion
from tuili.errors import UsageError
from tuili.explanation.lexical import parts, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.types import Judge, Label, Pair, Part, Verdict

PERMUTATIONS = 20
MOST_WORDS = 400
"""More words than this are not explained one by one."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """A weight for each word of a pair.

    Attributes:
        label: What the weights speak for, where they are positive.
        words: The words, premise first.
        weights: One for each; their scale is the method's.
        delta: Of integrated gradients: by how much the weights miss the difference they should sum to.
    """

    label: Label
    words: tuple[Part, ...]
    weights: tuple[float, ...]
    delta: float | None = None


def pair_words(pair: Pair) -> list[Part]:
    """Every word of both sides, premise first.

    Raises:
        UsageError: There are more than `MOST_WORDS`.
    """
    every = parts("premise", words(pair.premise)) + parts("hypothesis", words(pair.hypothesis))
    if len(every) > MOST_WORDS:
        raise UsageError(
            f"{len(every)} words are too many to be weighed one by one (at most {MOST_WORDS}); "
            'method="evidence" reads long texts'
        )
    return every


def leave_one_out(judge: Judge, pair: Pair, verdict: Verdict) -> Attribution:
    """How much of the label's probability goes with each word (Li et al. 2016). One reading a word.

    Raises:
        UsageError: The pair has too many words.
    """
    every = pair_words(pair)
    rows = np.exp(log_probs_by_deletion(judge, pair, [[word] for word in every]))
    lost = verdict.confidence - rows[:, _column(verdict)]
    return Attribution(verdict.label, tuple(every), tuple(lost.tolist()))


def shapley(
    judge: Judge, pair: Pair, verdict: Verdict, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Attribution:
    """Shapley values by sampling permutations (Castro et al. 2009), each with its reverse.

    The words are added in a random order to an empty pair; a word's weight is the mean of what it added. Of each
    permutation the contributions sum to the probability of the whole less that of nothing, and so do the weights.

    Args:
        permutations: How many orders, an even number; readings grow with this times the number of words.
        seed: Of the orders.

    Raises:
        UsageError: The pair has too many words.
    """
    every = pair_words(pair)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(every)) for _ in range(permutations // 2)]
    orders += [order[::-1] for order in orders]
    # hidden sets, each as the bits of who is hidden, so that none is read twice
    chains = [_chain(order) for order in orders]
    sets = {hidden.tobytes(): hidden for chain in chains for hidden in chain}
    value = dict(zip(sets, _values(judge, pair, verdict, every, list(sets.values())), strict=True))
    weights = np.zeros(len(every))
    for order, chain in zip(orders, chains, strict=True):
        values = [value[hidden.tobytes()] for hidden in chain]
        weights[order] += np.diff(values)
    return Attribution(verdict.label, tuple(every), tuple((weights / len(orders)).tolist()))


def _chain(order: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """From all hidden to none, one word less each time."""
    hidden = np.ones(len(order), np.bool_)
    chain = [hidden.copy()]
    for word in order:
        hidden[word] = False
        chain.append(hidden.copy())
    return chain


def _values(
    judge: Judge, pair: Pair, verdict: Verdict, every: list[Part], sets: Sequence[NDArray[np.bool_]]
) -> list[float]:
    """The label's probability with each set of words deleted; equal texts are read once."""
    texts = [
        delete_parts(pair, [word for word, gone in zip(every, hidden, strict=True) if gone]) if hidden.any() else pair
        for hidden in sets
    ]
    distinct = list(dict.fromkeys(texts))
    verdicts = dict(zip(distinct, judge_cut(judge, distinct), strict=True))
    return [verdicts[text].probabilities[verdict.label] for text in texts]


def _column(verdict: Verdict) -> int:
    return list(verdict.probabilities).index(verdict.label)
