"""What models of characters say of each token in its sentence."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells.base import Cell
from seqkit.contextual import Context
from seqkit.nn.encoder import Encoder, reorder
from seqkit.nn.kernels import CellKernel
from seqkit.recipe.sections import Contextual


class CharacterModel(nn.Module):
    """A language model without its head: what it is in after each character.

    Args:
        sizes: The recipe's section.
        cell: Makes a cell from its input size and its hidden size.
        kernel: What runs the cell where it fits; none for the cell itself.

    Attributes:
        weight: The characters' vectors, ``(V, E)``.
    """

    def __init__(
        self, sizes: Contextual, cell: Callable[[int, int], Cell], kernel: CellKernel | None
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(sizes.vocab_size, sizes.vector_size))
        self.encoder = Encoder(cell, sizes.vector_size, sizes.hidden_size, kernel=kernel)

    def forward(self, letters: Tensor, counts: Tensor) -> Tensor:
        """The states ``(M, B, H)`` after each of the characters ``(M, B)``."""
        states: Tensor = self.encoder(F.embedding(letters, self.weight), counts)
        return states


class ContextReader(nn.Module):
    """Contextual string embeddings.

    For a token whose first character is the sentence's ``a``-th and whose last is its ``b``-th::

        x = [f_b ; g_a]

    where ``f_b`` is the state of a language model that has read the characters up to ``b``, and
    ``g_a`` that of one that has read them from the last back to ``a``: Akbik, Blythe and Vollgraf
    2018, "Contextual string embeddings for sequence labeling", section 2.2. Both begin with the end
    symbol, after which their texts began.

    Args:
        sizes: The recipe's section, with the models' sizes.
        cell: Makes the recipe's cell from its input size and its hidden size.
        kernel: What runs that cell where it fits.

    Attributes:
        size: ``D``, features of a token.
        states_size: ``2 H``, those of both models' states.
        models: The forward one and the backward one.
        projection: What makes ``D`` features of ``2 H``, where the recipe has a size.
    """

    def __init__(
        self, sizes: Contextual, *, cell: Callable[[int, int], Cell], kernel: CellKernel | None
    ) -> None:
        super().__init__()
        self.size = sizes.output_size
        self.states_size = 2 * sizes.hidden_size
        self.models = nn.ModuleList(CharacterModel(sizes, cell, kernel) for _ in range(2))
        self.projection = nn.Linear(self.states_size, sizes.size) if sizes.size else None

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw anew, though training takes the models' weights from others."""
        for model in self.models:
            assert isinstance(model, CharacterModel)
            nn.init.normal_(model.weight, generator=generator)
            model.encoder.reset_parameters(generator)
        if self.projection is not None:
            nn.init.xavier_uniform_(self.projection.weight, generator=generator)
            nn.init.zeros_(self.projection.bias)

    def forward(self, context: Context[Tensor] | Tensor) -> Tensor:
        """The vector of the token at each step, ``(T, B, D)``; anything finite for padding.

        Args:
            context: The characters, or :meth:`read` of them.
        """
        states = context if isinstance(context, Tensor) else self.read(context)
        projected: Tensor = states if self.projection is None else self.projection(states)
        return projected

    def read(self, context: Context[Tensor]) -> Tensor:
        """Both models' states of each token beside each other, ``(T, B, 2 H)``."""
        letters, counts, places = context
        steps = torch.arange(len(letters), device=letters.device).unsqueeze(1)  # (M, 1)
        mirror = torch.where(steps >= counts, steps, counts - 1 - steps)  # (M, B)
        forward, backward = self.models
        before = forward(letters, counts)
        behind = backward(reorder(letters, mirror), counts)
        ends, starts = places.unbind(dim=-1)  # (T, B)
        return torch.cat([reorder(before, ends), reorder(behind, counts - 1 - starts)], dim=-1)


def context_reader(
    sizes: Contextual, cell: Callable[[int, int], Cell], kernel: CellKernel | None
) -> ContextReader | None:
    """What a recipe's embedding reads sentences with; none where it does not."""
    return ContextReader(sizes, cell=cell, kernel=kernel) if sizes.on else None
