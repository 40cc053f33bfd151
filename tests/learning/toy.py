"""The smallest thing that can be trained: points in a plane, on which side of a line."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tuili.learning.batches import Batch, TokenBudget
from tuili.learning.outcome import Evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Points:
    coordinates: Tensor

    def to(self, device: torch.device) -> Points:
        return Points(self.coordinates.to(device))


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    length: int

    @property
    def side(self) -> int:
        return int(self.x + 2 * self.y > 0.3)


class Toy(nn.Module):
    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 2))

    def forward(self, points: Points) -> Tensor:
        return self.layers(points.coordinates)


def points(count: int = 60) -> list[Point]:
    rng = random.Random(3)
    return [Point(rng.uniform(-1, 1), rng.uniform(-1, 1), rng.randint(1, 9)) for _ in range(count)]


def collate(items: Sequence[Point]) -> Batch:
    coordinates = torch.tensor([[p.x, p.y] for p in items])
    return Batch(Points(coordinates), torch.tensor([p.side for p in items]), torch.ones(len(items)), len(items))


def batches(budget: int = 40, count: int = 60) -> TokenBudget[Point]:
    return TokenBudget(points(count), lambda point: point.length, collate, budget, seed=1, run=16)


def evaluate(model: nn.Module) -> Evaluation:
    batch = collate(points(200)[100:])
    accuracy = (model(batch.inputs).argmax(-1) == batch.targets).double().mean().item()
    return Evaluation((accuracy,), {"accuracy": accuracy})
