"""Gradients by distance, against powers of a weight that are worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from seqkit import recipe as recipes
from seqkit.bundle.load import open_bundle
from seqkit.comparing.gradients import gradient_norms, reach
from seqkit.encoding import IGNORED
from seqkit.errors import DataError, UsageError
from seqkit.examples import TextExample, TokensExample
from seqkit.nn.network import Network
from seqkit.training.batching import Batch

W = 0.5


@pytest.fixture(scope="module")
def bundles(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    for task in ("classification", "tagging", "generation"):
        tiny.train(task, folder / task, training={"epochs": 1})
    return {task.name: open_bundle(task) for task in folder.iterdir()}


@pytest.fixture
def linear():
    """A relu unit that is never negative: ``h = W h + x``, read as the logit of label 1."""
    recipe = recipes.parse(
        {
            "head": {"name": "tagging"},
            "cell": {"name": "rnn", "activation": "relu"},
            "embedding": {"size": 1},
            "encoder": {"hidden_size": 1},
        }
    )
    network = Network(recipe, vocab_size=4, output_size=2).eval()
    with torch.no_grad():
        network.embedding.weight.copy_(torch.tensor([[0.0], [1.0], [2.0], [3.0]]))
        cell = network.encoder.cells[0]
        cell.W_hx.fill_(1.0)
        cell.W_hh.fill_(W)
        network.head.output.weight.copy_(torch.tensor([[0.0], [1.0]]))
        network.head.output.bias.zero_()
    return network.requires_grad_(False)


def test_a_linear_unit_fades_by_its_weight_at_each_step(linear):
    ids = torch.tensor([[1, 2], [2, 1], [3, 3], [1, 0]])  # the second is of three steps
    targets = torch.tensor([[IGNORED] * 2, [IGNORED] * 2, [IGNORED, 1], [1, IGNORED]])
    batch = Batch(ids, torch.tensor([4, 3]), targets=targets)
    one, other = gradient_norms(linear, batch)
    # h after 1 2 3 1 and after 2 1 3, and how far softmax is from the label at each
    h_one, h_other = 1 + W * (3 + W * (2 + W * 1)), 3 + W * (1 + W * 2)
    miss_one, miss_other = (1 / (1 + np.exp(h)) for h in (h_one, h_other))
    np.testing.assert_allclose(one, miss_one * np.array([W**3, W**2, W, 1]), rtol=1e-5)
    np.testing.assert_allclose(other, miss_other * np.array([W**2, W, 1]), rtol=1e-5)


def test_one_hot_input_is_derived_by_its_vectors():
    recipe = recipes.parse(
        {
            "head": {"name": "tagging"},
            "cell": {"name": "rnn", "activation": "relu"},
            "embedding": {"size": 0},
            "encoder": {"hidden_size": 1},
        }
    )
    network = Network(recipe, vocab_size=3, output_size=2).eval()
    with torch.no_grad():
        cell = network.encoder.cells[0]
        cell.W_hx.copy_(torch.tensor([[1.0, 2.0, 2.0]]))
        cell.W_hh.fill_(W)
        network.head.output.weight.copy_(torch.tensor([[0.0], [1.0]]))
        network.head.output.bias.zero_()
    network.requires_grad_(False)
    targets = torch.tensor([[IGNORED], [1]])
    (norms,) = gradient_norms(
        network, Batch(torch.tensor([[1], [2]]), torch.tensor([2]), targets=targets)
    )
    miss = 1 / (1 + np.exp(2 + W * 2))
    np.testing.assert_allclose(norms, miss * 3 * np.array([W, 1]), rtol=1e-5)


@pytest.mark.parametrize(
    ("task", "loss", "items"),
    [
        ("classification", "whole text", "texts"),
        ("tagging", "last step", "sentences"),
    ],
)
def test_labelled_examples_of_each_task(bundles, tiny, task, loss, items):
    lines = (tiny.folder / f"{task}.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    examples = [
        TextExample(row["text"], "", (row["label"],))
        if task == "classification"
        else TokensExample(tuple(row["tokens"]), "", tuple(row["tags"]))
        for row in rows
    ]
    found = reach(bundles[task], examples)
    assert (found.task, found.loss, found.items, found.cell) == (task, loss, items, "lstm")
    assert found.examples == 8
    lengths = [len(row.get("text", "").split() or row["tokens"]) for row in rows]
    assert found.counts == [sum(n > d for n in lengths) for d in range(max(lengths))]
    assert len(found.norms) == max(lengths)
    assert min(found.norms) > 0
    assert found.relative[0] == 1.0
    assert found.relative[2] == pytest.approx(found.norms[2] / found.norms[0])


def test_the_means_are_over_those_that_are_long_enough(bundles):
    examples = [TextExample("the cat", "", ("n",)), TextExample("my dog sat", "", ("y",))]
    both = reach(bundles["classification"], examples)
    one, other = (reach(bundles["classification"], [example]) for example in examples)
    assert both.counts == [2, 2, 1]
    assert both.norms[1] == pytest.approx((one.norms[1] + other.norms[1]) / 2, rel=1e-5)
    assert both.norms[2] == pytest.approx(other.norms[2], rel=1e-5)


def test_running_text_is_cut_into_windows_whose_last_step_counts(bundles):
    found = reach(bundles["generation"], [TextExample("the cat sat on a mat. " * 3, "")], steps=8)
    assert (found.loss, found.items, found.examples) == ("last step", "windows", 66 // 8)
    assert found.counts == [8] * 8
    short = reach(bundles["generation"], [TextExample("the", "")], steps=8)
    assert (short.examples, len(short.norms)) == (1, 4)


def test_what_has_no_label_is_held_against_the_models_own_answer(bundles):
    text = "the cat sat"
    bundle = bundles["classification"]
    by_label = [reach(bundle, [TextExample(text, "", (label,))]).norms for label in "ny"]
    assert reach(bundle, [TextExample(text, "")]).norms in by_label
    assert by_label[0] != by_label[1]
    assert len(reach(bundles["tagging"], [TextExample(text, "")]).norms) == 3


def test_limits(bundles):
    examples = [TextExample("the cat sat", "", ("n",))] * 5
    found = reach(bundles["classification"], examples, limit=2, steps=2)
    assert (found.examples, found.counts) == (2, [2, 2])
    with pytest.raises(UsageError):
        reach(bundles["classification"], examples, steps=0)
    with pytest.raises(DataError, match="nothing to measure on"):
        reach(bundles["classification"], [])
