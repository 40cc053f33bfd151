"""The processes that share a step, as `torchrun` or `accelerate launch` started them. Alone, all of this does nothing.

Each takes its own batches and the gradients are summed, so that N processes make the very step that one would make of
the same N batches in turn. Only process 0 measures, writes and speaks.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among its like; `device` is where its tensors are."""

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def sum(self, values: Sequence[float]) -> list[float]:
        """Of each value, the sum over all processes."""
        if self.count == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor)
        return [float(value) for value in tensor.tolist()]

    def from_first(self, values: Sequence[float]) -> list[float]:
        """What process 0 passed; the others pass as many, of any value."""
        return self.sum(values if self.is_first else [0.0] * len(values))

    def wait(self) -> None:
        """Until all are here."""
        self.sum([0.0])

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Sum the gradients in place. One that is missing counts as zero, unless all miss it."""
        if self.count == 1:
            return
        wanted = [parameter for parameter in parameters if parameter.requires_grad]
        there = torch.tensor([float(p.grad is not None) for p in wanted], device=self.device)
        parts = [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in wanted]
        flat = torch.cat([*parts, there])
        dist.all_reduce(flat)
        start = 0
        for parameter, found in zip(wanted, flat[len(flat) - len(wanted) :].tolist(), strict=True):
            stop = start + parameter.numel()
            parameter.grad = flat[start:stop].view_as(parameter) if found else None
            start = stop


@contextmanager
def joined(device: str = "auto") -> Iterator[Processes]:
    """The processes that the environment names, on a device each.

    Args:
        device: `auto`: a GPU where there is one, else the processor; or a device of torch.

    Raises:
        UsageError: No such device, or the launcher's variables make no sense.
    """
    try:
        rank, count, local = (int(os.environ.get(name, default)) for name, default in _VARIABLES)
    except ValueError as error:
        raise UsageError(f"RANK, WORLD_SIZE and LOCAL_RANK must be whole numbers: {error}") from error
    place = _device(device, local)
    if count == 1:
        yield Processes(0, 1, place)
        return
    try:
        dist.init_process_group("nccl" if place.type == "cuda" else "gloo")
    except (RuntimeError, ValueError) as error:
        raise UsageError(
            f"the processes can't meet ({error}); start them with torchrun or accelerate launch"
        ) from error
    try:
        yield Processes(rank, count, place)
    finally:
        dist.destroy_process_group()


_VARIABLES = (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))


def _device(name: str, local: int) -> torch.device:
    if name == "auto":
        name = f"cuda:{local}" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA says so by an assertion
        raise UsageError(f"device {name!r} can't be used: {str(error).splitlines()[0]}") from error
    return device
