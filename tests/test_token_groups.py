"""The groups of an adaptive softmax: where they end, and how many features they have."""

from __future__ import annotations

import pytest

from seqkit.token_groups import group_bounds, group_size


@pytest.mark.parametrize(
    ("cutoffs", "bounds"),
    [((3, 7), [3, 7, 10]), ((3, 10), [3, 10]), ((3, 12, 20), [3, 10]), ((12,), [10])],
)
def test_the_last_group_ends_with_the_vocabulary(cutoffs, bounds):
    assert group_bounds(cutoffs, 10) == bounds


def test_each_has_a_quarter_of_the_features_of_the_one_before_but_one_at_least():
    assert [group_size(100, group) for group in range(5)] == [100, 25, 6, 1, 1]
