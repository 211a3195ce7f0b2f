"""Beam search: the likeliest texts, found by carrying on the best few of every length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from seqkit.decoding.numerics import log_softmax
from seqkit.errors import UsageError
from seqkit.specs import Options


class BeamSearch(Options, frozen=True, kw_only=True):
    """How the likeliest text is searched for."""

    beam: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="Search for the likeliest text instead of drawing one, with this many "
            "beginnings of every length.",
        ),
    ] = 4
    length_penalty: Annotated[
        float,
        Meta(
            ge=0,
            le=10,
            description="With --beam: divide a text's logarithm of probability by "
            "((5 + tokens) / 6) to this power (Wu et al. 2016); 0 prefers short texts.",
        ),
    ] = 0.6


@dataclass(frozen=True, slots=True)
class _Path:
    """Tokens, and the natural logarithm of their probability."""

    ids: tuple[int, ...]
    score: float


class Beam:
    """The search for one text: takes logits of all its beginnings, and says how each goes on.

    Args:
        options: How to search.
        num: How many texts are wanted, at most as many as the beam is wide.
        tokens: Tokens of a text at most.
        eos_id: The token that ends a text.
        banned: Tokens that no text has, such as padding.
        ends: Whether a text ends with its last token for another reason; none if nothing else
            ends texts.

    Raises:
        UsageError: An option is out of its range, or ``num`` is more than the beam's width.
    """

    def __init__(
        self,
        options: BeamSearch,
        *,
        num: int,
        tokens: int,
        eos_id: int,
        banned: Sequence[int] = (),
        ends: Callable[[Sequence[int]], bool] | None = None,
    ) -> None:
        try:
            self._options = msgspec.convert(msgspec.structs.asdict(options), BeamSearch)
        except msgspec.ValidationError as error:
            raise UsageError("an option of the beam is out of its range", why=str(error)) from None
        if num > options.beam:
            raise UsageError(
                f"A beam of {options.beam} can't give {num} texts",
                why="it carries on no more beginnings than it is wide",
                fix=f"Use a beam of {num} or more",
            )
        self._num = num
        self._tokens = tokens
        self._eos_id = eos_id
        self._banned = list(banned)
        self._ends = ends
        self._alive = [_Path((), 0.0)]
        self._done: list[_Path] = []
        #: Whether the search is over.
        self.finished = not tokens

    def grow(self, logits: np.ndarray) -> tuple[list[int], list[int]]:
        """Make every beginning one token longer, and keep the best.

        Args:
            logits: ``(B, V)``, those after each beginning.

        Returns:
            For each beginning that goes on, the row of ``logits`` that it came from and the
            token that it ends with.
        """
        scores = log_softmax(logits.astype(np.float64))
        scores[:, self._banned] = -np.inf
        scores += np.array([path.score for path in self._alive])[:, np.newaxis]
        flat = scores.ravel()
        # the end symbol takes one place of each beginning at most; likelier and then lower first
        most = min(self._options.beam + len(self._alive), len(flat))
        likely = np.flatnonzero(flat >= np.partition(flat, len(flat) - most)[len(flat) - most])
        likely = likely[np.argsort(-flat[likely], kind="stable")]
        alive: list[_Path] = []
        parents: list[int] = []
        for index in likely.tolist():
            row, token = divmod(index, logits.shape[1])
            if len(alive) == self._options.beam or scores[row, token] == -np.inf:
                break
            path = _Path((*self._alive[row].ids, token), float(scores[row, token]))
            if token == self._eos_id or (self._ends is not None and self._ends(path.ids)):
                self._done.append(path)
            else:
                alive.append(path)
                parents.append(row)
        self._alive = alive
        self.finished = not alive or self._at_length() or self._is_settled()
        return parents, [path.ids[-1] for path in alive]

    def best(self) -> list[tuple[int, ...]]:
        """The tokens of the best texts when the search is over, the end symbol included."""
        paths = self._done + (self._alive if self._at_length() else [])
        return [path.ids for path in sorted(paths, key=self._rank)[: self._num]]

    def _at_length(self) -> bool:
        return bool(self._alive) and len(self._alive[0].ids) == self._tokens

    def _rank(self, path: _Path) -> float:
        return -self._normalised(path.score, len(path.ids))

    def _normalised(self, score: float, length: int) -> float:
        """Wu et al. 2016, equation 14, without the term for what an input's words attend to."""
        return float(score / ((5 + length) / 6) ** self._options.length_penalty)

    def _is_settled(self) -> bool:
        """Whether no beginning can still come to be among the best: none gets likelier."""
        if len(self._done) < self._num:
            return False
        worst = sorted(map(self._rank, self._done))[self._num - 1]
        return -worst >= self._normalised(self._alive[0].score, self._tokens)
