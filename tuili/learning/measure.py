"""How good a model is on pairs while it is being trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tuili.learning.objectives import PartialLabels
from tuili.learning.outcome import Evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from tuili.learning.batches import Batch


def measure_pairs(model: nn.Module, batches: Sequence[Batch], device: torch.device) -> Evaluation:
    """Accuracy and log-loss of logits against columns, where the column after the last means "not the first".

    The score is accuracy, then the smaller loss.
    """
    objective = PartialLabels()
    right = loss = rows = 0.0
    for index in range(len(batches)):
        batch = batches[index].to(device)
        logits = model(batch.inputs).float()
        predicted, gold = logits.argmax(-1), batch.targets
        rest = gold == logits.shape[1]
        right += float(torch.where(rest, predicted != 0, predicted == gold).sum())
        loss += float(objective(logits, gold).double().sum())
        rows += len(gold)
    accuracy, mean = right / rows, loss / rows
    return Evaluation((accuracy, -mean), {"dev_accuracy": accuracy, "dev_loss": mean})
