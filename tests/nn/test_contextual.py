"""Readers of sentences: by a loop over each model, whatever they are padded with, and gradients."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from seqkit.cells import GRUOptions, LSTMOptions, RNNOptions
from seqkit.cells.gru import GRU
from seqkit.cells.lstm import LSTM
from seqkit.cells.rnn import RNN
from seqkit.contextual import Context, Written, sentence, side_by_side
from seqkit.errors import UsageError
from seqkit.nn.contextual import ContextReader, context_reader
from seqkit.nn.embedding import Embedding
from seqkit.recipe.sections import Contextual

CELLS = {
    "lstm": partial(LSTM, options=LSTMOptions()),
    "gru": partial(GRU, options=GRUOptions()),
    "rnn": partial(RNN, options=RNNOptions()),
}
each_cell = pytest.mark.parametrize("cell", CELLS)
SIZES = Contextual(forward="f", backward="b", vocab_size=9, vector_size=3, hidden_size=4)
#: "ab c" between two end symbols, whose id is 2.
LETTERS, PLACES = [2, 3, 4, 5, 6, 2], [[2, 1], [4, 4]]


def made(cell: str, *, size: int = 0) -> ContextReader:
    sizes = Contextual(
        forward="f", backward="b", size=size, vocab_size=9, vector_size=3, hidden_size=4
    )
    reader = context_reader(sizes, CELLS[cell], None)
    assert reader is not None
    reader.double().reset_parameters(torch.Generator().manual_seed(1))
    return reader


def context(*written: Written, steps: int) -> Context[Tensor]:
    return side_by_side(written, steps).map(torch.from_numpy)


def of(letters: list[int], places: list[list[int]]) -> Written:
    return Written(np.array(letters), np.array(places))


def drawn(*lengths: int) -> list[Written]:
    rng = np.random.default_rng(0)
    return [Written(**sentence(rng, n, SIZES)) for n in lengths]


def after(model, letters: list[int]) -> Tensor:
    """What a model's cell is in after some characters, one step after the other."""
    (cell,) = model.encoder.cells
    state, y = cell.initial_state(1), None
    for letter in letters:
        y, state = cell.step(model.weight[letter].unsqueeze(0), state)
    return y[0]


@each_cell
def test_each_token_has_both_models_states_at_its_ends(cell):
    reader = made(cell)
    forward, backward = reader.models
    x = reader(context(of(LETTERS, PLACES), steps=2))
    assert x.shape == (2, 1, reader.size) == (2, 1, 8)
    expected = [
        torch.cat([after(forward, [2, 3, 4]), after(backward, [2, 6, 5, 4, 3])]),
        torch.cat([after(forward, [2, 3, 4, 5, 6]), after(backward, [2, 6])]),
    ]
    torch.testing.assert_close(x[:, 0], torch.stack(expected))


def test_a_token_without_characters_has_what_stands_around_it():
    reader = made("gru")
    forward, backward = reader.models
    x = reader(context(of([2, 3, 5, 5, 6, 2], [[1, 1], [2, 3], [4, 4]]), steps=3))
    expected = torch.cat([after(forward, [2, 3, 5]), after(backward, [2, 6, 5])])
    torch.testing.assert_close(x[1, 0], expected)


@each_cell
def test_a_sentence_has_the_same_vectors_whatever_it_is_padded_with(cell):
    reader = made(cell, size=5)
    lengths = (4, 1, 7, 2)
    sentences = drawn(*lengths)
    together = reader(context(*sentences, steps=max(lengths)))
    for column, (one, n) in enumerate(zip(sentences, lengths, strict=True)):
        alone = reader(context(one, steps=n))
        torch.testing.assert_close(together[:n, column], alone[:, 0], rtol=1e-12, atol=1e-12)
    letters, counts, places = context(*sentences, steps=7)
    filled = torch.where(torch.arange(len(letters))[:, None] < counts, letters, 8)
    again = reader(Context(filled, counts, places))
    assert torch.equal(again, together)
    assert again.isfinite().all()


def test_a_projection_is_of_both_states():
    reader, plain = made("lstm", size=5), made("lstm")
    plain.load_state_dict({n: w for n, w in reader.state_dict().items() if "projection" not in n})
    given = context(*drawn(3), steps=3)
    assert reader.projection is not None
    W, b = reader.projection.weight, reader.projection.bias
    torch.testing.assert_close(reader(given), plain(given) @ W.T + b)
    assert (reader.size, plain.size) == (5, 8)


def test_known_states_stand_in_for_characters():
    reader = made("lstm", size=5)
    given = context(*drawn(3, 2), steps=3)
    assert torch.equal(reader(reader.read(given)), reader(given))


def test_frozen_models_get_no_gradient_and_others_do():
    reader, given = made("gru", size=5), context(*drawn(3, 2), steps=3)
    reader.models.requires_grad_(False)
    reader(given).sum().backward()
    assert all(p.grad is None for p in reader.models.parameters())
    assert reader.projection is not None
    assert reader.projection.weight.grad is not None
    reader.models.requires_grad_(True)
    reader(given).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in reader.models.parameters())


def test_gradients():
    reader, given = made("gru", size=2), context(*drawn(2, 1), steps=2)
    names = [name for name, _ in reader.named_parameters()]

    def read(*parameters: Tensor) -> Tensor:
        changed = dict(zip(names, parameters, strict=True))
        x: Tensor = torch.func.functional_call(reader, changed, (given,))
        # what stands at steps that are no sentence's is anything
        return torch.cat([x[:2, 0], x[:1, 1]])

    leaves = tuple(p.detach().requires_grad_() for p in reader.parameters())
    assert torch.autograd.gradcheck(read, leaves)


def test_an_embedding_puts_it_beside_the_words_and_drops_it_out_with_them():
    reader = made("lstm")
    embedding = Embedding(7, 3, contextual=reader, dropout=0.5).double()
    embedding.reset_parameters(torch.Generator().manual_seed(2))
    given, ids = context(of(LETTERS, PLACES), steps=2), torch.tensor([[4], [5]])
    x = embedding.eval()(ids, context=given)
    assert x.shape == (2, 1, embedding.output_size) == (2, 1, 11)
    assert embedding.weight is not None
    torch.testing.assert_close(x, torch.cat([embedding.weight[ids], reader(given)], dim=-1))
    embedding.train().dropout.generator = torch.Generator().manual_seed(3)
    dropped = embedding(ids, context=given)
    kept = dropped != 0
    assert 0 < kept[..., 3:].sum() < kept[..., 3:].numel()
    torch.testing.assert_close(dropped[kept], 2 * x[kept])


def test_an_embedding_says_what_it_lacks():
    embedding = Embedding(7, 3, contextual=made("lstm"))
    with pytest.raises(UsageError, match="needs the characters of each sentence"):
        embedding(torch.tensor([[4]]))
    with pytest.raises(UsageError, match="one-hot embedding can't have characters"):
        Embedding(7, 3, one_hot=True, contextual=made("lstm"))
