"""A softmax whose rare tokens cost little, since they stand in groups of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.errors import RecipeError
from seqkit.token_groups import group_bounds, group_size


class AdaptiveSoftmax(nn.Module):
    """The adaptive softmax of Grave et al. 2017, "Efficient softmax approximation for GPUs".

    Tokens are sorted by how often they occur and cut into groups. The first softmax is over the
    most frequent ones and a place for each other group; a token of group ``g`` has the probability
    of that place times that in the softmax of its group, which has as many features as
    :func:`~seqkit.token_groups.group_size` says::

        log p(w) = log softmax(W_0 x + b_0)[w]
        log p(w) = log softmax(W_0 x + b_0)[g] + log softmax(W_g P_g x + b_g)[w]

    Training computes the groups that a batch needs. These are exact probabilities of a smaller
    model, not approximate ones of the full softmax.

    Args:
        input_size: ``D``.
        vocab_size: ``V``.
        cutoffs: How many tokens the first group has, the first and the second, and so on, in rising
            order; the last group has the rest. Those that reach ``V`` are left out.

    Attributes:
        places: ``(V,)`` int64, the place of each token among the sorted.

    Raises:
        RecipeError: The vocabulary is too small to be cut, or the numbers do not rise.
    """

    places: Tensor

    def __init__(self, input_size: int, vocab_size: int, cutoffs: Sequence[int]) -> None:
        super().__init__()
        self.bounds = group_bounds(cutoffs, vocab_size)
        own, groups = self.bounds[0], len(self.bounds) - 1
        if not groups or sorted({0, *cutoffs}) != [0, *cutoffs]:
            raise RecipeError(
                f"head.cutoffs {list(cutoffs)} do not cut the vocabulary",
                why=f"they must rise from above 0, and there are {vocab_size:,} tokens",
                fix='Set head.softmax="full", or lower head.cutoffs',
            )
        self.first = nn.Linear(input_size, own + groups)
        self.down = nn.ModuleList()
        self.groups = nn.ModuleList()
        for index, (low, high) in enumerate(self._ranges(), start=1):
            size = group_size(input_size, index)
            self.down.append(nn.Linear(input_size, size, bias=False))
            self.groups.append(nn.Linear(size, high - low))
        self.register_buffer("places", torch.arange(vocab_size))
        self.register_load_state_dict_post_hook(_check_places)

    def _ranges(self) -> list[tuple[int, int]]:
        """The places of each group but the first."""
        return list(zip(self.bounds[:-1], self.bounds[1:], strict=True))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Glorot-uniform weights, zero biases."""
        for layer in (self.first, *self.down, *self.groups):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    @torch.no_grad()
    def sort(self, counts: np.ndarray) -> None:
        """Put the most frequent tokens first.

        Args:
            counts: ``(V,)``, how often each occurs.
        """
        order = np.argsort(-counts, kind="stable")
        self.places.copy_(torch.from_numpy(np.argsort(order)))

    @torch.no_grad()
    def expect(self, counts: np.ndarray) -> None:
        """Set the biases to the tokens' logarithmic frequencies.

        Args:
            counts: ``(V,)``, how often each occurs, at least once; as :meth:`sort` was given.
        """
        logs = torch.from_numpy(np.log(np.sort(counts)[::-1].astype(np.float64)))
        parts = [logs[low:high] for low, high in self._ranges()]
        own = logs[: self.bounds[0]]
        self.first.bias.copy_(torch.cat([own, *(p.logsumexp(0, keepdim=True) for p in parts)]))
        for group, part in zip(cast("Sequence[nn.Linear]", self.groups), parts, strict=True):
            group.bias.copy_(part)

    def loss(self, x: Tensor, targets: Tensor) -> Tensor:
        """The summed negative log-probability of the targets, in nats.

        Args:
            x: ``(N, D)``.
            targets: int64 ``(N,)``.
        """
        places = self.places[targets]
        group = torch.bucketize(places, places.new_tensor(self.bounds[:-1]), right=True)  # (N,)
        shared = self.bounds[0] - 1 + group
        total = F.cross_entropy(
            self.first(x), torch.where(group == 0, places, shared), reduction="sum"
        )
        for index, (low, _) in enumerate(self._ranges()):
            (rows,) = (group == index + 1).nonzero(as_tuple=True)
            if len(rows):
                logits = self.groups[index](self.down[index](x[rows]))
                total = total + F.cross_entropy(logits, places[rows] - low, reduction="sum")
        return total

    def forward(self, x: Tensor) -> Tensor:
        """All log-probabilities, ``(..., D)`` to ``(..., V)``."""
        first = self.first(x).log_softmax(dim=-1)
        own, shared = first.split([self.bounds[0], len(self.groups)], dim=-1)
        parts = [own]
        for index, (down, group) in enumerate(zip(self.down, self.groups, strict=True)):
            parts.append(group(down(x)).log_softmax(dim=-1) + shared[..., index : index + 1])
        sorted_: Tensor = torch.cat(parts, dim=-1)
        return sorted_.index_select(-1, self.places)


def _check_places(module: Any, _: Any) -> None:
    """Each token has one place: a file that says otherwise would be read beyond its end."""
    places = module.places
    if not torch.equal(places.sort().values, torch.arange(len(places), device=places.device)):
        raise RuntimeError("places is no order of the tokens")
