"""Adversarial training: a network also learns from vectors moved to where it errs most."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seqkit.errors import RecipeError
from seqkit.heads.base import Head
from seqkit.nn.network import Network
from seqkit.recipe.training import Training
from seqkit.training.batching import Batch

#: How long the move is, in standard deviations, along which the divergence is looked at.
_PROBE = 0.1


class Adversary:
    """Moves what the embedding gives, and has the network learn from that too.

    A text's vectors ``x``, one after the other, are moved by ``r`` of length ``epsilon``. The
    adversarial loss (Miyato, Dai and Goodfellow 2017, "Adversarial training methods for
    semi-supervised text classification", equations 3 and 4) follows the gradient of the loss:

    ::

        g = s * grad_x loss(x)    r = epsilon * s * g / |g|    loss(x) + loss(x + r)

    The virtual one (equations 5 to 7) needs no label: it follows the gradient of the divergence
    between the answers to ``x``, taken as given, and those a little way ``xi`` along a random
    direction ``d``, which is one step of the power method towards the direction in which the
    divergence grows fastest:

    ::

        g = s * grad_x KL(x || x + xi * s * d / |d|)    loss(x) + KL(x || x + r)

    So it learns from texts without a label too, which have no first term: in a batch of both kinds
    each term is the mean over the texts that it is of.

    ``s`` are the standard deviations of each feature over the real steps of the batch. The paper
    instead has the network read vectors of variance one, lest it learn long ones that no ``r``
    can move far; a network that reads ``x / s`` and one that reads ``x`` can compute the same, and
    to move the one by ``r`` is to move the other by ``s * r``. So nothing changes in prediction.

    All passes drop out the same features, so that what differs between them is the move.

    Args:
        network: In training mode when it learns.
        options: The recipe's training section.
        generator: The generator that dropout draws from; directions are drawn from it too.

    Raises:
        RecipeError: The head knows no divergence, which virtual adversarial training needs.
    """

    def __init__(self, network: Network, options: Training, generator: torch.Generator) -> None:
        self.network = network
        self.epsilon = options.adversarial_epsilon
        self.virtual = options.adversarial == "virtual"
        self.generator = generator
        if self.virtual and type(network.head).divergence is Head.divergence:
            raise RecipeError(
                "training.adversarial is virtual",
                why=f"{type(network.head).__name__} does not say how far its answers are apart",
                fix="Set training.adversarial=adversarial, or none",
            )

    def backward(self, batch: Batch, *, mean: bool = True) -> tuple[float, float]:
        """Add the gradients of a batch's loss and of its adversarial loss to the network's.

        Args:
            batch: With targets, on the network's device.
            mean: Whether by the mean of each loss over its steps; else by the sums.

        Returns:
            The loss of the texts as they are, summed, and the steps that it was summed over.
        """
        assert batch.targets is not None
        head, targets, lengths = self.network.head, batch.targets, batch.lengths
        texts = self._read(batch)
        still = texts.x.detach().requires_grad_()
        logits = self.network.from_vectors(still, batch.ids, lengths)
        known = batch.known
        if known is None:
            total, count = head.loss(logits, targets, lengths)
        else:
            total, count = head.loss(logits[known], targets[known], lengths[known])
        torch.autograd.backward(total / count.clamp(min=1) if mean else total)
        assert still.grad is not None

        answers = logits.detach()
        moved = self._moved(texts, self._steepest(texts, answers) if self.virtual else still.grad)
        logits = self._again(moved, texts)
        if self.virtual:
            loss, steps = head.divergence(logits, answers, lengths)
            if known is not None and not mean:  # who divides the sums does so by the labels
                loss = loss * (count / steps)
        else:
            loss, steps = head.loss(logits, targets, lengths)
        torch.autograd.backward(loss / steps.clamp(min=1) if mean else loss)
        assert moved.grad is not None
        if texts.x.requires_grad:
            torch.autograd.backward(texts.x, still.grad + moved.grad)
        return float(total.detach()), float(count)

    def _read(self, batch: Batch) -> _Texts:
        x = self.network.embedding(batch.ids, *batch.beside)
        real = torch.arange(len(x), device=x.device).unsqueeze(1) < batch.lengths.to(x.device)
        mark = self.generator.get_state()
        return _Texts(batch, x, real, spread(x.detach(), real), mark)

    def _again(self, x: Tensor, texts: _Texts) -> Tensor:
        """The logits of other vectors, with the same dropout as the texts' own had."""
        now = self.generator.get_state()
        self.generator.set_state(texts.mark)
        logits = self.network.from_vectors(x, texts.batch.ids, texts.batch.lengths)
        self.generator.set_state(now)
        return logits

    def _moved(self, texts: _Texts, slope: Tensor) -> Tensor:
        """The vectors moved by ``r`` for a gradient, both ``(T, B, E)``."""
        r = self.epsilon * texts.scale * directions(texts.scale * slope)
        return (texts.x.detach() + r).requires_grad_()

    def _steepest(self, texts: _Texts, answers: Tensor) -> Tensor:
        """The divergence's gradient a little way along a random direction, ``(T, B, E)``."""
        x = texts.x.detach()
        drawn = torch.randn(x.shape, generator=self.generator, dtype=x.dtype, device=x.device)
        along = directions(drawn * texts.real.unsqueeze(-1))
        there = (x + _PROBE * texts.scale * along).requires_grad_()
        logits = self._again(there, texts)
        loss, _ = self.network.head.divergence(logits, answers, texts.batch.lengths)
        (slope,) = torch.autograd.grad(loss, there)
        return slope


@dataclass(frozen=True, slots=True)
class _Texts:
    """A batch that the embedding has read.

    Attributes:
        batch: The batch.
        x: Its vectors, ``(T, B, E)``.
        real: bool ``(T, B)``, false in the padding.
        scale: ``s``, ``(E,)``.
        mark: Where the generator stood when it had.
    """

    batch: Batch
    x: Tensor
    real: Tensor
    scale: Tensor
    mark: Tensor


def spread(x: Tensor, real: Tensor) -> Tensor:
    """The standard deviation of each feature.

    Args:
        x: ``(T, B, E)``.
        real: bool ``(T, B)``, the steps that count.

    Returns:
        ``(E,)``.
    """
    steps = x[real]  # (n, E)
    return steps.std(dim=0, correction=0) if len(steps) else x.new_zeros(x.shape[-1])


def directions(x: Tensor) -> Tensor:
    """Each text's vectors, one after the other as one vector, scaled to length one.

    Args:
        x: ``(T, B, E)``.

    Returns:
        As ``x``; zeros of a text that is all zeros.
    """
    # by the largest first: the squares of small gradients are zero in single precision
    largest = x.abs().amax(dim=(0, 2), keepdim=True)
    x = x / largest.clamp(min=torch.finfo(x.dtype).tiny)
    length: Tensor = torch.linalg.vector_norm(x, dim=(0, 2), keepdim=True)
    return x / length.clamp(min=1)
