"""What training makes small: one loss for each row of a batch.

An objective does not average: it gives a loss a row, and the loop weighs and averages them over all that makes up a
step, whether that is one batch, several in turn, or several on as many processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor


class Objective(Protocol):
    """Outputs of a model and what they should have been, to losses. *Shape:* `(n, k)`, `(n, ...)` to `(n,)`."""

    def __call__(self, outputs: Tensor, targets: Tensor, /) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class SoftmaxCrossEntropy:
    """Multinomial logistic regression on the last layer (Bridle 1990): `-ln softmax(z)_y = ln Σ_j exp(z_j) - z_y`.

    Relations: with two columns it is `BinaryLogistic` of their difference.

    *Shape:* outputs `(n, k)` logits; targets `(n,)` int64, the column that is right.
    """

    def __call__(self, outputs: Tensor, targets: Tensor, /) -> Tensor:
        picked = outputs.log_softmax(-1).gather(-1, targets[:, None])
        return -picked.squeeze(-1)


@dataclass(frozen=True, slots=True)
class BinaryLogistic:
    """Logistic regression (Cox 1958): `-[y ln σ(z) + (1 - y) ln(1 - σ(z))]`, with `σ(z) = 1 / (1 + exp(-z))`.

    Computed as `ln(1 + exp(z)) - y z`, which can't overflow. A target between 0 and 1 is the probability of a yes.

    Relations: of two columns it takes the difference, which is the log-odds of the first; then it is
    `SoftmaxCrossEntropy`, and a model so trained gives probabilities of both.

    *Shape:* outputs `(n,)`, `(n, 1)` or `(n, 2)` logits; targets `(n,)`, y.
    """

    def __call__(self, outputs: Tensor, targets: Tensor, /) -> Tensor:
        if outputs.dim() == 2:
            outputs = outputs[:, 0] - outputs[:, 1] if outputs.shape[1] == 2 else outputs.squeeze(1)
        return F.softplus(outputs) - targets * outputs


@dataclass(frozen=True, slots=True)
class SquaredError:
    """Least squares: `(z - y)²`, whose minimum is the conditional mean. *Shape:* `(n,)` or `(n, 1)`, and `(n,)`."""

    def __call__(self, outputs: Tensor, targets: Tensor, /) -> Tensor:
        return (outputs.reshape(targets.shape) - targets).square()


@dataclass(frozen=True, slots=True)
class PartialLabels:
    """Cross-entropy where a target may also be "not the first column": some other, whichever.

    The probability of such a target is the sum over the columns that it allows, so the loss is
    `ln Σ_j exp(z_j) - ln Σ_(j > 0) exp(z_j)` (partial-label likelihood, Jin & Ghahramani 2002, section 3). It is how
    two-way data (`not_entailment`) train a three-way model.

    Relations: without such rows it is `SoftmaxCrossEntropy`.

    *Shape:* outputs `(n, k)` logits, entailment first; targets `(n,)` int64, a column, or k for all but the first.
    """

    def __call__(self, outputs: Tensor, targets: Tensor, /) -> Tensor:
        log_probs = outputs.log_softmax(-1)
        rest = torch.logsumexp(log_probs[:, 1:], dim=-1, keepdim=True)
        return -torch.cat([log_probs, rest], dim=-1).gather(1, targets[:, None]).squeeze(1)


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """Distillation (Hinton et al. 2015, section 2): `T² KL(q_T ‖ p_T)`.

    `p_T = softmax(z / T)`, and `q_T` is the teacher's distribution at the same temperature, `q^(1/T)` normalised. The
    factor T² keeps gradients of one size whatever T is.

    Relations: at T = 1 its gradient is that of cross-entropy with `q` as the target; on certain labels it is
    `SoftmaxCrossEntropy`.

    *Shape:* outputs `(n, k)` logits; targets `(n, k)`, the teacher's probabilities.
    """

    temperature: float = 1.0

    def __call__(self, outputs: Tensor, targets: Tensor, /) -> Tensor:
        teacher = targets.pow(1 / self.temperature)
        teacher = teacher / teacher.sum(-1, keepdim=True)
        log_probs = (outputs / self.temperature).log_softmax(-1)
        divergence = torch.xlogy(teacher, teacher) - teacher * log_probs
        return self.temperature**2 * divergence.sum(-1)


def partial_label_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """The weighted mean of `PartialLabels`. *Shape:* `(n, k)`, `(n,)`, `(n,)` to a scalar."""
    return (PartialLabels()(logits, labels) * weights).sum() / weights.sum()
