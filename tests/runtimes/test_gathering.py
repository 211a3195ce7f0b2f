"""What heads make of pieces, held against what follows from all steps at once."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pytest

from seqkit.encoding import Encoded
from seqkit.heads import ClassificationOptions, TaggingOptions
from seqkit.lowering.weights import Weights
from seqkit.runtimes.gathering import Classifying, TaggingSteps, covers
from seqkit.specs import Options

D, L, T = 4, 3, 9
RNG = np.random.default_rng(0)
STEPS = RNG.standard_normal((T, D)).astype(np.float32)
TEXT = Encoded(np.arange(T, dtype=np.int32), steps=np.array([0, 3, 4, 8]))


def head(kind, options, path, **more: np.ndarray):
    arrays = {
        "output.weight": np.eye(L, D, dtype=np.float32),
        "output.bias": np.zeros(L, np.float32),
        **more,
    }
    return kind(Weights(arrays, path), input_size=D, output_size=L, options=options)


def in_pieces(made, *borders: int) -> np.ndarray:
    gathering = made.begin(TEXT)
    for start, end in zip((0, *borders), (*borders, T), strict=True):
        gathering.add(STEPS[start:end], start)
    return gathering.logits()


@pytest.mark.parametrize(
    ("pooling", "wanted"),
    [("last", STEPS[-1]), ("mean", STEPS.mean(axis=0)), ("max", STEPS.max(axis=0))],
)
@pytest.mark.parametrize("borders", [(), (1,), (4, 8), (2, 3, 5)])
def test_poolings_of_any_pieces_are_those_of_the_whole(tmp_path, pooling, wanted, borders):
    made = head(Classifying, ClassificationOptions(pooling=pooling), tmp_path)
    got = in_pieces(made, *borders)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, wanted[:L], rtol=1e-6)


def test_the_backward_half_is_of_what_is_read_last(tmp_path):
    made = head(Classifying, ClassificationOptions(), tmp_path)
    assert not made.together
    gathering = made.begin(TEXT)
    for start, end, back in ((0, 5, False), (5, T, False), (5, T, True), (0, 5, True)):
        part = STEPS[start:end, 2:] if back else STEPS[start:end, :2]
        gathering.add(part, start, back=back)
    np.testing.assert_array_equal(gathering.logits(), [STEPS[-1, 0], STEPS[-1, 1], STEPS[0, 2]])


def test_joined_poolings_are_those_of_each_direction(tmp_path):
    W = RNG.standard_normal((L, 3 * D)).astype(np.float32)
    options = ClassificationOptions(pooling="concat")
    made = head(Classifying, options, tmp_path, **{"output.weight": W})
    assert not made.together
    gathering = made.begin(TEXT)
    for start, end, back in ((0, 5, False), (5, T, False), (5, T, True), (0, 5, True)):
        part = STEPS[start:end, 2:] if back else STEPS[start:end, :2]
        gathering.add(part, start, back=back)
    last = np.concatenate([STEPS[-1, :2], STEPS[0, 2:]])
    wanted = W @ np.concatenate([last, STEPS.max(axis=0), STEPS.mean(axis=0)])
    np.testing.assert_allclose(gathering.logits(), wanted, rtol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 2000.0, -2000.0])
@pytest.mark.parametrize("borders", [(), (1,), (4, 8)])
def test_attention_in_pieces_is_one_softmax_whatever_the_scores(tmp_path, scale, borders):
    W, b = RNG.standard_normal((D, D)).astype(np.float32), np.ones(D, np.float32)
    v = scale * np.ones(D, np.float32)
    options = ClassificationOptions(pooling="attention")
    made = head(
        Classifying,
        options,
        tmp_path,
        **{"pooling.W": W, "pooling.b": b, "pooling.v": v},
    )
    assert made.together
    scores = (np.tanh(STEPS @ W.T + b) @ v).astype(np.float64)
    weights = np.exp(scores - scores.max())
    wanted = weights / weights.sum() @ STEPS
    np.testing.assert_allclose(in_pieces(made, *borders), wanted[:L], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("borders", [(), (3,), (4,), (1, 2, 8)])
def test_each_token_has_the_row_of_the_step_that_completes_it(tmp_path, borders):
    got = in_pieces(head(TaggingSteps, TaggingOptions(), tmp_path), *borders)
    np.testing.assert_array_equal(got, STEPS[[0, 3, 4, 8], :L])


def test_a_mean_of_very_many_steps_loses_nothing(tmp_path):
    made = head(Classifying, ClassificationOptions(pooling="mean"), tmp_path)
    text = Encoded(np.zeros(400 * 4096, np.int32))
    gathering, piece = made.begin(text), np.full((4096, D), 0.1, np.float32)
    for number in range(400):
        gathering.add(piece, 4096 * number)
    np.testing.assert_allclose(gathering.logits(), np.float32(0.1), rtol=1e-7)


class More(Options, frozen=True, kw_only=True):
    old: int = 1
    new: Annotated[Any, "unknown"] = None


def test_an_option_that_is_unknown_must_have_its_default():
    assert covers(More(old=2), frozenset({"old"}))
    assert not covers(More(new=3), frozenset({"old"}))
    assert Classifying.fits(ClassificationOptions(pooling="attention", ngrams=2))
