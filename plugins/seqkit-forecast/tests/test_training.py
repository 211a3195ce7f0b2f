import numpy as np
import pytest
import torch
from seqkit_forecast.model import Network, quantile_loss
from seqkit_forecast.scores import pinball
from seqkit_forecast.training import train
from seqkit_forecast.windows import windows

from seqkit.errors import TrainingError

QUANTILES = torch.tensor([0.1, 0.5, 0.9])


@pytest.fixture
def network():
    return Network(cell="rnn", features=1, hidden=4, horizon=2, quantiles=3)


@pytest.fixture
def cut():
    values = np.sin(np.arange(40.0))[None, :, None]
    origins = np.arange(5, 38)
    targets = values[0, origins[:, None] + np.array([1, 2]), 0][None]
    return windows(values, origins, 6, targets)


def trained(network, cut, scores, *, epochs=50, stop=lambda: False):
    given = iter(scores)
    seen = []

    def score():
        seen.append(network.head.bias.detach().clone())
        return next(given)

    generator = torch.Generator().manual_seed(1)
    found = train(network, cut, QUANTILES, generator, epochs=epochs, score=score, stop=stop)
    return found, seen


def test_a_network_begins_by_saying_0(network):
    network.reset_parameters(torch.Generator().manual_seed(1))
    assert network(torch.ones(6, 5, 1)).tolist() == torch.zeros(5, 2, 3).tolist()


def test_the_loss_of_torch_is_that_of_the_formula():
    said = torch.tensor([[[1.0, 2.0, 3.0]], [[0.0, 5.0, 6.0]]])
    goals = torch.tensor([[2.5], [4.0]])
    expected = pinball(goals.numpy(), said.numpy(), QUANTILES.numpy()).mean()
    assert quantile_loss(said, goals, QUANTILES).item() == pytest.approx(expected)


def test_the_weights_of_the_best_epoch_are_kept(network, cut):
    found, seen = trained(network, cut, [9, 5, 3, 4, 6], epochs=4)
    assert (found.loss, found.epoch, found.epochs) == (3, 2, 4)
    assert torch.equal(network.head.bias, seen[2])
    assert not torch.equal(network.head.bias, seen[4])


def test_it_ends_after_ten_epochs_without_a_better_score(network, cut):
    found, _ = trained(network, cut, [9, 8, *[8.5] * 20])
    assert (found.epoch, found.epochs) == (1, 11)


def test_stopped_within_an_epoch_it_keeps_the_best_so_far(network, cut):
    asked = []

    def stop():
        asked.append(1)
        return len(asked) > 6  # five steps an epoch

    found, seen = trained(network, cut, [9, 5], stop=stop)
    assert (found.loss, found.epoch) == (5, 1)
    assert torch.equal(network.head.bias, seen[1])


def test_of_very_many_windows_a_pass_takes_some(network, cut, monkeypatch):
    monkeypatch.setattr("seqkit_forecast.training._MOST", 20)
    asked = []

    def stop():
        asked.append(1)
        return False

    trained(network, cut, [3, 2, 1], epochs=2, stop=stop)
    assert len(asked) == 6  # three batches of at most eight, twice


def test_a_network_that_never_says_a_number_is_an_error(network, cut):
    with pytest.raises(TrainingError, match="no numbers"):
        trained(network, cut, [float("nan")] * 20)
