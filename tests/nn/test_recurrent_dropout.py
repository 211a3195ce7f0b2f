"""Dropped weights, tokens and words: which are dropped, how they are scaled, and the gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seqkit.cells import GRUOptions, LSTMOptions, RNNOptions
from seqkit.cells.base import Cell
from seqkit.cells.gru import GRU
from seqkit.cells.lstm import LSTM
from seqkit.cells.rnn import RNN
from seqkit.errors import UsageError
from seqkit.nn.dropout import TokenDropout, WeightDropout, WordDropout, draw_mask, set_generator
from seqkit.nn.embedding import Embedding
from seqkit.nn.encoder import Encoder

T, B, IN, H, P = 5, 3, 4, 6, 0.5
LENGTHS = torch.tensor([5, 2, 4])
KINDS = {
    "rnn": lambda i, h: RNN(i, h, RNNOptions()),
    "gru": lambda i, h: GRU(i, h, GRUOptions()),
    "gru-before": lambda i, h: GRU(i, h, GRUOptions(reset="before")),
    "lstm": lambda i, h: LSTM(i, h, LSTMOptions()),
}
exact = {"rtol": 1e-12, "atol": 1e-12}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(sum(shape)))


def encoder(kind: str, **options) -> Encoder:
    made = Encoder(KINDS[kind], IN, H, layers=2, bidirectional=True, **options).double()
    made.reset_parameters(generator())
    return made


@pytest.mark.parametrize("way", ["forward", "run"])
@pytest.mark.parametrize("kind", KINDS)
def test_cells_compute_with_what_is_left_and_the_gradient_is_its(kind, way) -> None:
    dropping, reference = encoder(kind, weight_dropout=P), encoder(kind)
    set_generator(dropping, generator(7))
    masks, g = [], generator(7)
    with torch.no_grad():
        for cell in reference.cells:
            masks.append(draw_mask(cell.W_hh.shape, P, g) / (1 - P))
            cell.W_hh.mul_(masks[-1])
    x, results = draw(T, B, IN), []
    for made in (dropping, reference):
        y = getattr(made, way)(x, LENGTHS)
        y = y if way == "forward" else y[0]
        results.append([y, *torch.autograd.grad(y.square().sum(), list(made.parameters()))])
    names = [name for name, _ in reference.named_parameters()]
    masks_by_name = {f"cells.{i}.W_hh": mask for i, mask in enumerate(masks)}
    expected = [g * masks_by_name.get(n, 1) for n, g in zip(names, results[1][1:], strict=True)]
    torch.testing.assert_close(results[0], [results[1][0], *expected], **exact)


def test_the_weights_and_their_order_are_as_they_were() -> None:
    made = encoder("lstm", weight_dropout=P)
    set_generator(made, generator())
    before = [(name, id(p)) for name, p in made.named_parameters()]
    made(draw(T, B, IN), LENGTHS)
    assert [(name, id(p)) for name, p in made.named_parameters()] == before
    with pytest.raises(RuntimeError):
        made(draw(T, B, IN + 1), LENGTHS)
    assert [(name, id(p)) for name, p in made.named_parameters()] == before


def test_each_batch_has_draws_of_its_own_and_evaluation_none() -> None:
    made = encoder("lstm", weight_dropout=P)
    set_generator(made, generator())
    x = draw(T, B, IN)
    assert not torch.equal(made(x, LENGTHS), made(x, LENGTHS))
    made.eval()
    assert torch.equal(made(x, LENGTHS), encoder("lstm")(x, LENGTHS))


class Without(Cell):
    """A cell without recurrent weights."""

    def reset_parameters(self, generator): ...

    def initial_state(self, batch_size):
        return (torch.zeros(batch_size, self.hidden_size),)

    def step(self, x, state):
        return state[0], state


def test_a_cell_without_recurrent_weights_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Without can't have weight dropout.*no matrix"):
        Encoder(lambda i, h: Without(i, h, None), IN, H, weight_dropout=P)


def test_a_plugins_cell_names_its_own_weights() -> None:
    class Named(LSTM):
        recurrent_weights = ("b_h",)

    cell = Named(IN, H, LSTMOptions())
    torch.nn.init.ones_(cell.b_h)
    dropout = WeightDropout(0.25)
    set_generator(dropout, generator(3))
    with dropout.dropped([cell]):
        assert torch.equal(cell.b_h, draw_mask((4 * H,), 0.25, generator(3)) / 0.75)
        assert not cell.W_hh.any()


IDS = torch.tensor([[3, 4], [5, 3], [4, 0]])


def test_a_dropped_token_is_dropped_wherever_it_stands() -> None:
    dropout = TokenDropout(P, 9)
    set_generator(dropout, generator(1))
    x = draw(3, 2, 4)
    kept = draw_mask((9,), P, generator(1))
    assert {True, False} == set(kept[3:6].tolist())
    torch.testing.assert_close(dropout(x, IDS), x * kept[IDS].unsqueeze(-1) / (1 - P), **exact)
    assert dropout.eval()(x, IDS) is x


def test_words_become_unknown_but_no_special_symbol_does() -> None:
    dropout = WordDropout(0.3)
    set_generator(dropout, generator(2))
    ids = torch.arange(9).repeat(2000).view(90, 200)
    read = dropout(ids)
    assert torch.equal(read[ids < 3], ids[ids < 3])
    words = read[ids >= 3]
    assert ((words == 1) | (words == ids[ids >= 3])).all()
    assert (words == 1).double().mean().item() == pytest.approx(0.3, abs=0.02)
    assert dropout.eval()(ids) is ids


def test_an_embedding_reads_words_then_drops_tokens() -> None:
    made = Embedding(9, 4, token_dropout=P, word_dropout=P).double()
    made.reset_parameters(generator())
    set_generator(made, g := generator(4))
    x = made(IDS)
    g.manual_seed(4)
    read = torch.where(draw_mask(IDS.shape, P, g) | (IDS < 3), IDS, 1)
    kept = draw_mask((9,), P, g) / (1 - P)
    table = made.weight * kept.unsqueeze(1)
    torch.testing.assert_close(x, F.embedding(read, table), **exact)
    made.eval()
    assert torch.equal(made(IDS), made.weight[IDS])


def test_one_hot_input_has_unknown_words_but_no_vectors_to_drop() -> None:
    made = Embedding(9, 0, one_hot=True, word_dropout=P)
    set_generator(made, generator(4))
    assert set(made(IDS).flatten().tolist()) > {0, 1}
    with pytest.raises(UsageError, match="dropout"):
        Embedding(9, 0, one_hot=True, token_dropout=P)
