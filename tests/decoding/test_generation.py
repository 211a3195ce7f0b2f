"""Scores of next-token predictions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqkit.decoding.generation import GenerationDecoder
from seqkit.errors import BundleError, DataError
from seqkit.heads import GenerationOptions

DECODER = GenerationDecoder(GenerationOptions())


def test_the_vocabulary_stands_in_place_of_labels():
    DECODER.fit([])
    assert (DECODER.labels, DECODER.output_size) == ((), 0)


def test_a_lower_loss_is_better():
    assert (DECODER.metric, DECODER.greater_is_better) == ("loss", False)


def test_the_loss_is_the_mean_over_all_steps():
    logits = [np.log(np.array([[1, 1], [1, 3]], np.float32)), np.log(np.array([[9, 1]]))]
    scores = DECODER.score(logits, [np.array([0, 1]), np.array([1])])
    nats = -(math.log(1 / 2) + math.log(3 / 4) + math.log(1 / 10)) / 3
    assert scores == pytest.approx({"loss": nats, "perplexity": math.exp(nats)})


def test_nothing_can_not_be_scored():
    with pytest.raises(DataError, match="nothing to score"):
        DECODER.score([], [])


def test_logits_that_are_no_numbers_are_refused():
    with pytest.raises(BundleError, match="the model's output is no number"):
        DECODER.score([np.array([[0, np.nan]])], [np.array([0])])
