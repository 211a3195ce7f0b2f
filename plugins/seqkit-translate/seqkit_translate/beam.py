"""Beam search for many sentences side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqkit.errors import BundleError, UsageError
from seqkit.tokenizers.base import EOS, PAD, UNK
from seqkit_translate import Search
from seqkit_translate.attention import Memory
from seqkit_translate.decoding import TOKEN, normalised
from seqkit_translate.layers import Trace

if TYPE_CHECKING:
    from seqkit_translate.head import TranslationHead

#: Logits that are made at once, which decides how many sentences are searched side by side.
_NUMBERS = 1 << 22

#: Tokens that a translation may have beyond those that its sentence's length allows.
_SPARE = 10


class Found(NamedTuple):
    """A translation that a search found.

    Attributes:
        tokens: :data:`TOKEN` ``(n,)``; an end symbol closes it, unless it was cut.
        score: The logarithm of its probability over its length penalty.
        attention: ``(n, T)``, where each token looked; or none.
    """

    tokens: np.ndarray
    score: float
    attention: np.ndarray | None


@torch.no_grad()
def search(
    head: TranslationHead,
    encoded: Tensor,
    lengths: Tensor,
    options: Search,
    *,
    num: int = 1,
    attention: bool = False,
) -> list[list[Found]]:
    """The likeliest translations.

    At each step, what ends among the likeliest ``beam`` continuations of a sentence's beginnings is
    done, and the likeliest ``beam`` others are carried on. A sentence's search is over when
    ``beam`` translations are done and the best ``num`` of them are better than what is carried on;
    when nothing that is carried on can get better than they; or at its greatest length, where what
    was not done is cut. With a beam of one that is to take the likeliest token each time.

    Args:
        head: In evaluation mode.
        encoded: ``(T, B, D)``, with anything in the padding.
        lengths: int64 ``(B,)``.
        options: How to search.
        num: Translations for each sentence, at most as many as the beam is wide.
        attention: Whether to keep where each token looked.

    Returns:
        For each sentence its best translations, best first; fewer than ``num`` only where there
        are no more.

    Raises:
        UsageError: ``num`` is more than the beam's width.
        BundleError: A logit is no number.
    """
    if num > options.beam:
        raise UsageError(
            f"A beam of {options.beam} can't give {num} translations",
            why="it carries on no more beginnings than it is wide",
            fix=f"Use a beam of {num} or more",
        )
    found: list[list[Found]] = []
    size = max(1, _NUMBERS // (options.beam * head.output_size))
    for start in range(0, len(lengths), size):
        some = lengths[start : start + size]
        T = max(1, int(some.max()))
        part = encoded[:T, start : start + size]
        found += _Side(head, part, some, options, num=num, attention=attention).run()
    return found


class _Side:
    """Sentences that are searched side by side; those that are over leave.

    ``b`` sentences are left, each with ``K`` beginnings of ``t`` tokens.
    """

    def __init__(
        self,
        head: TranslationHead,
        encoded: Tensor,
        lengths: Tensor,
        options: Search,
        *,
        num: int,
        attention: bool,
    ) -> None:
        self.head, self.options, self.num = head, options, num
        self.lengths: list[int] = lengths.tolist()
        self.most = [int(options.length_ratio * n) + _SPARE for n in self.lengths]
        self.done: list[list[Found]] = [[] for _ in self.most]
        #: The sentences that are left.
        self.left = list(range(len(self.most)))
        T, b, K = len(encoded), len(self.most), options.beam
        memory, trace = head.begin(encoded, lengths)
        rows = torch.arange(b, device=encoded.device).repeat_interleave(K)
        self.memory: Memory = memory
        self.trace: Trace = trace.select(rows)
        #: ``(b, K)``, the logarithm of each beginning's probability; one is there at first.
        self.totals = encoded.new_full((b, K), -torch.inf)
        self.totals[:, 0] = 0
        #: ``(b, K, t)`` each, and ``(b, K, t, T)`` or nothing.
        self.ids = rows.new_empty(b, K, 0)
        self.nats = encoded.new_empty(b, K, 0)
        self.maps = encoded.new_empty(b, K, 0, T if attention else 0)

    def run(self) -> list[list[Found]]:
        """Search to the end."""
        while self.left:
            self._grow()
        return [sorted(done, key=lambda f: -f.score)[: self.num] for done in self.done]

    def _grow(self) -> None:
        """Make every beginning one token longer, and keep the best."""
        b, K, t = self.ids.shape
        last = self.ids[..., -1] if t else self.ids.new_full((b, K), EOS)
        logits, trace, weights = self.head.step(last.flatten(), self.trace, self.memory)
        nats = logits.log_softmax(dim=-1)
        nats[:, [PAD, UNK]] = -torch.inf
        V = nats.shape[-1]
        nats = nats.view(b, K * V)
        # an end takes one place of each beginning at most, so that K others are always there
        all_totals = self.totals.repeat_interleave(V, dim=1) + nats
        totals, places = all_totals.topk(2 * K)  # (b, 2 * K), likeliest first
        if totals.isnan().any():
            raise BundleError("the model's logits are no numbers", why="its weights are damaged")
        parents, ids = places // V, places % V
        self._extend(parents, ids, nats.gather(1, places), weights)
        ends, possible = ids == EOS, totals > -torch.inf
        done = ends & possible
        done[:, K:] = False
        self._finish(done, totals)
        goes_on = ends.long().argsort(dim=1, stable=True)[:, :K]
        at_length = torch.tensor([self.most[i] == t + 1 for i in self.left], device=ids.device)
        carried = torch.zeros_like(done).scatter(1, goes_on, value=True)
        self._finish(carried & possible & at_length.unsqueeze(1), totals)
        self._carry_on(goes_on, parents, totals, trace)

    def _extend(self, parents: Tensor, ids: Tensor, nats: Tensor, weights: Tensor) -> None:
        """Make the beginnings those of all candidates, ``(b, 2 * K)``."""
        rows = torch.arange(len(ids), device=ids.device).unsqueeze(1)
        self.ids = torch.cat([self.ids[rows, parents], ids.unsqueeze(-1)], dim=-1)
        self.nats = torch.cat([self.nats[rows, parents], nats.unsqueeze(-1)], dim=-1)
        if self.maps.shape[-1]:
            looked = weights.view(len(ids), -1, 1, weights.shape[-1])  # (b, K, 1, T)
            self.maps = torch.cat([self.maps[rows, parents], looked[rows, parents]], dim=-2)

    def _finish(self, which: Tensor, totals: Tensor) -> None:
        """Note the candidates that are done, bool ``(b, 2 * K)``."""
        row, candidate = which.nonzero(as_tuple=True)
        tokens = np.empty((len(row), self.ids.shape[-1]), dtype=TOKEN)
        tokens["id"] = self.ids[row, candidate].cpu().numpy()
        tokens["log_probability"] = self.nats[row, candidate].cpu().numpy()
        maps = self.maps[row, candidate].cpu().numpy() if self.maps.shape[-1] else None
        sums = totals[row, candidate].tolist()
        for at, place in enumerate(row.tolist()):
            sentence = self.left[place]
            looked = None if maps is None else maps[at, :, : self.lengths[sentence]]
            score = normalised(sums[at], tokens.shape[1], self.options.length_penalty)
            self.done[sentence].append(Found(tokens[at], score, looked))

    def _carry_on(self, goes_on: Tensor, parents: Tensor, totals: Tensor, trace: Trace) -> None:
        """Go on with some candidates, ``(b, K)``, of the sentences that are not over."""
        b, K = goes_on.shape
        t = self.ids.shape[-1]
        alive = totals.gather(1, goes_on)  # (b, K)
        stay = [
            place
            for place, (sentence, best) in enumerate(
                zip(self.left, alive[:, 0].tolist(), strict=True)
            )
            if self.most[sentence] > t and not self._is_over(sentence, best, t)
        ]
        self.left = [self.left[place] for place in stay]
        rows = torch.tensor(stay, device=alive.device, dtype=torch.int64)
        chosen = rows.unsqueeze(1), goes_on[rows]  # (b', K) of (b, 2 * K)
        self.totals = alive[rows]
        self.ids, self.nats, self.maps = self.ids[chosen], self.nats[chosen], self.maps[chosen]
        self.trace = trace.select((chosen[0] * K + parents[chosen]).flatten())
        if len(stay) < b:
            self.memory = self.memory.select(rows)

    def _is_over(self, sentence: int, best: float, t: int) -> bool:
        """Whether no beginning of ``t`` tokens, ``best`` being the likeliest, changes what is best.

        None gets likelier, but the length penalty may make more of it yet. Once as many
        translations are done as the beam is wide, that is no longer waited for.
        """
        done = self.done[sentence]
        if best == -np.inf:
            return True
        if len(done) < self.num:
            return False
        reached = sorted((found.score for found in done), reverse=True)[self.num - 1]
        length = t if len(done) >= self.options.beam else self.most[sentence]
        return reached >= normalised(best, length, self.options.length_penalty)
