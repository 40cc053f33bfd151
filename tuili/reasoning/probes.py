"""Does a model mean by its labels what it says? Unmistakable pairs, and the check that they allow.

Checkpoints disagree on the order of their labels, some carry no names, and some carry wrong ones; a model read in
the wrong order gives plausible, confident, false verdicts. So its order is checked against its own behaviour: it has
to do well on these pairs as claimed, and surely better than in any other order. A half-trained encoder of six layers
gets 92 % of them right.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from tuili.errors import LabelOrderError, UsageError
from tuili.types import THREE_WAY, TWO_WAY, Label, Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST_ACCURACY = 0.7
"""Mean recall that a model must reach in the claimed order. Guessing gives 0.33 (three-way) or 0.5 (two-way)."""

DOUBT = 0.001
"""Most probability of so clear a win over the next best order, were both equally good (exact sign test)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A pair whose label is beyond dispute; `kind` says what it turns on."""

    kind: str
    premise: str
    hypothesis: str
    label: Label

    @property
    def pair(self) -> Pair:
        return Pair(self.premise, self.hypothesis)


E, N, C = THREE_WAY

# Neutral ones are plausible and on the same scene, save for two: many models call whatever else is off topic a
# contradiction, as the scene descriptions that they learnt from do.
PROBES = (
    Probe("passive", "The boy is eating an apple.", "An apple is being eaten by the boy.", E),
    Probe("synonym", "The woman purchased a new car.", "The woman bought a new car.", E),
    Probe("paraphrase", "The train left the station an hour ago.", "The train has left the station.", E),
    Probe("hypernym", "A dog is sleeping on the sofa.", "An animal is sleeping on the sofa.", E),
    Probe("hypernym", "She is playing the violin on stage.", "She is playing a musical instrument.", E),
    Probe("detail left out", "A tall man in a black coat is walking through the park.", "A man is walking.", E),
    Probe("part of a list", "Anna and Peter are cooking dinner in the kitchen.", "Peter is cooking dinner.", E),
    Probe("negation", "The door is not open.", "The door is closed.", E),
    Probe("number", "Three children are playing in the garden.", "Some children are playing in the garden.", E),
    Probe("quantifier", "Everyone in the room is laughing.", "The people in the room are laughing.", E),
    Probe("colour", "A girl in a bright red dress is dancing.", "The girl is wearing a red dress.", E),
    Probe("location", "The museum is in the centre of Paris.", "The museum is in Paris.", E),
    Probe("purpose", "A man is running along the street.", "The man is late for work.", N),
    Probe("kinship", "Two women are sitting on a bench.", "The two women are sisters.", N),
    Probe("hyponym", "A woman is holding an animal.", "The woman is holding a small white cat.", N),
    Probe("detail added", "A child is eating an ice cream.", "The ice cream tastes of strawberries.", N),
    Probe("opinion", "A girl is reading a book.", "The girl likes the book better than the film.", N),
    Probe("number", "Some people are waiting for the bus.", "Twelve people are waiting for the bus.", N),
    Probe("colour", "The man bought a car.", "The man's new car is green.", N),
    Probe("location", "My brother works in a hospital.", "My brother works in Berlin.", N),
    Probe("future", "The band played a concert in the city.", "The band will play in the city again next year.", N),
    Probe("cause", "The teacher closed the window.", "The teacher was cold.", N),
    Probe("unrelated", "The river is very wide at this point.", "Her uncle is a lawyer.", N),
    Probe("unrelated", "Bread is made from flour and water.", "The film won a prize.", N),
    Probe("negation", "The cat is sleeping on the bed.", "The cat is not sleeping.", C),
    Probe("negation", "There is milk in the fridge.", "There is no milk in the fridge.", C),
    Probe("antonym", "The soup is very hot.", "The soup is cold.", C),
    Probe("antonym", "The old man is happy about the news.", "The old man is sad about the news.", C),
    Probe("antonym", "A man is asleep in his chair.", "The man is wide awake.", C),
    Probe("posture", "The boy is sitting on a bench.", "The boy is standing up.", C),
    Probe("number", "The family has exactly two children.", "The family has five children.", C),
    Probe("quantifier", "All of the seats are taken.", "All of the seats are empty.", C),
    Probe("nobody", "Two women are riding bicycles.", "Nobody is riding a bicycle.", C),
    Probe("colour", "The front door of the house is blue.", "The front door of the house is red.", C),
    Probe("location", "The meeting took place in London.", "The meeting took place in Tokyo.", C),
    Probe("time", "The shop is open only in the morning.", "The shop is closed in the morning.", C),
)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The probes' verdicts when a model's columns are read in one order.

    Attributes:
        order: A label for each column.
        right: Which probes come out right. *Shape:* `(len(PROBES),)`.
        accuracy: Mean over the labels of the share that comes out right.
    """

    order: tuple[Label, ...]
    right: NDArray[np.bool_]
    accuracy: float


def check_label_order(log_probs: NDArray[np.float32], labels: Sequence[Label]) -> None:
    """Refuse a model that does not behave as its labels say.

    Args:
        log_probs: What it gave for the pairs of `PROBES`, in order. *Shape:* `(len(PROBES), len(labels))`.
        labels: What its columns are said to mean.

    Raises:
        LabelOrderError: Another order fits better, or as well; or it does badly in this one.
        UsageError: The shape does not fit.
    """
    claimed, *others = _readings(log_probs, tuple(labels))
    best = max(others, key=lambda reading: reading.accuracy)
    if claimed.accuracy >= LEAST_ACCURACY and _surely_better(claimed, best):
        return
    seen = f"on {len(PROBES)} unmistakable pairs this model is right in {_shown(claimed)}"
    if best.accuracy >= LEAST_ACCURACY and _surely_better(best, claimed):
        raise LabelOrderError(
            f"the labels are in another order than claimed: {seen}, and in {_shown(best)}; to read it that way, "
            f"set labels={_listed(best.order)}"
        )
    raise LabelOrderError(
        f"the order of the labels is in doubt: {seen}, and in {_shown(best)}; needed are {LEAST_ACCURACY:.0%} and a "
        "clear lead. Is it a model for natural-language inference, in English? If you know its order, set "
        "labels=[...] and check_labels=False"
    )


def likely_order(log_probs: NDArray[np.float32]) -> tuple[Label, ...] | None:
    """The order that the probes' verdicts speak for, or None where they leave a doubt. *Shape:* as above."""
    labels = THREE_WAY if np.shape(log_probs)[-1] == len(THREE_WAY) else TWO_WAY
    best, second, *_ = sorted(_readings(log_probs, labels), key=lambda reading: -reading.accuracy)
    return best.order if best.accuracy >= LEAST_ACCURACY and _surely_better(best, second) else None


def _readings(log_probs: NDArray[np.float32], labels: tuple[Label, ...]) -> list[Reading]:
    """One for each order of the labels; the one they are given in comes first."""
    if np.shape(log_probs) != (len(PROBES), len(labels)) or set(labels) not in (set(THREE_WAY), set(TWO_WAY)):
        raise UsageError(
            f"scores of shape {np.shape(log_probs)} for the labels {_listed(labels)}; needed are "
            f"{len(PROBES)} rows, and a column for each of {_listed(THREE_WAY)} or of {_listed(TWO_WAY)}"
        )
    gold = np.array([_in(probe.label, labels) for probe in PROBES])
    columns = np.argmax(log_probs, axis=1)
    return [_reading(order, np.array(order)[columns] == gold, gold) for order in permutations(labels)]


def _reading(order: tuple[Label, ...], right: NDArray[np.bool_], gold: NDArray[np.str_]) -> Reading:
    return Reading(order, right, float(np.mean([right[gold == label].mean() for label in order])))


def _in(label: Label, labels: tuple[Label, ...]) -> Label:
    return label if label in labels else Label.NOT_ENTAILMENT


def _surely_better(reading: Reading, other: Reading) -> bool:
    """Exact sign test on the probes that only one of the two gets right (McNemar 1947)."""
    wins = int((reading.right & ~other.right).sum())
    losses = int((other.right & ~reading.right).sum())
    trials = wins + losses
    return sum(comb(trials, k) for k in range(wins, trials + 1)) <= DOUBT * (1 << trials)


def _shown(reading: Reading) -> str:
    return f"{reading.accuracy:.0%} when read as {_listed(reading.order)}"


def _listed(labels: Sequence[Label]) -> str:
    return str([label.value for label in labels])
