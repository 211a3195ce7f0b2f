"""The order of looking and stepping: at once as step by step, together as alone."""

import pytest
import torch

KINDS = [
    {"attention": "general"},
    {"attention": "dot", "hidden_size": 6},
    {"attention": "general", "input_feeding": True},
    {"attention": "additive"},
]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_run_equals_its_steps(make_head, options, cell, draw):
    layers = make_head(cell=cell, layers=2, **options).layers
    encoded, lengths = draw(4, 3, 6), torch.tensor([4, 1, 3])
    x = draw(5, 3, 5, seed=1)
    memory, trace = layers.begin(encoded, lengths)
    together = layers.run(x, trace, memory)
    for x_t, y_t in zip(x, together, strict=True):
        y, trace, weights = layers.step(x_t, trace, memory)
        torch.testing.assert_close(y, y_t)
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_several_beginnings_of_a_sentence_step_as_each_does_alone(make_head, options, draw):
    layers = make_head(**options).layers
    encoded, lengths, x = draw(4, 2, 6), torch.tensor([4, 2]), draw(6, 5, seed=1)
    memory, trace = layers.begin(encoded, lengths)
    rows = torch.tensor([0, 0, 0, 1, 1, 1])
    together, after, _ = layers.step(x, trace.select(rows), memory)
    for row, sentence in enumerate(rows.tolist()):
        chosen = torch.tensor([sentence])
        alone, left, _ = layers.step(x[row : row + 1], trace.select(chosen), memory.select(chosen))
        torch.testing.assert_close(together[row], alone[0])
        torch.testing.assert_close(after.states[0][0][row], left.states[0][0][0])


def test_the_first_state_is_made_of_the_ends_of_the_sentence(make_head, draw):
    layers = make_head(cell="lstm", layers=2).layers  # H = 3
    encoded, lengths = draw(4, 1, 6), torch.tensor([3])
    _, trace = layers.begin(encoded, lengths)
    ends = torch.cat([encoded[2, 0, :3], encoded[0, 0, 3:]])  # forwards, backwards
    told = torch.tanh(layers.bridge.weight @ ends + layers.bridge.bias)
    found = torch.cat([tensor[0] for state in trace.states for tensor in state])
    torch.testing.assert_close(found, told)


def test_input_feeding_tells_a_step_what_the_one_before_gave(make_head, draw):
    layers = make_head(input_feeding=True).layers
    memory, trace = layers.begin(draw(4, 1, 6), torch.tensor([4]))
    y, after, _ = layers.step(draw(1, 5), trace, memory)
    assert trace.carried.tolist() == [[0.0] * 5]
    assert torch.equal(after.carried, y)
