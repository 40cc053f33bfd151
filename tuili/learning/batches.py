"""Batches of about equal cost, in an order that the seed and the epoch's number prescribe.

That is what lets a run resume: the place in the data is two numbers, epoch and batch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar, overload

from tuili.errors import UsageError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Item = TypeVar("Item")


class Movable(Protocol):
    """What a model is called with."""

    def to(self, device: torch.device, /) -> Self: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step is made of.

    Attributes:
        inputs: What the model is called with; it returns `(n, k)`.
        targets: What the objective compares that with. *Shape:* `(n,)` or `(n, k)`.
        weights: How much each row counts; 0 leaves one out. *Shape:* `(n,)`.
        size: How many examples it holds, for the rate that is shown.
    """

    inputs: Movable
    targets: Tensor
    weights: Tensor
    size: int

    def to(self, device: torch.device) -> Batch:
        return Batch(self.inputs.to(device), self.targets.to(device), self.weights.to(device), self.size)


class Batches(Protocol):
    """The batches of each epoch. The same number must give the same batches in the same order, in every process."""

    def epoch(self, number: int, /) -> Sequence[Batch]: ...


@dataclass(frozen=True, slots=True)
class Collated(Sequence[Batch], Generic[Item]):
    """Batches that are put together when they are asked for."""

    groups: Sequence[Sequence[Item]]
    collate: Callable[[Sequence[Item]], Batch]

    def __len__(self) -> int:
        return len(self.groups)

    @overload
    def __getitem__(self, index: int) -> Batch: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Batch]: ...
    def __getitem__(self, index: int | slice) -> Batch | Sequence[Batch]:
        if isinstance(index, slice):
            return Collated(self.groups[index], self.collate)
        return self.collate(self.groups[index])


@dataclass(frozen=True, slots=True)
class TokenBudget(Generic[Item]):
    """Items in batches of at most `budget` tokens, neighbours of like length. A `Batches`.

    Items are shuffled, sorted by length within runs of `run`, packed, and the batches shuffled again: little padding,
    and still another company for each item in each epoch.

    Attributes:
        cost: Tokens of an item.
        collate: Items to a batch.
        budget: Tokens of a batch, padding included; an item that is longer makes a batch of its own.
        padded: Whether every item of a batch costs as much as its longest; if not, a batch costs the sum.
    """

    items: Sequence[Item]
    cost: Callable[[Item], int]
    collate: Callable[[Sequence[Item]], Batch]
    budget: int
    seed: int
    padded: bool = True
    run: int = 1024

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise UsageError(f"a batch must hold at least 1 token, got {self.budget}")

    def epoch(self, number: int, /) -> Collated[Item]:
        rng = random.Random(f"{self.seed}/{number}")  # noqa: S311  an order, not a secret
        order = list(range(len(self.items)))
        rng.shuffle(order)
        costs = [self.cost(item) for item in self.items]
        groups: list[list[Item]] = []
        for start in range(0, len(order), self.run):
            stretch = sorted(order[start : start + self.run], key=costs.__getitem__)
            groups += [[self.items[index] for index in group] for group in self._packed(stretch, costs)]
        rng.shuffle(groups)
        return Collated(groups, self.collate)

    def in_order(self) -> Collated[Item]:
        """All items as they stand, for measuring."""
        groups = self._packed(list(range(len(self.items))), [self.cost(item) for item in self.items])
        return Collated([[self.items[index] for index in group] for group in groups], self.collate)

    def _packed(self, order: Sequence[int], costs: Sequence[int]) -> list[list[int]]:
        groups: list[list[int]] = []
        group: list[int] = []
        longest = total = 0
        for index in order:
            longest, total = max(longest, costs[index]), total + costs[index]
            if group and (longest * (len(group) + 1) if self.padded else total) > self.budget:
                groups.append(group)
                group, longest, total = [], costs[index], costs[index]
            group.append(index)
        return [*groups, group] if group else groups
