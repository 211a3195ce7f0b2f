"""Where the windows of a stream end: all of one length, or of lengths drawn anew each epoch."""

from __future__ import annotations

import numpy as np

#: Share of windows that are half as long, the deviation of all in steps, and the fewest steps.
_HALF, _DEVIATION, _LEAST = 0.05, 5.0, 5


def fixed_ends(steps: int, *, bptt: int) -> np.ndarray:
    """The step that each window ends before, in a stream of so many: ``bptt`` each but the last."""
    return np.minimum(np.arange(bptt, steps + bptt, bptt), steps)


def random_ends(steps: int, *, bptt: int, rng: np.random.Generator) -> np.ndarray:
    """The same with lengths drawn, so that no place in the text is always cut off from the past.

    As in section 5 of Merity et al. 2018, "Regularizing and optimizing LSTM language models", a
    length is drawn from a normal distribution around ``bptt``, or now and then around half of it.
    All are then stretched a little to be as many windows as :func:`fixed_ends` has, so that an
    epoch's steps are known beforehand.

    Args:
        steps: At least 1.
        bptt: The middle of the lengths.
        rng: Draws them.
    """
    count = -(-steps // bptt)
    middle = np.where(rng.random(count) < _HALF, bptt / 2, bptt)
    drawn = np.maximum(_LEAST, rng.normal(middle, _DEVIATION))
    # each has one step for certain, and a share of the others
    others = np.cumsum(drawn) / drawn.sum() * (steps - count)
    ends: np.ndarray = np.arange(1, count + 1) + np.rint(others).astype(np.int64)
    return ends
