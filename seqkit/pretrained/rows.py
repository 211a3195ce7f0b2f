"""Rows of one vocabulary put in the order of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqkit.tokenizers.base import SPECIAL_SYMBOLS, Tokenizer

_SPECIAL = len(SPECIAL_SYMBOLS)


class RowMap:
    """Which row of one vocabulary each token of another begins from.

    The special symbols stand for themselves; a token that both know has its own row.

    Args:
        theirs: The tokens that rows are taken from, in the order of their ids.
        own: The tokens that need rows.

    Attributes:
        found: How many tokens both know, special symbols not counted.
    """

    def __init__(self, theirs: Sequence[str], own: Sequence[str]) -> None:
        self._size = len(theirs)
        places: dict[str, int] = {}
        for place, token in enumerate(theirs[_SPECIAL:], _SPECIAL):
            places.setdefault(token, place)
        # -1 stands for the mean, which comes after the last row
        found = [places.get(token, -1) for token in own[_SPECIAL:]]
        self.found = len(found) - found.count(-1)
        self._places = np.array([*range(_SPECIAL), *found])

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """The rows of the own tokens.

        A token that only the own vocabulary has gets the mean of their tokens' rows, which lies
        where the layers above expect a token to lie.

        Args:
            rows: ``(V, ...)``, one for each of their tokens.

        Returns:
            ``(V', ...)``, one for each own token; float32.
        """
        assert len(rows) == self._size
        tokens = rows[_SPECIAL:] if len(rows) > _SPECIAL else rows
        mean = tokens.mean(axis=0, keepdims=True, dtype=np.float64)
        extended = np.concatenate([rows, mean.astype(rows.dtype)])
        return np.asarray(extended[self._places], dtype=np.float32)


def tokens_of(tokenizer: Tokenizer) -> list[str]:
    """All tokens of a vocabulary, in the order of their ids."""
    return [tokenizer.id_to_token(i) for i in range(tokenizer.vocab_size)]
