"""AdamW, and what it decays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import nn

    from tuili.learning.settings import Settings


def adamw(model: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019) over whatever of the model is trained."""
    groups = parameter_groups(model, settings.weight_decay)
    return torch.optim.AdamW(groups, lr=settings.rate, betas=settings.betas, eps=settings.eps)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay on matrices only; biases and norms keep their scale. Frozen parameters are in neither group."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
