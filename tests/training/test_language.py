"""A language model's loss beside the task's: by hand, who foretells what, and what is kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqkit import recipe as recipes
from seqkit.errors import RecipeError
from seqkit.nn.network import Network
from seqkit.recipe import parse
from seqkit.training import language
from seqkit.training.batching import Batch
from seqkit.training.language import LanguageLoss

V = 9
LENGTHS = torch.tensor([4, 1, 3])
IDS = torch.tensor([[3, 4, 5], [6, 0, 7], [8, 0, 3], [4, 0, 0]])


def made(*, bidirectional: bool, task: str = "classification") -> tuple[Network, LanguageLoss]:
    generator = torch.Generator().manual_seed(1)
    tables = {
        "head": {"name": task},
        "embedding": {"size": 5},
        "encoder": {"hidden_size": 3, "bidirectional": bidirectional},
    }
    network = Network(recipes.parse(tables), vocab_size=V, output_size=3).double()
    network.reset_parameters(generator)
    loss = LanguageLoss(network, np.arange(V), weight=0.5)
    loss.reset_parameters(generator)
    return network.train(), loss


@pytest.mark.parametrize("bidirectional", [False, True])
def test_each_direction_foretells_its_next_token(bidirectional):
    network, loss = made(bidirectional=bidirectional)
    network(IDS, LENGTHS)
    found = loss.take(Batch(IDS, LENGTHS))
    h = network.encoder(network.embedding(IDS), LENGTHS)
    table, total, count = network.embedding.weight, 0.0, 0
    for b, length in enumerate(LENGTHS.tolist()):
        for t in range(length):
            for way, other in enumerate((t + 1, t - 1)[: 1 + bidirectional]):
                if 0 <= other < length:
                    mine = h[t, b, 3 * way : 3 * way + 3]
                    scores = table @ loss.projections[way](mine) + loss.bias
                    total += (scores.logsumexp(0) - scores[IDS[other, b]]).item()
                    count += 1
    assert count == 5 * (1 + bidirectional)
    assert found.item() == pytest.approx(0.5 * total / count)


def test_biases_begin_as_logarithms_of_frequencies():
    _, loss = made(bidirectional=False)
    assert loss.bias.tolist() == pytest.approx([math.log((n + 1) / 45) for n in range(V)])


def test_a_direction_has_not_seen_what_it_foretells():
    """The vector of a token moves no output that is to foretell that token."""
    network, loss = made(bidirectional=True)
    x = network.embedding(IDS[:, :1]).detach().requires_grad_()
    network.from_vectors(x, IDS[:, :1], LENGTHS[:1])
    (ahead, _), (back, _) = loss._foretold(loss._given, Batch(IDS[:, :1], LENGTHS[:1]))
    for step in range(3):
        (moved,) = torch.autograd.grad(ahead[step].sum(), x, retain_graph=True)
        assert moved.abs().sum(dim=(1, 2)).nonzero().flatten().tolist() == list(range(step + 1))
        (moved,) = torch.autograd.grad(back[step].sum(), x, retain_graph=True)
        assert moved.abs().sum(dim=(1, 2)).nonzero().flatten().tolist() == list(range(step + 1, 4))


def test_texts_of_one_token_foretell_nothing():
    network, loss = made(bidirectional=True, task="tagging")
    ids, lengths = torch.tensor([[3, 4]]), torch.tensor([1, 1])
    network(ids, lengths)
    assert loss.take(Batch(ids, lengths)).item() == 0


def test_a_large_vocabulary_is_sampled(monkeypatch):
    monkeypatch.setattr(language, "MOST_TOKENS", V - 1)
    monkeypatch.setattr(language, "SAMPLES", 4000)
    network, loss = made(bidirectional=False)
    network(IDS, LENGTHS)
    estimated = loss.take(Batch(IDS, LENGTHS)).item()
    network(IDS, LENGTHS)
    (encoded, targets) = next(loss._foretold(loss._given, Batch(IDS, LENGTHS)))
    exact = F.cross_entropy(F.linear(encoded, network.embedding.weight, loss.bias), targets)
    assert estimated == pytest.approx(0.5 * exact.item(), rel=0.02)


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("task", ["classification", "tagging"])
def test_a_run_is_resumed_to_the_same_weights(
    tiny, tmp_path, at, ctrl_c, weights, task, accumulate
):
    training = {"language_loss": 0.5, "accumulate": accumulate, "layer_decay": 0.5}
    encoder = {"bidirectional": True}
    changes = {"training": training, "encoder": encoder}
    model = tiny.train(task, tmp_path / "whole", **changes)
    tiny.train(task, tmp_path / "m", observers=[at(3, ctrl_c)], **changes)
    tiny.train(task, tmp_path / "m", resume=True, **changes)
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")
    training["language_loss"] = 0.0
    alone = tiny.train(task, tmp_path / "alone", **changes)
    names = list(model._engine.bundle.weights())
    assert names == list(alone._engine.bundle.weights())
    assert weights(tmp_path / "alone") != weights(tmp_path / "whole")


@pytest.mark.parametrize(
    ("sections", "why"),
    [
        ({"head": {"name": "generation"}}, "written, not read"),
        ({"head": {"name": "nbsvm"}}, "no layers"),
        ({"embedding": {"size": 0}}, "no vectors"),
        ({"encoder": {"bidirectional": True, "layers": 2}}, "has seen the tokens"),
        ({"training": {"adversarial": "virtual"}}, "several times"),
    ],
)
def test_what_can_foretell_nothing_is_refused(sections, why):
    training = {"language_loss": 0.1, **sections.pop("training", {})}
    with pytest.raises(RecipeError, match=rf"training\.language_loss is 0\.1.*{why}"):
        parse({"head": {"name": "classification"}, **sections, "training": training})
