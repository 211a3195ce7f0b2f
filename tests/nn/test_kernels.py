import pytest
import torch

from seqkit import KernelSpec, hookimpl, manager
from seqkit.cells import LSTMOptions
from seqkit.cells.lstm import LSTM
from seqkit.errors import PluginError
from seqkit.nn.dropout import set_generator
from seqkit.nn.embedding import Embedding
from seqkit.nn.encoder import Encoder
from seqkit.nn.kernels import NO_KERNELS, CellKernel, EmbeddingKernel, installed


class Recorded(CellKernel):
    """Notes what it is given, and answers with the direction."""

    def __init__(self):
        self.calls = []

    def fits(self, cell, x):
        return x.shape[0] > 2

    def run(self, cell, x, lengths, state, *, reverse):
        self.calls.append((cell, x.shape, lengths.tolist(), reverse))
        y = x.new_full((*x.shape[:2], cell.hidden_size), -1.0 if reverse else 1.0)
        return y, tuple(s + 1 for s in state)


class Halves(EmbeddingKernel):
    """Looks nothing up."""

    def fits(self, weight, ids):
        return ids.shape[0] > 2

    def look_up(self, weight, ids, **options):
        self.options = options
        return torch.full((*ids.shape, weight.shape[1]), 0.5)


class Broken:
    def __init__(self):
        raise AssertionError("nobody asked for it")


def plugin(*specs):
    class Plugin:
        @hookimpl
        def seqkit_register_kernels(self):
            return list(specs)

    return Plugin()


def spec(name, part, target="Recorded"):
    return KernelSpec(name=name, part=part, target=f"{__name__}:{target}", summary="a kernel")


def test_none_is_built_in():
    with manager.isolated():
        assert installed("lstm") == NO_KERNELS


def test_those_for_the_cell_and_for_embeddings_are_taken():
    kernels = [spec("a", "lstm"), spec("b", "gru", "Broken"), spec("c", "embedding", "Halves")]
    with manager.isolated([plugin(*kernels)]):
        found = installed("lstm")
    assert isinstance(found.cell, Recorded)
    assert isinstance(found.embedding, Halves)


def test_several_for_one_part_are_one_too_many():
    with (
        manager.isolated([plugin(spec("a", "lstm"), spec("b", "lstm"))]),
        pytest.raises(PluginError, match="several kernels for 'lstm'") as error,
    ):
        installed("lstm")
    assert ":a and " in str(error.value)
    assert "SEQKIT_DISABLE_PLUGINS" in str(error.value)


def encoder(kernel, **options):
    made = Encoder(lambda i, h: LSTM(i, h, LSTMOptions()), 3, 4, kernel=kernel, **options)
    made.reset_parameters(torch.Generator().manual_seed(1))
    return made


@pytest.mark.parametrize("way", ["forward", "run"])
def test_an_encoder_gives_each_layer_and_direction_to_its_kernel(way):
    kernel = Recorded()
    made = encoder(kernel, layers=2, bidirectional=True)
    state = made.initial_state(2)
    given = (torch.zeros(5, 2, 3), torch.tensor([5, 3]), state)
    result = getattr(made, way)(*given)
    y = result if way == "forward" else result[0]
    assert torch.equal(y, torch.tensor([1.0] * 4 + [-1.0] * 4).expand(5, 2, 8))
    assert kernel.calls == [
        (made.cells[0], (5, 2, 3), [5, 3], False),
        (made.cells[1], (5, 2, 3), [5, 3], True),
        (made.cells[2], (5, 2, 8), [5, 3], False),
        (made.cells[3], (5, 2, 8), [5, 3], True),
    ]
    if way == "run":
        assert all(torch.equal(s, torch.ones(2, 4)) for part in result[1] for s in part)


def test_what_does_not_fit_is_left_to_the_cells():
    kernel = Recorded()
    given = (torch.ones(2, 2, 3), torch.tensor([2, 1]))
    assert torch.equal(encoder(kernel)(*given), encoder(None)(*given))
    assert kernel.calls == []


def test_an_embedding_gives_its_kernel_what_its_dropout_needs():
    kernel = Halves()
    embedding = Embedding(9, 4, dropout=0.25, dropout_per="sequence", kernel=kernel)
    generator = torch.Generator()
    set_generator(embedding, generator)
    ids = torch.zeros(3, 2, dtype=torch.int64)
    assert torch.equal(embedding(ids), torch.full((3, 2, 4), 0.5))
    assert kernel.options == {
        "padding": 0,
        "dropout": 0.25,
        "per_sequence": True,
        "generator": generator,
    }
    embedding.eval()
    embedding(ids)
    assert kernel.options["dropout"] == 0
    assert kernel.options["generator"] is None
    assert not embedding(ids[:2]).any()  # which does not fit


def test_hashed_features_are_not_a_kernels_business():
    embedding = Embedding(9, 4, feature_buckets=5, feature_size=2, kernel=Halves())
    ids = torch.zeros(3, 2, dtype=torch.int64)
    assert not embedding(ids, torch.zeros(3, 2, 1, dtype=torch.int64)).any()
