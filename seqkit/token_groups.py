"""The groups that an adaptive softmax cuts a vocabulary into, in whatever runtime."""

from __future__ import annotations

from collections.abc import Sequence

#: By how much each group's features are fewer than those of the group before.
SHRINK = 4


def group_bounds(cutoffs: Sequence[int], vocab_size: int) -> list[int]:
    """How many tokens the first group has, the first and the second, and so on up to all.

    Args:
        cutoffs: The same but for the last; those that reach ``vocab_size`` are left out.
        vocab_size: All tokens.
    """
    return [*(cutoff for cutoff in cutoffs if cutoff < vocab_size), vocab_size]


def group_size(input_size: int, group: int) -> int:
    """The features of a group, the first one being 0."""
    shrunk: int = SHRINK**group
    return max(1, input_size // shrunk)
