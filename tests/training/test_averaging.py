"""Averages worked out by hand, and the trigger of the averaged SGD."""

from __future__ import annotations

import pytest
import torch

from seqkit.recipe.training import Training
from seqkit.training.averaging import make_averaging


def averaging(**options):
    """Of a network of one weight, and what sets that weight and tells of a step."""
    network = torch.nn.Linear(1, 1, bias=False).double()
    made = make_averaging(network, Training(**options))

    def step(value: float) -> None:
        with torch.no_grad():
            network.weight.fill_(value)
        made.step()

    return network, made, step


def average(network, made) -> float:
    with made.in_place():
        return network.weight.item()


def test_the_moving_average_begins_with_the_first_weights_and_forgets_them_fast():
    network, made, step = averaging(average="ema", average_decay=0.5)
    step(1.0)
    assert average(network, made) == 1.0
    step(2.0)
    # after one step d is (1 + 1) / (10 + 1)
    assert average(network, made) == pytest.approx(2 / 11 * 1 + 9 / 11 * 2)
    before = average(network, made)
    step(5.0)
    assert average(network, made) == pytest.approx(3 / 12 * before + 9 / 12 * 5)


def test_after_many_steps_its_decay_is_the_recipes():
    network, made, step = averaging(average="ema", average_decay=0.5)
    for _ in range(20):
        step(1.0)
    step(3.0)
    assert average(network, made) == pytest.approx(2.0)


def test_the_weights_themselves_come_back():
    network, made, step = averaging(average="ema", average_decay=0.5)
    step(1.0)
    step(2.0)
    held = network.weight

    def fail():
        with made.in_place():
            assert network.weight.item() != 2.0
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert network.weight is held
    assert network.weight.item() == 2.0


def test_asgd_is_the_mean_of_all_weights_since_the_trigger():
    network, made, step = averaging(average="asgd", average_interval=0)
    step(100.0)
    for score in (3.0, 2.0, 2.5):
        assert average(network, made) == 100.0
        made.scored(score, greater_is_better=False)
    for value in (1.0, 2.0, 6.0):
        step(value)
    assert average(network, made) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("interval", "scores", "triggered"),
    [
        (0, [3.0, 2.0, 2.0], False),
        (0, [3.0, 2.0, 2.1], True),
        (1, [3.0, 2.0, 2.1], False),  # better than the one more than an epoch before
        (1, [3.0, 2.0, 2.1, 2.05], True),  # worse than 2.0, of two epochs before
        (2, [1.0, 2.0, 3.0], False),  # none lies so far back
        (2, [1.0, 2.0, 3.0, 4.0], True),
        (0, [1.0, 2.0, 0.5], True),  # once triggered, always
    ],
)
@pytest.mark.parametrize("greater_is_better", [False, True])
def test_the_trigger(interval, scores, triggered, greater_is_better):
    network, made, step = averaging(average="asgd", average_interval=interval)
    for score in scores:
        made.scored(-score if greater_is_better else score, greater_is_better=greater_is_better)
    step(1.0)
    step(3.0)
    assert average(network, made) == (2.0 if triggered else 3.0)


@pytest.mark.parametrize("average_", ["none", "ema", "asgd"])
def test_what_goes_through_a_checkpoint_goes_on_alike(average_):
    options = {"average": average_, "average_interval": 0, "average_decay": 0.9}
    network, made, step = averaging(**options)
    for score in (2.0, 1.0):
        made.scored(score, greater_is_better=False)
        step(score)
    again, other, step_again = averaging(**options)
    step_again(1.0)
    other.restore({name: t.clone() for name, t in made.tensors().items()})
    for score in (1.5, 1.2):
        for one, take in ((made, step), (other, step_again)):
            one.scored(score, greater_is_better=False)
            take(score * 3)
    assert average(network, made) == average(again, other)
