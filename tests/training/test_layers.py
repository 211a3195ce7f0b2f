"""Layers from the head down: their rates, and when each begins to be trained."""

from __future__ import annotations

import pytest
import torch
from safetensors.numpy import load_file

from seqkit import recipe as recipes
from seqkit.nn.network import Network
from seqkit.recipe.training import Training
from seqkit.training.layers import layers_of, parameter_groups, thaw
from seqkit.training.optimizers import make_optimizer, set_rate


def network(**sections) -> Network:
    tables = {
        "head": {"name": "classification"},
        "embedding": {"size": 3},
        "encoder": {"hidden_size": 4, "layers": 2},
        **sections,
    }
    return Network(recipes.parse(tables), vocab_size=7, output_size=7)


def names(made: Network) -> list[set[str]]:
    """The names of the parameters in each layer, without what stands behind a cell's number."""
    known = {id(p): name for name, p in made.named_parameters()}
    return [{known[id(p)].rpartition(".")[0] for p in layer} for layer in layers_of(made)]


def test_they_go_from_the_head_to_the_embedding():
    made = network(encoder={"hidden_size": 4, "layers": 2, "bidirectional": True})
    head, *rest = names(made)
    assert all(name.startswith("head") for name in head)
    assert rest == [
        {"encoder.cells.2", "encoder.cells.3"},
        {"encoder.cells.0", "encoder.cells.1"},
        {"embedding"},
    ]


def test_every_parameter_is_in_one_layer_and_shared_weights_are_the_embeddings():
    made = network(head={"name": "generation", "tie_weights": True})
    found = [id(p) for layer in layers_of(made) for p in layer]
    assert sorted(found) == sorted(id(p) for p in made.parameters())
    assert names(made)[-1] == {"embedding"}


def test_without_an_embedding_the_first_cells_are_the_lowest():
    assert names(network(embedding={"size": 0}))[-1] == {"encoder.cells.0"}


def test_each_layer_learns_at_its_share_of_the_rate_above():
    made = network()
    for parameter in made.parameters():
        torch.nn.init.zeros_(parameter)
        parameter.grad = torch.ones_like(parameter)
    layers = layers_of(made)
    optimizer = make_optimizer(parameter_groups(made, layers, 0.5), Training(optimizer="sgd"))
    set_rate(optimizer, 0.8)
    optimizer.step()
    moved = [{round(-p.max().item(), 6) for p in layer} for layer in layers]
    assert moved == [{0.8}, {0.4}, {0.2}, {0.1}]


def test_with_one_rate_there_is_one_group():
    made = network()
    optimizer = make_optimizer(parameter_groups(made, layers_of(made), 1.0), Training())
    assert len(optimizer.param_groups) == 1
    set_rate(optimizer, 0.3)
    assert optimizer.param_groups[0]["lr"] == 0.3


def test_thawing_begins_above_and_leaves_alone_what_is_never_trained():
    made = network()
    made.embedding.weight.requires_grad_(False)
    layers = layers_of(made)
    assert len(layers) == 3
    thaw(layers, 2)
    trained = [all(p.requires_grad for p in layer) for layer in layers]
    assert trained == [True, True, False]
    thaw(layers, 9)
    assert not made.embedding.weight.requires_grad
    assert all(p.requires_grad for p in made.encoder.parameters())


@pytest.mark.parametrize(
    ("epochs", "moved"), [(1, {"head"}), (2, {"head", "encoder"})], ids=["head", "layer"]
)
def test_a_run_trains_one_layer_more_each_epoch(tiny, tmp_path, epochs, moved):
    # so small a rate moves nothing, or hardly
    still = {"epochs": 1, "learning_rate": 1e-30}
    corpus = {"dev": [], "dev_fraction": 0.01}  # none, so that the last epoch is kept
    tiny.train("tagging", tmp_path / "drawn", training=still, corpus=corpus)
    training = {"epochs": epochs, "unfreeze_every": 1, "learning_rate": 0.1}
    model = tiny.train("tagging", tmp_path / "m", training=training, corpus=corpus)
    assert model.manifest.best_epoch == epochs
    before, after = (load_file(tmp_path / n / "weights.safetensors") for n in ("drawn", "m"))
    changed = {n.partition(".")[0] for n in before if abs(before[n] - after[n]).max() > 1e-9}
    assert changed == moved


@pytest.mark.parametrize("task", ["classification", "generation"])
def test_a_run_that_is_interrupted_goes_on_to_the_same_weights(
    tiny, tmp_path, weights, at, ctrl_c, task
):
    training = {
        "epochs": 4,
        "layer_decay": 0.4,
        "unfreeze_every": 1,
        "schedule": "slanted-triangular",
        "learning_rate": 0.05,
    }
    options = {"training": training, "head": {"dropout": 0.3}}
    observer = at(0, lambda: None)
    tiny.train(task, tmp_path / "whole", observers=[observer], **options)
    steps = observer.events[0].steps
    for part in (1, 3, 5, 7):  # before and after each layer begins
        step = part * steps // 8 + 1
        resume = {"resume": part > 1, "observers": [at(step, ctrl_c)]}
        tiny.train(task, tmp_path / "m", **resume, **options)
    tiny.train(task, tmp_path / "m", resume=True, **options)
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")
