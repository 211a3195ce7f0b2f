"""Counting parameters without a network's memory, and finding the size for a count."""

from __future__ import annotations

import pytest

from seqkit import recipe as recipes
from seqkit.comparing.sizes import Outside, nearest_size, parameters
from seqkit.recipe.sections import Contextual

AROUND = Outside(
    vocab_size=50,
    output_size=3,
    feature_buckets=0,
    contextual=Contextual(),
    digest="",
    metric="accuracy",
    greater_is_better=True,
)


@pytest.mark.parametrize(
    ("target", "size"),
    [(0, 1), (10, 1), (14, 1), (15, 1), (16, 2), (25, 2), (26, 3), (1005, 100), (1006, 101)],
)
def test_the_nearest_size_of_ten_a_unit_and_of_two_as_near_the_smaller(target, size):
    assert nearest_size(lambda h: 10 * h, target) == size


def test_a_count_that_grows_by_the_square():
    assert nearest_size(lambda h: h * h, 10**8) == 10**4
    assert nearest_size(lambda h: h * h, 10**8 + 10**4) == 10**4
    assert nearest_size(lambda h: h * h, 10**8 + 10**4 + 1) == 10**4 + 1


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_the_parameters_of_a_recipe(cell, gates):
    recipe = recipes.parse(
        {
            "head": {"name": "classification"},
            "cell": {"name": cell},
            "embedding": {"size": 6},
            "encoder": {"hidden_size": 8, "layers": 2, "bidirectional": True},
        }
    )
    below = 2 * gates * 8 * (6 + 8 + 2)
    above = 2 * gates * 8 * (16 + 8 + 2)
    assert parameters(recipe, AROUND) == 50 * 6 + below + above + 3 * (16 + 1)
