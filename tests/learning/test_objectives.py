"""Every objective against a value computed by hand, and against PyTorch's own where it has one."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional as F  # noqa: E402

from tuili.learning.objectives import (  # noqa: E402
    BinaryLogistic,
    PartialLabels,
    SoftLabels,
    SoftmaxCrossEntropy,
    SquaredError,
    partial_label_loss,
)

LOGITS = torch.tensor([[1.0, 2.0, 0.0], [1.0, 2.0, 0.0]])
TOTAL = math.exp(1) + math.exp(2) + 1


def made_up(rows: int = 20, columns: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(rows, columns, generator=generator) * 3, torch.randint(0, columns, (rows,), generator=generator)


def test_softmax_cross_entropy_by_hand():
    losses = SoftmaxCrossEntropy()(LOGITS, torch.tensor([0, 2]))
    assert losses.tolist() == pytest.approx([math.log(TOTAL) - 1, math.log(TOTAL)])


def test_softmax_cross_entropy_is_what_torch_has():
    logits, labels = made_up()
    torch.testing.assert_close(SoftmaxCrossEntropy()(logits, labels), F.cross_entropy(logits, labels, reduction="none"))


def test_binary_logistic_by_hand():
    losses = BinaryLogistic()(torch.tensor([2.0, 2.0, 2.0]), torch.tensor([1.0, 0.0, 0.25]))
    yes = 1 / (1 + math.exp(-2))
    expected = [-math.log(yes), -math.log(1 - yes), -0.25 * math.log(yes) - 0.75 * math.log(1 - yes)]
    assert losses.tolist() == pytest.approx(expected)


def test_binary_logistic_is_what_torch_has_and_does_not_overflow():
    logits, _ = made_up(columns=1)
    wanted = (logits[:, 0] > 0).float()
    expected = F.binary_cross_entropy_with_logits(logits[:, 0], wanted, reduction="none")
    torch.testing.assert_close(BinaryLogistic()(logits, wanted), expected)
    assert BinaryLogistic()(torch.tensor([1e4, -1e4]), torch.tensor([0.0, 1.0])).tolist() == [1e4, 1e4]


def test_binary_logistic_of_two_columns_is_their_cross_entropy():
    logits, labels = made_up(columns=2)
    torch.testing.assert_close(BinaryLogistic()(logits, 1.0 - labels), SoftmaxCrossEntropy()(logits, labels))


def test_squared_error_by_hand_and_by_torch():
    outputs, wanted = torch.tensor([[3.0], [-1.0]]), torch.tensor([1.0, 1.0])
    assert SquaredError()(outputs, wanted).tolist() == [4.0, 4.0]
    logits, _ = made_up(columns=1)
    expected = F.mse_loss(logits[:, 0], torch.ones(20), reduction="none")
    torch.testing.assert_close(SquaredError()(logits, torch.ones(20)), expected)


def test_partial_labels_by_hand():
    losses = PartialLabels()(LOGITS, torch.tensor([1, 3]))
    neutral, rest = -math.log(math.exp(2) / TOTAL), -math.log((math.exp(2) + 1) / TOTAL)
    assert losses.tolist() == pytest.approx([neutral, rest])
    mean = partial_label_loss(LOGITS, torch.tensor([1, 3]), torch.tensor([1.0, 3.0]))
    assert mean.item() == pytest.approx((neutral + 3 * rest) / 4)


def test_partial_labels_on_full_labels_is_cross_entropy():
    logits, labels = made_up()
    expected = F.cross_entropy(logits, labels)
    torch.testing.assert_close(partial_label_loss(logits, labels, torch.ones(20)), expected)


def test_soft_labels_by_hand():
    outputs, teacher = torch.tensor([[math.log(3), 0.0]]), torch.tensor([[0.5, 0.5]])  # p = (3/4, 1/4)
    by_hand = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert SoftLabels()(outputs, teacher).item() == pytest.approx(by_hand)
    # at T = 2: p = (√3, 1) / (√3 + 1), and an even teacher stays even
    p = math.sqrt(3) / (math.sqrt(3) + 1)
    by_hand = 4 * (0.5 * math.log(0.5 / p) + 0.5 * math.log(0.5 / (1 - p)))
    assert SoftLabels(2.0)(outputs, teacher).item() == pytest.approx(by_hand)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_soft_labels_are_the_divergence_that_torch_has(temperature):
    logits, _ = made_up()
    other, _ = made_up(21)
    teacher = other[1:] / 2
    expected = F.kl_div(
        (logits / temperature).log_softmax(-1),
        (teacher / temperature).log_softmax(-1),
        reduction="none",
        log_target=True,
    )
    losses = SoftLabels(temperature)(logits, teacher.softmax(-1))
    torch.testing.assert_close(losses, temperature**2 * expected.sum(-1))


def test_soft_labels_that_are_certain_give_cross_entropy():
    logits, labels = made_up()
    certain = F.one_hot(labels, 3).float()
    torch.testing.assert_close(SoftLabels()(logits, certain), SoftmaxCrossEntropy()(logits, labels))


def test_soft_labels_are_zero_where_the_student_agrees_and_pull_it_there():
    logits, _ = made_up()
    logits.requires_grad_()
    loss = SoftLabels(2.0)(logits, logits.detach().softmax(-1)).sum()
    loss.backward()
    assert abs(loss.item()) < 1e-5
    assert logits.grad.abs().max() < 1e-5
