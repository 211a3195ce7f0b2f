"""What the programs that write characters share: the seed, the check, and the timing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SEED = "First Citizen:\n"
TEMPERATURE = 0.8
BATCHES = (1, 64)  # texts side by side
_TOKENS, _FEW = 100, 5  # of each text; of a quick run's
_SECONDS = 2.0  # for each number of texts
_TOLERANCE = 1e-3  # of the largest logit


class Model:
    """The model that ``character_model.py`` keeps.

    Attributes:
        weights: By their names in the bundle.
        seed: Ids to begin each text with.
        characters: Of all ids.
    """

    def __init__(self, folder: Path) -> None:
        self.weights = dict(np.load(folder / "weights.npz"))
        arrays = np.load(folder / "seed.npz")
        self.seed: list[int] = arrays["ids"].tolist()
        self.characters: list[str] = arrays["characters"].tolist()
        self._logits = arrays["logits"]
        #: ``(V,)``, which ids are drawn: the others' logits are so low that rounding hides all else
        self._drawn = np.array([bool(c) for c in self.characters])

    def check(self, logits: np.ndarray, *, within: float = _TOLERANCE) -> None:
        """Make sure of a model by its logits after the seed, ``(B, V)``.

        Args:
            logits: What it gave.
            within: How far they may be off, as a share of the largest.
        """
        expected = self._logits[self._drawn]
        off = float(np.abs(logits[:, self._drawn] - expected).max() / np.abs(expected).max())
        if not off < within:
            message = f"its logits after the seed are off by {off:.2g} of the largest"
            raise ValueError(message)

    def text(self, ids: Sequence[int]) -> str:
        """The characters of ids."""
        return "".join([self.characters[i] for i in ids])


def write(
    generate: Callable[[int, int], Sequence[str]],
    clock: Any,
    *,
    batches: Sequence[int] = BATCHES,
    quick: bool,
) -> dict[str, float]:
    """Time how fast texts are written; each is begun anew with the seed.

    Args:
        generate: Gives texts for their number and how many tokens each has.
        clock: Runs meanwhile.
        batches: How many texts side by side, one after the other.
        quick: Write a few tokens once.

    Returns:
        Tokens a second for each number of texts, as ``speed_1``.
    """
    speeds = {}
    tokens = _FEW if quick else _TOKENS
    for batch in batches:
        generate(batch, _FEW)
        before, drawn = clock.trained, 0
        while not drawn or (clock.trained - before < _SECONDS and not quick):
            clock.start()
            texts = generate(batch, tokens)
            clock.stop()
            if [len(text) for text in texts] != [tokens] * batch:
                message = f"it wrote texts of {[len(text) for text in texts]} characters"
                raise ValueError(message)
            drawn += batch * tokens
        speeds[f"speed_{batch}"] = drawn / (clock.trained - before)
    return speeds
