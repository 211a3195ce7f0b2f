"""A network's layers from the head down: a learning rate for each, and which are trained yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn

from seqkit.cells.base import Cell
from seqkit.nn.network import Network

#: The parameters of each layer that are trained, the head's first and the embedding's last.
Layers = list[list[nn.Parameter]]


def layers_of(network: Network) -> Layers:
    """The parameters that are trained, by layer; a layer that has none is left out.

    Weights that the head shares with the embedding are the embedding's.
    """
    cells: list[list[Cell]] = []
    if not network.reads_ids:
        encoder = network.encoder
        starts = range(0, len(encoder.cells), encoder.directions)
        cells = [list(encoder.cells)[start : start + encoder.directions] for start in starts]
    upper = [
        list(network.head.parameters()),
        *([p for cell in layer for p in cell.parameters()] for layer in reversed(cells)),
    ]
    named = {id(p) for layer in upper for p in layer}
    lowest = [p for p in network.parameters() if id(p) not in named]
    layers = ([p for p in layer if p.requires_grad] for layer in (*upper, lowest))
    return [layer for layer in layers if layer]


def parameter_groups(
    network: Network, layers: Layers, decay: float, beside: Sequence[nn.Parameter] = ()
) -> Iterable[nn.Parameter] | list[dict[str, Any]]:
    """What the optimiser trains, with each layer's share of the learning rate.

    These are the discriminative learning rates of Howard and Ruder 2018, "Universal language model
    fine-tuning for text classification": ``decay ** depth``, where the head has depth 0.

    Args:
        network: What is trained.
        layers: Its layers.
        decay: The rate of a layer as a share of that of the layer above.
        beside: What is trained with it and is none of its layers, at the rate of the head.

    Returns:
        All parameters as one group where the rate is the same for all.
    """
    if decay == 1:
        return [*network.parameters(), *beside]
    groups = [{"params": layer, "share": decay**depth} for depth, layer in enumerate(layers)]
    return [*groups, {"params": list(beside), "share": 1.0}] if beside else groups


def thaw(layers: Layers, count: int) -> None:
    """Train the upper ``count`` layers and leave those below as they are.

    The gradient is not even computed for those, which saves its time.
    """
    for depth, layer in enumerate(layers):
        for parameter in layer:
            parameter.requires_grad_(depth < count)
