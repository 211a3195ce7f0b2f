"""Weights of eight bits: what they are rounded to, and what the runtime makes of them."""

import numpy as np
import pytest
from seqkit_kernels import compiled
from seqkit_kernels.eight_bits import interleaved, shorten
from seqkit_kernels.runtime import EightBitRuntime

from seqkit import api, registry
from seqkit.encoding import Encoded
from seqkit.runtimes.torch import TorchRuntime
from seqkit.spelling import drawn

vnni = pytest.mark.skipif(
    not compiled.load().seqkit_eight_bits(), reason="this processor has no AVX-512 VNNI"
)
CELLS = {
    "lstm": {"name": "lstm"},
    "gru": {"name": "gru"},
    "tanh": {"name": "rnn"},
    "relu": {"name": "rnn", "activation": "relu"},
}


def test_each_row_is_rounded_by_its_largest_weight():
    W, V = np.array([[1.27, -0.5], [0, 0.0]]), np.array([[0.004], [0.0]])
    short = shorten(W, V)
    assert short.parts[0].tolist() == [[127, -50], [0, 0]]
    assert short.parts[1].tolist() == [[0], [0]]
    np.testing.assert_allclose(short.scale, [0.01, 1])
    assert [offset.tolist() for offset in short.offsets] == [[-128 * 77, 0], [0, 0]]


def test_four_weights_of_a_unit_stand_together():
    packed = np.arange(2 * 6 * 3).reshape(2, 6, 3)  # (blocks, K, units)
    fours = interleaved(packed)
    assert fours.dtype == np.int8
    assert fours.shape == (2, 2, 3, 4)
    assert fours[1, 0, 2].tolist() == packed[1, :4, 2].tolist()
    assert fours[1, 1, 2].tolist() == [*packed[1, 4:, 2].tolist(), 0, 0]


def short_of(*matrices):
    """Weights that are rounded together."""
    scale = np.max([np.abs(W).max(axis=1, keepdims=True) for W in matrices], axis=0) / 127
    return [np.rint(W / scale) * scale for W in matrices]


def seen(*vectors):
    """What a step takes for the vectors that it reads."""
    most = max(np.abs(v).max() for v in vectors) or 1
    return [(np.floor(127 * v / most + 128.5) - 128) * most / 127 for v in vectors]


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def step(cell, a, r, h, c):
    """A cell's new state from its products with the input and with the state, in float64."""
    if cell["name"] == "rnn":
        return (np.maximum(a + r, 0) if "activation" in cell else np.tanh(a + r)), c
    if cell["name"] == "gru":
        (a_r, a_z, a_n), (h_r, h_z, h_n) = np.split(a, 3), np.split(r, 3)
        z = sigmoid(a_z + h_z)
        return (1 - z) * np.tanh(a_n + sigmoid(a_r + h_r) * h_n) + z * h, c
    i, f, g, o = np.split(a + r, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def written_out(bundle, cell, ids):
    """The logits after each id, with what is rounded where the runtime rounds it."""
    given = {k: w.astype(np.float64) for k, w in bundle.weights().items()}
    H = bundle.recipe.encoder.hidden_size
    h, c = np.zeros((2, H)), np.zeros((2, H))
    found = []
    for i in ids:
        x = given["embedding.weight"][i]
        for layer in range(2):
            W_x, W_h, b_x, b_h = (
                given[f"encoder.cells.{layer}.{n}"] for n in ("W_hx", "W_hh", "b_x", "b_h")
            )
            if layer:
                (W_x, W_h), (x, state) = short_of(W_x, W_h), seen(x, h[layer])
            else:  # what a word adds comes from a table
                (W_h,), (state,) = short_of(W_h), seen(h[layer])
            a, r = x @ W_x.T + b_x, state @ W_h.T + b_h
            h[layer], c[layer] = step(cell, a, r, h[layer], c[layer])
            x = h[layer]
        (x,), (W,) = seen(x), short_of(given["head.weight"])
        found.append(x @ W.T + given["head.bias"])
    return np.array(found)


@vnni
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("threads", [1, 2])
def test_steps_are_the_equations_with_rounded_weights(made, cell, threads):
    bundle = made("generation", cell=cell, encoder={"hidden_size": 40, "layers": 2})
    expected = written_out(bundle, cell, ids := [3, 5, 4, 4, 6])
    run = EightBitRuntime(bundle, threads=threads)
    state = run.initial_state(2)
    for i, logits in zip(ids, expected, strict=True):
        got, state = run.advance(np.array([[i, 3]]), np.ones(2, dtype=np.int64), state)
        np.testing.assert_allclose(got[0], logits, atol=2e-3)
    both = run.advance(np.array([ids, [3] * 5]).T, np.array([5, 2]), run.initial_state(2))[0]
    np.testing.assert_array_equal(both[0], got[0])


@vnni
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("task", ["classification", "tagging"])
def test_texts_get_nearly_the_logits_that_torch_gives(made, cell, task):
    bundle = made(
        task,
        cell=cell,
        encoder={"hidden_size": 19, "layers": 2, "bidirectional": True},
        training={"epochs": 20, "batch_size": 2, "learning_rate": 0.02, "threads": 1},
    )
    rng = np.random.default_rng(0)
    texts = [
        Encoded(
            rng.integers(1, bundle.tokenizer.vocab_size, n, dtype=np.int32),
            steps=np.arange(n) if task == "tagging" else None,
        )
        for n in (5, 1, 30, 2, 12)
    ]
    got, expected = (
        np.concatenate([logits.ravel() for logits in runtime(bundle).logits(texts)])
        for runtime in (EightBitRuntime, TorchRuntime)
    )
    assert 0 < np.abs(got - expected).mean() < 0.05 * expected.std()


@vnni
def test_a_cell_over_characters_is_rounded_too(made):
    embedding = {"characters": "recurrent", "character_size": 38}
    bundle = made("classification", embedding=embedding, cell={"name": "gru"})
    words = drawn(np.random.default_rng(0), 30)
    texts = [Encoded(np.full(30, 3, dtype=np.int32), characters=words)]
    (got,), (expected,) = (r(bundle).logits(texts) for r in (EightBitRuntime, TorchRuntime))
    assert 0 < np.abs(got - expected).max() < 0.05 * np.abs(expected).max()


@vnni
def test_where_there_is_no_table_vectors_are_rounded_too(made, monkeypatch):
    bundle = made("classification", encoder={"hidden_size": 16})
    texts = [Encoded(np.array([3, 4, 5], dtype=np.int32))]
    folded = EightBitRuntime(bundle).logits(texts)[0]
    monkeypatch.setattr("seqkit_kernels.network.LARGEST_TABLE", 0)
    rounded = EightBitRuntime(bundle).logits(texts)[0]
    assert 0 < np.abs(folded - rounded).max() < 0.05 * np.abs(folded).max()


def test_nobody_gets_it_without_asking(made):
    bundle = made("classification")
    names = [found.name for found in api.load(bundle.path).runtimes()]
    assert names.index("compiled") < names.index("torch") < names.index("compiled-int8")
    assert registry.find("runtime", "compiled-int8").spec.rank < 0


def test_what_it_can_not_run_is_said(made, monkeypatch):
    before = made("classification", cell={"name": "gru", "reset": "before"})
    assert "reset before" in EightBitRuntime.obstacle(before)

    usual = made("classification")

    class Old:
        def seqkit_eight_bits(self):
            return 0

    monkeypatch.setattr(compiled, "load", Old)
    assert "VNNI" in EightBitRuntime.obstacle(usual)
