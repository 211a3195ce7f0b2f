"""Running a bundle with torch: batches equal singles, and damaged weights are told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from seqkit.bundle.load import open_bundle
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.runtimes.torch import TorchRuntime


@pytest.fixture(scope="module")
def paths(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for task in ("classification", "tagging", "generation"):
        encoder = {} if task == "generation" else {"bidirectional": True, "layers": 2}
        tiny.train(task, folder / task, encoder=encoder, training={"epochs": 1})
    return folder


def runtime(path) -> TorchRuntime:
    return TorchRuntime(open_bundle(path))


def texts(*lengths: int, steps: bool = False) -> list[Encoded]:
    rng = np.random.default_rng(0)
    return [
        Encoded(rng.integers(3, 9, n, dtype=np.int32), steps=np.arange(n) if steps else None)
        for n in lengths
    ]


@pytest.mark.parametrize("task", ["classification", "tagging"])
def test_a_batch_gives_what_singles_give_in_the_order_given(paths, task):
    examples = texts(5, 1, 9, 5, 2, steps=task == "tagging")
    run = runtime(paths / task)
    together = run.logits(examples)
    for example, logits in zip(examples, together, strict=True):
        (alone,) = run.logits([example])
        np.testing.assert_allclose(logits, alone, rtol=1e-4, atol=1e-6)
    assert [row.shape for row in together] == (
        [(n, 3) for n in (5, 1, 9, 5, 2)] if task == "tagging" else [(1,)] * 5
    )
    assert run.logits([]) == []


def test_a_state_goes_on_and_its_rows_are_selected_and_joined(paths):
    run = runtime(paths / "generation")
    ids = np.array([[260, 261, 262], [263, 264, 265]])
    ones = np.ones(3, dtype=np.int64)
    whole, _ = run.advance(ids, 2 * ones, run.initial_state(3))
    _, state = run.advance(ids[:1], ones, run.initial_state(3))
    swapped, _ = run.advance(ids[1:, [2, 0]], ones[:2], run.select(state, [2, 0]))
    joined = run.join([run.select(state, [1]), run.select(state, [2, 0])])
    turned, _ = run.advance(ids[1:, [1, 2, 0]], ones, joined)
    assert whole.dtype == np.float32
    assert whole.shape == (3, open_bundle(paths / "generation").tokenizer.vocab_size)
    np.testing.assert_allclose(swapped, whole[[2, 0]], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(turned, whole[[1, 2, 0]], rtol=1e-4, atol=1e-6)


def test_tokens_after_a_sequences_length_are_not_read(paths):
    run = runtime(paths / "generation")
    ids = np.array([[260, 261], [263, 0], [264, 0]])
    logits, state = run.advance(ids, np.array([3, 1]), run.initial_state(2))
    alone, state_alone = run.advance(ids[:1, 1:], np.array([1]), run.initial_state(1))
    np.testing.assert_allclose(logits[1:], alone, rtol=1e-4, atol=1e-6)
    more, again = np.array([[262]]), np.array([1])
    after, _ = run.advance(more, again, run.select(state, [1]))
    after_alone, _ = run.advance(more, again, state_alone)
    np.testing.assert_allclose(after, after_alone, rtol=1e-4, atol=1e-6)


def test_it_predicts_alone_and_draws_nothing(paths):
    before = torch.get_rng_state()
    network = runtime(paths / "classification").network
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda w: w.update({"head.output.weight": np.zeros((9, 16), np.float32)}),
            "size mismatch",
        ),
        (lambda w: w.update({"head.output.bias": np.zeros(1, np.int64)}), "floating point"),
        (lambda w: w.update({"head.stray": np.zeros(99, np.float32)}), "head.stray"),
        (lambda w: w.update({"stray": w.pop("head.output.bias")}), "head.output.bias"),
    ],
)
def test_weights_that_do_not_fit_the_recipe_are_damaged(paths, tmp_path, change, said):
    import shutil

    path = shutil.copytree(paths / "classification", tmp_path / "m")
    weights = load_file(path / "weights.safetensors")
    change(weights)
    save_file(weights, path / "weights.safetensors")
    with pytest.raises(BundleError) as caught:
        runtime(path)
    assert caught.value.what == f"{path / 'weights.safetensors'} is damaged"
    assert caught.value.why.startswith("it does not fit recipe.toml")
    assert said in caught.value.why
    assert "\n" not in str(caught.value)
