"""The penalties worked out by hand."""

from __future__ import annotations

import pytest
import torch

from seqkit.training.activation import ActivationPenalty

#: Two sequences of two features, of 3 steps and of 1, ``(T, B, D)``.
H = torch.tensor(
    [[[1.0, 2.0], [3.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]], [[-1.0, 0.0], [0.0, 0.0]]],
    dtype=torch.float64,
)
LENGTHS = torch.tensor([3, 1])


class Head(torch.nn.Module):
    def forward(self, encoded, lengths):
        return encoded


def penalty(alpha: float, beta: float, h=H, lengths=LENGTHS) -> torch.Tensor:
    head = Head()
    made = ActivationPenalty(head, alpha=alpha, beta=beta)
    head(h, lengths)
    return made.take()


def test_ar_is_the_mean_square_over_real_steps():
    # 1 + 4 + 1 + 1 of the first, 9 of the second, over 4 steps of 2 features
    assert penalty(0.5, 0.0).item() == pytest.approx(0.5 * 16 / 8)


def test_tar_is_the_mean_square_of_what_changes_between_real_steps():
    # (0, -2) and (-2, 0), over 2 changes of 2 features; the second sequence does not change
    assert penalty(0.0, 3.0).item() == pytest.approx(3 * 8 / 4)


def test_they_add_up_and_their_gradient_is_right():
    lengths = torch.tensor([3, 2])
    assert torch.autograd.gradcheck(lambda h: penalty(0.5, 3.0, h, lengths), H.requires_grad_())
    assert penalty(0.5, 3.0).item() == pytest.approx(1 + 6)


def test_sequences_of_one_step_do_not_change():
    assert penalty(0.0, 1.0, H[:1], torch.tensor([1, 1])).item() == 0


def test_nothing_is_asked_for():
    assert not ActivationPenalty(Head(), alpha=0, beta=0)
