"""Conditional random field: scores of neighbouring tags, and the likelihood of whole sequences."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqkit.encoding import IGNORED

#: The score of what can't be: ``exp`` of it is zero, and unlike ``-inf`` it has a gradient.
IMPOSSIBLE = -10_000.0


class CRF(nn.Module):
    """A linear chain over the tags of a sentence.

    Lafferty et al. 2001, "Conditional random fields: probabilistic models for segmenting and
    labeling sequence data"; over a recurrent network, with a score for each two neighbours that
    depends on nothing else: Lample et al. 2016, "Neural architectures for named entity
    recognition", section 2.2.

    Args:
        labels: ``L``.

    Attributes:
        scores: ``(L + 1, L + 1)``, of a row's tag before a column's; the last row stands for what
            is before a sentence, the last column for what is after it.
        barrier: The same shape, added to the scores: 0, or :data:`IMPOSSIBLE`.
    """

    barrier: Tensor

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(labels + 1, labels + 1))
        self.register_buffer("barrier", torch.zeros(labels + 1, labels + 1))

    def reset_parameters(self) -> None:
        """Zeros, with which all tags are independent."""
        nn.init.zeros_(self.scores)

    def forbid(self, allowed: Tensor) -> None:
        """Rule transitions out.

        Args:
            allowed: bool ``(L + 1, L + 1)``, of which some path of every length is.
        """
        self.barrier.zero_().masked_fill_(~allowed.to(self.barrier.device), IMPOSSIBLE)

    def forward(self, emissions: Tensor, tags: Tensor) -> Tensor:
        """The negative log-likelihood of each sentence's tags.

        Lample et al. 2016, the equation after (1): the score of the tags less the logarithm of the
        sum over all sequences. Where tags are not known it is that of all sequences that have the
        known ones.

        Args:
            emissions: Scores of each tag, ``(T, B, L)``.
            tags: ``(T, B)``, indices; :data:`seqkit.encoding.IGNORED` for a step that the chain
                goes past as if it were not there, any other negative for a tag that is not known.

        Returns:
            ``(B,)``, in nats; zero for a sentence without tags.
        """
        emissions, tags = _closed_up(emissions, tags)
        weights, alive = self.scores + self.barrier, tags != IGNORED
        if (alive & (tags < 0)).any():
            labels = torch.arange(emissions.shape[2], device=tags.device)
            others = (tags.unsqueeze(2) != labels) & (tags >= 0).unsqueeze(2)  # (T, B, L)
            told = _log_partition(weights, emissions.masked_fill(others, IMPOSSIBLE), alive)
        else:
            told = _score(weights, emissions, tags, alive)
        every = _log_partition(weights, emissions, alive)
        return torch.where(alive[0], every - told, 0)


def _score(weights: Tensor, emissions: Tensor, tags: Tensor, alive: Tensor) -> Tensor:
    """The score of known tags; Lample et al. 2016, section 2.2.

    Args:
        weights: ``(L + 1, L + 1)``.
        emissions: ``(T, B, L)``, zero beyond a sentence's end.
        tags: ``(T, B)``.
        alive: bool ``(T, B)``, whether the sentence has a token there.

    Returns:
        ``(B,)``.
    """
    emitted = emissions.gather(2, tags.clamp(min=0).unsqueeze(2)).sum(dim=(0, 2))
    outside = torch.full_like(tags[:1], emissions.shape[2])  # (1, B)
    path = torch.cat([outside, torch.where(alive, tags, outside), outside])
    moved = weights[path[:-1], path[1:]]  # (T + 1, B), of which some are beyond the end
    return emitted + moved[0] + torch.where(alive, moved[1:], 0).sum(dim=0)


def _log_partition(weights: Tensor, emissions: Tensor, alive: Tensor) -> Tensor:
    """The logarithm of the sum over all paths of ``exp`` of their scores, step by step.

    Args:
        weights: ``(L + 1, L + 1)``.
        emissions: ``(T, B, L)``.
        alive: bool ``(T, B)``, whether the sentence has a token there.

    Returns:
        ``(B,)``.
    """
    between = weights[:-1, :-1]
    alpha = weights[-1, :-1] + emissions[0]  # (B, L)
    for t in range(1, len(emissions)):
        after = (alpha.unsqueeze(2) + between).logsumexp(dim=1) + emissions[t]
        alpha = torch.where(alive[t].unsqueeze(1), after, alpha)
    return (alpha + weights[:-1, -1]).logsumexp(dim=1)


def _closed_up(emissions: Tensor, tags: Tensor) -> tuple[Tensor, Tensor]:
    """Without the steps between tokens: each sentence's tokens in a row, from the first step on.

    Returns:
        Emissions, zero beyond a sentence's tokens, and tags, at least one step of them.
    """
    kept = tags != IGNORED
    longest = max(1, int(kept.sum(dim=0).max()))
    order = kept.to(torch.uint8).argsort(dim=0, descending=True, stable=True)[:longest]
    tags = tags.gather(0, order)
    emissions = emissions.gather(0, order.unsqueeze(2).expand(-1, -1, emissions.shape[2]))
    return emissions.masked_fill((tags == IGNORED).unsqueeze(2), 0), tags
