"""Weights that a network begins with instead of drawn ones."""

from __future__ import annotations

import torch

from seqkit.nn.network import Network
from seqkit.pretrained.beginning import Beginning
from seqkit.recipe import Recipe
from seqkit.tokenizers.base import Tokenizer
from seqkit.training.events import Transferred


@torch.no_grad()
def transfer(
    beginning: Beginning, tokenizer: Tokenizer, network: Network, *, characters: bool = False
) -> list[Transferred]:
    """Give a network the weights that it begins from; all others stay as they were drawn.

    Args:
        beginning: Where they are from.
        tokenizer: The network's, trained.
        network: Its parameters are changed.
        characters: Give it those alone that read the characters of sentences.

    Returns:
        What to tell of it, an event for each source.

    Raises:
        SeqkitError: See :meth:`Beginning.take`.
    """
    shapes = {name: tuple(p.shape) for name, p in network.named_parameters()}
    told = []
    source = beginning.take_characters(shapes) if characters else beginning.take(tokenizer, shapes)
    for taken in source:
        for name, array in taken.weights.items():
            parameter = network.get_parameter(name)
            rows = slice(None) if taken.rows is None else torch.from_numpy(taken.rows)
            parameter[rows] = torch.from_numpy(array).to(parameter.device)
        told.append(Transferred(source=taken.source, tokens=taken.tokens, found=taken.found))
    return told


def freeze(recipe: Recipe, network: Network) -> None:
    """Leave the embedding, or what reads characters, as it begins, where the recipe says so."""
    if recipe.contextual.on and recipe.contextual.frozen:
        assert network.embedding.contextual is not None
        network.embedding.contextual.models.requires_grad_(False)
    if recipe.pretrained.vectors_frozen and network.embedding.weight is not None:
        network.embedding.weight.requires_grad_(False)
