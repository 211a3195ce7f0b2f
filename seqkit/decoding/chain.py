"""Scores of neighbouring tags, and which may be neighbours at all: what a CRF adds to logits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from seqkit.bundle.manifest import damaged, read_member
from seqkit.decoding.spans import may_follow

#: Two tags that stand side by side; none stands for what is before or after the sentence.
Pair: TypeAlias = tuple[str | None, str | None]

_FILE = "transitions.safetensors"
_HEADER = 1 << 16  # bytes, more than names and shapes take


@dataclass(frozen=True, slots=True)
class Chain:
    """The transitions between ``L`` tags.

    In both tables a row is the tag before and a column the one after; the last row stands for what
    is before a sentence, the last column for what is after it.

    Attributes:
        scores: float32 ``(L + 1, L + 1)``, finite.
        allowed: bool ``(L + 1, L + 1)``; at least one path of any length is.
    """

    scores: np.ndarray
    allowed: np.ndarray

    @classmethod
    def of(cls, labels: Sequence[str], scheme: str, seen: Collection[Pair]) -> Chain:
        """The chain before training: no score, and what the scheme allows.

        Whatever training showed is allowed too: data in another dialect of a scheme, such as IOB1
        where spans begin with ``I``, could not be learnt otherwise. Nothing is forbidden where no
        tag may begin a sentence, follow itself, and end it, for then some lengths had no path.

        Args:
            labels: The tags.
            scheme: As :func:`seqkit.decoding.spans.may_follow` has it.
            seen: The pairs that stand in the training data.
        """
        tags = [*labels, None]
        allowed = np.array(
            [[may_follow(a or "O", b or "O", scheme) or (a, b) in seen for b in tags] for a in tags]
        )
        if not _endless(allowed):
            allowed[:] = True
        return cls(np.zeros(allowed.shape, np.float32), allowed)

    @property
    def weights(self) -> np.ndarray:
        """The scores as float64 ``(L + 1, L + 1)``, ``-inf`` where a transition is forbidden."""
        return np.where(self.allowed, self.scores.astype(np.float64), -np.inf)

    def possible(self, tags: np.ndarray) -> np.ndarray:
        """Which tags of a sentence a path can go through, if it goes through those before.

        Args:
            tags: int ``(tokens,)``, negative for any tag at all.

        Returns:
            bool ``(tokens,)``; some allowed path goes through all that are true.
        """
        L = len(self.allowed) - 1
        around = np.concatenate([[L], tags, [L]])
        if tags.min(initial=0) >= 0 and self.allowed[around[:-1], around[1:]].all():
            return np.ones(len(tags), dtype=bool)
        found = np.zeros(len(tags), dtype=bool)
        reached = here = np.array([L])
        for place, tag in enumerate(tags.tolist()):
            reached = np.flatnonzero(self.allowed[here, :L].any(axis=0))
            found[place] = tag in reached
            here = np.array([tag]) if found[place] else reached
        if not self.allowed[here, L].any():
            if not self.allowed[reached, L].any():
                return np.zeros(len(tags), dtype=bool)
            found[-1] = False
        return found

    def save(self, folder: Path) -> None:
        """Write ``transitions.safetensors``."""
        arrays = {"scores": self.scores, "allowed": self.allowed}
        (folder / _FILE).write_bytes(save(arrays))

    @classmethod
    def load(cls, folder: Path, labels: int) -> Chain:
        """Read what :meth:`save` wrote.

        Args:
            folder: May come from a stranger.
            labels: ``L``.

        Raises:
            BundleError: The file is missing or damaged, or is one of other labels.
        """
        shape = labels + 1, labels + 1
        data = read_member(folder, _FILE, limit=5 * shape[0] * shape[1] + _HEADER)
        try:
            arrays = load(data)
        # KeyError is a type that numpy does not have, ValueError a shape that it can't hold
        except (SafetensorError, KeyError, ValueError) as error:
            raise damaged(folder / _FILE, f"{type(error).__name__}: {error}") from error
        found = {name: (array.dtype.name, array.shape) for name, array in arrays.items()}
        wanted = {"scores": ("float32", shape), "allowed": ("bool", shape)}
        if found != wanted:
            raise damaged(folder / _FILE, f"it holds {found}, not {wanted}")
        chain = cls(arrays["scores"], arrays["allowed"])
        if not np.isfinite(chain.scores).all():
            raise damaged(folder / _FILE, "a score is no finite number")
        if not _endless(chain.allowed):
            raise damaged(folder / _FILE, "it does not allow a sentence of every length")
        return chain


def _endless(allowed: np.ndarray) -> bool:
    """Whether some tag may begin a sentence, follow itself, and end it."""
    return bool((allowed[-1, :-1] & allowed.diagonal()[:-1] & allowed[:-1, -1]).any())
