"""The network: any registered cell over a window; its last state says all steps ahead at once."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from seqkit import lazy, registry
from seqkit.nn.encoder import Encoder


class Network(nn.Module):
    """Reads a window and says each quantile of each step ahead, in scaled numbers.

    Args:
        cell: The cell's name.
        features: ``F``, features of each row.
        hidden: ``D``, the size of the cell's state.
        horizon: ``H``, steps ahead.
        quantiles: ``Q``, how many are said of each.

    Raises:
        PluginError: There is no such cell.
    """

    def __init__(
        self, *, cell: str, features: int, hidden: int, horizon: int, quantiles: int
    ) -> None:
        super().__init__()
        spec = registry.find("cell", cell).spec
        make = functools.partial(lazy.load(spec.target), options=spec.options())
        # torch.nn's own layers draw from the global generator when made, plugins' ones too
        with torch.random.fork_rng(devices=()):
            self.encoder = Encoder(make, features, hidden)
            self.head = nn.Linear(self.encoder.output_size, horizon * quantiles)
        self.shape = (horizon, quantiles)

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw the cell's parameters, and begin with forecasts of 0, which are a baseline's."""
        self.encoder.reset_parameters(generator)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        """The quantiles after each window.

        Args:
            x: ``(W, B, F)``.

        Returns:
            ``(B, H, Q)``, not always in order.
        """
        W, B = x.shape[:2]
        encoded = self.encoder(x, torch.full((B,), W))  # (W, B, D)
        said: Tensor = self.head(encoded[-1])
        return said.view(B, *self.shape)


def quantile_loss(said: Tensor, goals: Tensor, quantiles: Tensor) -> Tensor:
    """The mean of :func:`seqkit_forecast.scores.pinball`, with its gradient.

    Args:
        said: ``(B, H, Q)``.
        goals: ``(B, H)``.
        quantiles: ``(Q,)``.
    """
    error = goals.unsqueeze(-1) - said
    return torch.maximum(quantiles * error, (quantiles - 1) * error).mean()
