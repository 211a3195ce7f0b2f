"""The whole network: what a recipe builds, and how its parameters are drawn."""

from __future__ import annotations

import pytest
import torch

from seqkit import recipe as recipes
from seqkit.cells.gru import GRU
from seqkit.nn.network import Network

V = 9


def made(task: str = "classification", output_size: int = 2, **tables) -> Network:
    tables = {"embedding": {"size": 3}, "encoder": {"hidden_size": 4}, **tables}
    tables["head"] = {"name": task, **tables.get("head", {})}
    network = Network(recipes.parse(tables), vocab_size=V, output_size=output_size)
    network.reset_parameters(torch.Generator().manual_seed(1))
    return network


def test_a_recipe_says_what_is_built():
    encoder = {"hidden_size": 4, "layers": 2, "bidirectional": True}
    network = made(cell={"name": "gru", "reset": "before"}, encoder=encoder)
    assert [type(cell) for cell in network.encoder.cells] == [GRU] * 4
    assert {cell.options.reset for cell in network.encoder.cells} == {"before"}
    assert [cell.input_size for cell in network.encoder.cells] == [3, 3, 8, 8]
    assert network.head.input_size == 8
    assert network(torch.tensor([[3], [4]]), torch.tensor([2])).shape == (1, 2)


def test_building_one_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    made(head={"pooling": "attention"})
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("task", ["classification", "tagging", "generation"])
def test_the_same_seed_draws_the_same_parameters_whatever_the_global_one(task):
    torch.manual_seed(1)
    first = made(task).state_dict()
    torch.manual_seed(2)
    torch.testing.assert_close(made(task).state_dict(), first, rtol=0, atol=0)


@pytest.mark.parametrize("task", ["classification", "tagging", "generation"])
@pytest.mark.parametrize("size", [3, 0])
def test_every_parameter_gets_a_gradient(task, size):
    network = made(task, output_size=V, embedding={"size": size})
    ids, lengths = torch.tensor([[3, 4], [5, 6], [7, 0]]), torch.tensor([3, 2])
    targets = torch.tensor([1, 2]) if task == "classification" else ids.where(ids > 0, -100)
    network.head.loss(network(ids, lengths), targets, lengths)[0].backward()
    without = {n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()}
    assert without == set()


def test_a_recipe_says_how_the_embedding_is_drawn():
    largest = [
        made(embedding={"size": 3, **how}).embedding.weight.abs().max().item()
        for how in ({}, {"init": "uniform"}, {"init": "normal"})
    ]
    assert largest[0] == largest[1] <= 0.05
    assert largest[2] > 1


def test_one_hot_input_has_no_embedding_to_learn():
    network = made(embedding={"size": 0})
    assert not list(network.embedding.parameters())
    assert network.encoder.cells[0].W_hx.shape[1] == V


def test_features_are_left_out_where_the_tokenizer_has_none():
    network = made(embedding={"size": 3, "feature_size": 5})
    assert network.embedding.output_size == 3


def test_tied_weights_are_one_parameter():
    network = made("generation", output_size=V, head={"tie_weights": True})
    assert "head.weight" not in network.state_dict()
    before = network(torch.tensor([[3]]), torch.tensor([1]))
    with torch.no_grad():
        network.embedding.weight[5] += 1
    changed = network(torch.tensor([[3]]), torch.tensor([1])) != before
    assert changed[0, 0].nonzero().flatten().tolist() == [5]


def test_dropout_draws_from_the_generator_that_drew_the_parameters():
    def outputs():
        network = made(embedding={"size": 3, "dropout": 0.5}).train()
        ids, lengths = torch.tensor([[3], [4]]), torch.tensor([2])
        return [network(ids, lengths) for _ in range(8)]

    torch.manual_seed(1)
    first = outputs()
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, outputs(), strict=True))
    assert any(not torch.equal(first[0], other) for other in first)


def test_going_on_from_a_state_equals_the_whole():
    network = made("generation", output_size=V).double()
    ids = torch.tensor([[3, 4], [5, 6], [7, 8], [3, 3]])
    whole, _ = network.run(ids, torch.tensor([4, 4]), network.initial_state(2))
    first, state = network.run(ids[:3], torch.tensor([3, 3]), network.initial_state(2))
    second, _ = network.run(ids[3:], torch.tensor([1, 1]), state)
    torch.testing.assert_close(torch.cat([first, second]), whole)


def test_half_precision_is_the_heads_while_training_and_its_gradient_is_nearly_the_same():
    ids, lengths = torch.tensor([[3, 4], [5, 6], [7, 8]]), torch.tensor([3, 3])
    results = []
    for half in (False, True):
        tables = {"embedding": {"size": 3}, "head": {"name": "generation"}}
        network = Network(recipes.parse(tables), vocab_size=V, output_size=V, half_precision=half)
        network.reset_parameters(torch.Generator().manual_seed(1))
        logits = network(ids, lengths)
        assert logits.dtype == torch.float32
        loss, _ = network.head.loss(logits, ids, lengths)
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        results.append([logits, *gradients])
        network.eval()
        results[-1].append(network(ids, lengths))
    single, less = results
    torch.testing.assert_close(less, single, rtol=0.05, atol=0.05)
    assert not torch.equal(less[0], single[0])
    assert torch.equal(less[0].detach(), less[0].detach().bfloat16().float())
    assert torch.equal(less[-1], single[-1])
