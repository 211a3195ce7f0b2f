"""The optimiser that a recipe asks for, and the bound on its gradient."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from seqkit.recipe.training import Training


def make_optimizer(
    parameters: Iterable[nn.Parameter] | list[dict[str, Any]], options: Training
) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019) or SGD.

    Each is one pass over the parameters, which took a sixth of the time of one pass an operation.

    Args:
        parameters: What is trained, or groups of it, each with its ``share`` of the rate.
        options: The recipe's training section.
    """
    rate, decay = options.learning_rate, options.weight_decay
    made: torch.optim.Optimizer
    if options.optimizer == "sgd":
        made = _uncompiled(torch.optim.SGD)(
            parameters, lr=rate, weight_decay=decay, momentum=options.momentum, fused=True
        )
    else:
        cls = torch.optim.AdamW if options.optimizer == "adamw" else torch.optim.Adam
        made = _uncompiled(cls)(parameters, lr=rate, weight_decay=decay, fused=True)
    return made


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the head; each group has its share of it."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)


def _uncompiled(cls: type[torch.optim.Optimizer]) -> type[Any]:
    """An optimiser that does the same, but does not import torch's compiler to leave it out.

    That import would take half of the time from the command to the first step.
    """
    names = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
    plain = {name: inspect.unwrap(getattr(cls, name)) for name in names}
    return type(cls.__name__, (cls,), {**plain, "step": torch.no_grad()(inspect.unwrap(cls.step))})


@torch.no_grad()
def clip_norm(parameters: Iterable[nn.Parameter], most: float) -> Tensor:
    """Scale the gradient down where its norm is too great (Pascanu et al. 2013).

    Unlike torch's own it leaves a gradient alone that is small enough, which is most of them.

    Args:
        parameters: Those with a gradient count.
        most: The greatest norm, all parameters taken as one vector.

    Returns:
        The norm before.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm: Tensor = torch.linalg.vector_norm(
        torch.stack([torch.linalg.vector_norm(g) for g in gradients])
    )
    if norm > most:
        for gradient in gradients:
            gradient.mul_(most / (norm + 1e-6))
    return norm
