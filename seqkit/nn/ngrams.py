"""A linear model of the n-grams of a text, to stand beside a recurrent one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.encoding import Encoded
from seqkit.ngrams import ngram_buckets, ngram_hashes

#: Passes over the texts, and texts a step.
_EPOCHS, _BATCH = 2, 64
#: Logits begin as those of naive Bayes, scaled as if a text had so many n-grams: taken for
#: independent, which they are not, all of a long text's would be far too sure.
_INDEPENDENT = 7
#: How far a weight moves in its first steps, in shares of the scale that it begins with.
_RATE = 5.0
#: What Adagrad's sum of squares begins with, lest a rare n-gram's first step be as long as any.
_SQUARES = 1.0


class NGrams(nn.Module):
    """A weight for each n-gram and label, summed over the n-grams that a text has.

    This is the NB-SVM of Wang and Manning 2012, "Baselines and bigrams: simple, good sentiment and
    topic classification", with the cross-entropy for the hinge loss. Each n-gram counts once a
    text, and its feature is not 1 but its log-count ratio,

    ::

        r_l = log (p_l / |p_l|) / (q_l / |q_l|)

    where ``p_l`` is 1 plus the number of texts with label ``l`` that have the n-gram, and ``q_l``
    the same without the label. Only the product of ratio and weight is kept. All is learnt at once
    in :meth:`fit`, by the gradient and a rate for each weight (Duchi, Hazan and Singer 2011,
    "Adaptive subgradient methods"), and nothing later.

    Args:
        longest: The longest n-gram, in tokens.
        buckets: ``K``, how many weights a label has; n-grams are hashed to them as
            :func:`seqkit.ngrams.ngram_buckets` says.
        labels: ``L``.

    Attributes:
        weight: ``(K, L)``.
        bias: ``(L,)``.
    """

    def __init__(self, longest: int, buckets: int, labels: int) -> None:
        super().__init__()
        self.longest = longest
        self.buckets = buckets
        self.weight = nn.Parameter(torch.zeros(buckets, labels), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(labels), requires_grad=False)

    def reset_parameters(self) -> None:
        """Forget all; there is nothing to draw."""
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Sum the weights of the n-grams that each text has.

        Args:
            ids: int64 ``(T, B)``; what stands beyond a text's length does not matter.
            lengths: int64 ``(B,)``.

        Returns:
            ``(B, L)``.
        """
        real = torch.arange(len(ids), device=ids.device) < lengths.to(ids.device).unsqueeze(1)
        present, counts = ngram_buckets(
            ids.t()[real].cpu().numpy(),
            lengths.cpu().numpy(),
            longest=self.longest,
            buckets=self.buckets,
        )
        device = self.weight.device
        summed = F.embedding_bag(
            torch.from_numpy(present).to(device),
            self.weight,
            torch.from_numpy(np.cumsum(counts) - counts).to(device),
            mode="sum",
        )
        return summed + self.bias

    def present(self, texts: Sequence[Encoded]) -> tuple[np.ndarray, np.ndarray]:
        """The buckets that each text has, as :func:`seqkit.ngrams.ngram_buckets` gives them."""
        return ngram_buckets(
            np.concatenate([text.ids for text in texts]),
            np.array([len(text) for text in texts]),
            longest=self.longest,
            buckets=self.buckets,
        )

    def credit(self, ids: Tensor) -> Tensor:
        """What each token of a text has brought of what :meth:`forward` adds to the bias.

        A bucket's weight counts once; all n-grams of the text that fall in it have equal shares of
        it, and so have the tokens of each.

        Args:
            ids: int64 ``(T,)``.

        Returns:
            ``(T, L)``.
        """
        tokens, T = ids.cpu().numpy(), len(ids)
        credit = self.weight.new_zeros(T, self.weight.shape[1])
        hashes = [ngram_hashes(tokens, n) for n in range(1, self.longest + 1)]
        present, place, times = np.unique(
            np.concatenate(hashes) % self.buckets, return_inverse=True, return_counts=True
        )
        shares = self.weight[torch.from_numpy(present)] / torch.from_numpy(times).unsqueeze(1)
        each = shares[torch.from_numpy(place)]  # (n-grams, L)
        for n, part in enumerate(each.split([len(h) for h in hashes]), 1):
            for k in range(n):
                credit[k : k + len(part)] += part / n
        return credit

    @torch.no_grad()
    def fit(
        self,
        examples: Sequence[Encoded],
        targets: Tensor,
        *,
        exclusive: bool,
        importance: Tensor,
        generator: torch.Generator,
    ) -> None:
        """Learn all weights from the training texts.

        Args:
            examples: ``N`` texts.
            targets: 1 for each label that holds, ``(N, L)``.
            exclusive: Whether exactly one of the labels holds (softmax) or any number (sigmoids).
            importance: How much each text counts in the loss, ``(N,)``.
            generator: Draws the order of the texts.
        """
        targets, importance = targets.cpu().float(), importance.cpu().float()
        N, L = targets.shape
        # a row a label, since rows are quicker to add to than columns
        holding, having = torch.zeros(L, self.buckets), torch.zeros(self.buckets)
        for indices in _batches(np.arange(N)):
            present, row = self._of(examples, indices)
            having.index_add_(0, present, torch.ones(len(present)))
            for label in range(L):
                holding[label].index_add_(0, present, targets[indices, label][row])
        p, q = 1 + holding, 1 + having - holding  # (L, K)
        ratio = (p / p.sum(dim=1, keepdim=True)).log() - (q / q.sum(dim=1, keepdim=True)).log()
        held = (1 + targets.sum(dim=0)) / (2 + N)
        bias = held.log() - (0 if exclusive else (1 - held).log())
        scale = min(1.0, _INDEPENDENT * N / max(1.0, float(having.sum())))
        weight, squares = torch.full_like(ratio, scale), torch.full_like(ratio, _SQUARES)
        # one number of the generator's, wherever it lies, for an order that any device shares
        seed = torch.randint(2**31, (), generator=generator, device=generator.device)
        rng = np.random.default_rng(int(seed))
        step, steps = 0, _EPOCHS * -(-N // _BATCH)
        for _ in range(_EPOCHS):
            for indices in _batches(rng.permutation(N)):
                present, row = self._of(examples, indices)
                x = ratio[:, present]  # (L, n)
                logits = bias.unsqueeze(1).repeat(1, len(indices))  # (L, B)
                for label in range(L):
                    logits[label].index_add_(0, row, weight[label, present] * x[label])
                told = logits.softmax(dim=0) if exclusive else logits.sigmoid()
                error = (told - targets[indices].t()) * importance[indices]
                rate = _RATE * scale * (1 + math.cos(math.pi * step / steps)) / 2
                for label in range(L):
                    slope = error[label, row] * x[label]  # (n,)
                    squares[label].index_add_(0, present, slope.square())
                    slope *= squares[label, present].rsqrt()
                    weight[label].index_add_(0, present, slope, alpha=-rate)
                step += 1
        self.weight.copy_((weight * ratio).t())
        self.bias.copy_(bias)

    def _of(self, examples: Sequence[Encoded], indices: np.ndarray) -> tuple[Tensor, Tensor]:
        """The buckets that some texts have, ``(n,)``, and which text each is of, ``(n,)``."""
        texts = [examples[int(i)] for i in indices]
        present, counts = self.present(texts)
        row = np.repeat(np.arange(len(texts)), counts)
        return torch.from_numpy(present), torch.from_numpy(row)


def _batches(order: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
