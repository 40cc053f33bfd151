"""How many weights a base has, from the heads of its files: its default learning rate depends on it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from tuili.reasoning.foreign_errors import translated

if TYPE_CHECKING:
    from tuili.reasoning.model_directory import ModelDirectory


def weights_in(directory: ModelDirectory) -> int:
    """Weights in the safetensors files of a checkpoint. Raises ModelError where they can't be read."""
    from safetensors import safe_open

    total = 0
    with translated(f"{directory.name} can't be read"):
        for file in sorted(directory.path.glob("*.safetensors")):
            with safe_open(file, "np") as opened:
                total += sum(prod(opened.get_slice(name).get_shape()) for name in opened.keys())  # noqa: SIM118
    return total
