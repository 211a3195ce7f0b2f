"""What all heads must do, as one check that each head's tests call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from seqkit.heads.base import Head


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def ready(head: Head) -> Head:
    """The head in double precision with parameters of which none is zero."""
    head.reset_parameters(torch.Generator().manual_seed(0))
    for index, parameter in enumerate(head.double().parameters()):
        nn.init.normal_(parameter, generator=torch.Generator().manual_seed(index))
    return head


class Loss(nn.Module):
    """A head's loss as one function of its input and its parameters."""

    def __init__(self, head: Head, targets: Tensor, lengths: Tensor) -> None:
        super().__init__()
        self.head, self.targets, self.lengths = head, targets, lengths

    def forward(self, encoded: Tensor) -> Tensor:
        logits = self.head(encoded, self.lengths)
        return self.head.loss(logits, self.targets, self.lengths)[0]


@pytest.fixture
def gradients_are_right() -> Callable[[Head, Tensor, Tensor], None]:
    """Hold the gradient of the loss against finite differences, for input and parameters."""

    def check(head: Head, targets: Tensor, lengths: Tensor) -> None:
        whole = Loss(ready(head), targets, lengths)
        names, weights = zip(*whole.named_parameters(), strict=True)
        T, B = int(lengths.max()), len(lengths)

        def loss(encoded: Tensor, *values: Tensor) -> Tensor:
            given = dict(zip(names, values, strict=True))
            return torch.func.functional_call(whole, given, (encoded,))

        inputs = [draw(T, B, head.input_size, seed=5), *(w.detach() for w in weights)]
        assert torch.autograd.gradcheck(loss, [t.requires_grad_() for t in inputs])

    return check


@pytest.fixture
def padding_does_not_matter() -> Callable[[Head, Tensor, Tensor], None]:
    """Put an infinity where padding is: neither loss, count nor any gradient changes."""

    def check(head: Head, targets: Tensor, lengths: Tensor) -> None:
        ready(head)
        T, B = int(lengths.max()) + 2, len(lengths)
        padding = torch.arange(T).unsqueeze(1) >= lengths  # (T, B)
        found = []
        for filling in (0.0, 1e30):
            encoded = draw(T, B, head.input_size, seed=7)
            encoded[padding] = filling
            encoded.requires_grad_()
            head.zero_grad()
            total, count = head.loss(head(encoded, lengths), targets, lengths)
            total.backward()
            assert encoded.grad is not None
            assert torch.equal(encoded.grad[padding], torch.zeros_like(encoded.grad[padding]))
            kept = encoded.grad[~padding]
            found.append([total, count, kept, *(p.grad for p in head.parameters())])
        torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)

    return check
