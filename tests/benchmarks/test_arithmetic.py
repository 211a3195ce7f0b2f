"""An epoch's multiplications and additions, against a case counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.arithmetic import Sizes, work
from seqkit import recipe as recipes
from seqkit.encoding import Encoded
from seqkit.nn.network import Network
from seqkit.training.batching import Examples

SIZES = Sizes(vocabulary=10, embedding=3, hidden=2, gates=4, outputs=1)


def examples(*lengths):
    return [Encoded(np.ones(n, np.int32), target=np.array(0)) for n in lengths]


def test_a_word_and_a_review_by_hand():
    # 8 rows of weights, each of 3 + 2 products, three times; then 2 products, three times
    assert SIZES.per_step == 8 * 5 * 3
    assert SIZES.per_example == 2 * 3


def test_an_epoch_by_hand():
    data = Examples(examples(1, 5, 5), batch_size=2)
    # like lengths stand together, so that the batches are (1, 5) and (5), or (5, 5) and (1)
    done = work(data.batches(np.random.default_rng(0)))
    assert (done.batches, done.examples, done.tokens) == (2, 3, 11)
    assert done.steps == 15
    assert done.operations(SIZES) == 2 * (11 * 120 + 3 * 6)
    assert done.operations(SIZES, padded=True) == 2 * (15 * 120 + 3 * 6)


def test_parameters_are_those_of_the_network():
    recipe = recipes.parse(
        {
            "corpus": {"train": ["none"]},
            "tokenizer": {"name": "word"},
            "embedding": {"size": 3},
            "cell": {"name": "lstm"},
            "encoder": {"hidden_size": 2},
            "head": {"name": "classification"},
        }
    )
    network = Network(recipe, vocab_size=10, output_size=1)
    assert SIZES.parameters == sum(p.numel() for p in network.parameters())


def test_adam_moves_every_number_seven_times_a_step():
    done = work(Examples(examples(1, 1), batch_size=1).batches(np.random.default_rng(0)))
    assert done.adam_bytes(SIZES) == pytest.approx(2 * 7 * 4 * SIZES.parameters)
