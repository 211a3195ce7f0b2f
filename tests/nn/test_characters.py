"""Readers of characters: by hand, whatever a word is padded with, and by their gradients."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from seqkit.cells import GRUOptions, LSTMOptions
from seqkit.cells.gru import GRU
from seqkit.cells.lstm import LSTM
from seqkit.errors import UsageError
from seqkit.nn.characters import CharacterCNN, CharacterReader, CharacterRNN
from seqkit.nn.dropout import set_generator
from seqkit.nn.embedding import Embedding
from seqkit.spelling import EDGE, Speller, Spelling, distinct

A, B = 3 + ord("a"), 3 + ord("b")
READERS = {
    "cnn": lambda: CharacterCNN(3, width=3),
    "wide cnn": lambda: CharacterCNN(2, width=5),
    "narrow cnn": lambda: CharacterCNN(3, width=1),
    "lstm": lambda: CharacterRNN(2, cell=partial(LSTM, options=LSTMOptions())),
    "gru": lambda: CharacterRNN(2, cell=partial(GRU, options=GRUOptions())),
}
each_reader = pytest.mark.parametrize("name", READERS)


def made(name: str) -> CharacterReader:
    reader = READERS[name]().double()
    reader.reset_parameters(torch.Generator().manual_seed(1))
    return reader


def spelt(*words: str) -> Tensor:
    """Words in a row, each as it is after all distinct ones."""
    return torch.from_numpy(distinct(Speller()(words))[0])


def test_filters_by_hand():
    reader = CharacterCNN(2, width=3).double()
    # of each character's vector only the first feature counts
    with torch.no_grad():
        reader.weight[EDGE, 0], reader.weight[A, 0], reader.weight[B, 0] = 1, 2, -3
        before, at, after = (reader.filters.view(2, 3, 32)[:, j, 0] for j in range(3))
        before[:], at[:], after[:] = torch.tensor([[1, 0], [10, 1], [100, 0]]).double()
        reader.bias[:] = torch.tensor([0.5, -2.5])
    # the windows of | a b |, with nothing beyond, by the first filter:
    # 10 + 200, 1 + 20 - 300, 2 - 30 + 100, -3 + 10; the second sees 1, 2, -3 and 1
    assert reader.read(spelt("ab")).tolist() == [[0, 0], [210.5, 0]]
    # | b |: 10 - 300, 1 - 30 + 100, -3 + 10; and 1, -3, 1
    assert reader.read(spelt("b"))[1].tolist() == [71.5, 0]
    with torch.no_grad():
        reader.bias[1] = 1
    assert reader.read(spelt("ab", "b"))[1:, 1].tolist() == [3, 2]


def test_a_cell_reads_to_the_end_and_back_to_the_beginning():
    reader = made("gru")
    forwards, backwards = reader.encoder.cells
    vectors = reader.weight[torch.tensor([EDGE, A, B, EDGE])].unsqueeze(1)  # (4, 1, 32)
    _, (end,) = forwards(vectors)
    _, (start,) = backwards(vectors.flip(0))
    read = reader.read(spelt("ab", "abcdefg"))
    torch.testing.assert_close(read[1], torch.cat([end[0], start[0]]))
    assert not read[0].any()


@each_reader
def test_a_word_has_the_same_vector_whatever_it_is_padded_with(name):
    reader = made(name)
    words = ["a", "", "of", "grandmother", "Ünïcode", "x" * 99]
    together = reader.read(spelt(*words))[1:]
    alone = torch.cat([reader.read(spelt(word))[1:] for word in words])
    torch.testing.assert_close(together, alone, rtol=1e-12, atol=1e-12)
    assert len({tuple(row) for row in together.tolist()}) == len(words)


@each_reader
def test_each_step_has_its_words_vector_and_padding_zeros(name):
    reader = made(name)
    characters, places = distinct(Speller()(["on", "and", "on"]))
    words = torch.tensor([[places[0], places[1]], [places[2], 0]])
    x = reader(Spelling(torch.from_numpy(characters), words))
    read = reader.read(torch.from_numpy(characters))
    assert x.shape == (2, 2, reader.size)
    assert torch.equal(x[0], read[1:])
    assert torch.equal(x[1, 0], read[1])
    assert not x[1, 1].any()


@each_reader
def test_gradients(name):
    reader = made(name)
    characters = spelt("ab", "", "bab")
    given = {n: p.detach().requires_grad_() for n, p in reader.named_parameters()}
    weight = given.pop("weight")

    def read(*parameters: Tensor) -> Tensor:
        changed = dict(zip(given, parameters, strict=True)) | {"weight": weight}
        spelling = Spelling(characters, torch.arange(len(characters)).unsqueeze(1))
        found: Tensor = torch.func.functional_call(reader, changed, (spelling,))
        return found

    assert torch.autograd.gradcheck(read, tuple(given.values()))
    read(*given.values()).sum().backward()
    assert weight.grad is not None
    used = weight.grad.any(dim=1).nonzero().flatten().tolist()
    assert used == [EDGE, A, B]


@each_reader
def test_the_same_generator_draws_the_same(name):
    before = torch.get_rng_state()
    first, second = made(name).state_dict(), made(name).state_dict()
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert torch.equal(before, torch.get_rng_state())
    assert not first["weight"][0].any()
    assert first["weight"][1:].var().item() == pytest.approx(1 / 32, rel=0.02)


def test_an_odd_size_has_no_halves():
    with pytest.raises(UsageError, match="character_size is 5"):
        CharacterRNN(5, cell=partial(LSTM, options=LSTMOptions()))


class TestEmbedding:
    def made(self, **options) -> Embedding:
        reader = CharacterCNN(3, width=3)
        embedding = Embedding(9, 4, characters=reader, **options).double()
        embedding.reset_parameters(torch.Generator().manual_seed(1))
        return embedding

    ids = torch.tensor([[3, 5], [4, 0]])
    spelling = Spelling(spelt("on", "and"), torch.tensor([[1, 2], [2, 0]]))

    def test_words_stand_beside_the_vectors_of_ids(self):
        embedding = self.made()
        x = embedding(self.ids, None, self.spelling)
        assert x.shape == (2, 2, embedding.output_size) == (2, 2, 7)
        assert torch.equal(x[..., :4], embedding.weight[self.ids])
        assert torch.equal(x[..., 4:], embedding.characters(self.spelling))

    def test_and_after_hashed_features(self):
        embedding = self.made(feature_buckets=5, feature_size=2)
        features = torch.tensor([[[1], [2]], [[3], [0]]])
        x = embedding(self.ids, features, self.spelling)
        assert torch.equal(x[..., 4:6], embedding.feature_weight[features[..., 0]])
        assert torch.equal(x[..., 6:], embedding.characters(self.spelling))

    def test_dropout_is_on_them_too(self):
        embedding = self.made(dropout=0.5, dropout_per="sequence")
        embedding.characters.bias.data += 1  # so that none is zero by itself
        plain = embedding.eval()(self.ids, None, self.spelling)
        set_generator(embedding.train(), torch.Generator().manual_seed(1))
        x = embedding(self.ids, None, self.spelling)
        kept = (x != 0).any(dim=0, keepdim=True)
        torch.testing.assert_close(x, plain * kept * 2)
        assert 0 < kept[..., 4:].sum() < kept[..., 4:].numel()

    def test_they_draw_after_all_else_so_that_the_rest_is_as_without(self):
        plain = Embedding(9, 4).double()
        plain.reset_parameters(torch.Generator().manual_seed(1))
        assert torch.equal(self.made().weight, plain.weight)

    def test_missing_ones_are_refused(self):
        with pytest.raises(UsageError, match="characters of each word"):
            self.made()(self.ids)

    def test_one_hot_input_has_no_place_for_them(self):
        with pytest.raises(UsageError, match="one-hot embedding can't have characters"):
            Embedding(9, 4, one_hot=True, characters=CharacterCNN(3, width=3))
