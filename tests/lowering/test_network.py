"""Networks in ONNX give what the same networks give in torch, for every part that is built in."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file

from seqkit import recipe as recipes
from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import WEIGHTS
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.nn.network import Network
from seqkit.runtimes.onnx import OnnxRuntime
from seqkit.runtimes.torch import TorchRuntime
from seqkit.spelling import drawn

V, L, F, BUCKETS = 11, 3, 5, 13
CELLS = [
    {"name": "rnn"},
    {"name": "rnn", "activation": "relu"},
    {"name": "gru"},
    {"name": "gru", "reset": "before"},
    {"name": "lstm"},
]
#: One-hot with fewer ids than the cell has rows, and with more; vectors; and with what stands
#: beside them.
EMBEDDINGS = [{"size": 0}, {"size": 4}, {"size": 4, "feature_size": 3}]
CHARACTERS = [
    {"characters": "cnn", "character_size": 5, "character_width": 3},
    {"characters": "cnn", "character_size": 4, "character_width": 1, "feature_size": 3},
    {"characters": "recurrent", "character_size": 6},
]


class Tokenizer:
    vocab_size, feature_count, feature_buckets = V, F, BUCKETS

    def __init__(self, vocab_size: int) -> None:
        self.vocab_size = vocab_size


class Decoder:
    output_size = L


class Drawn(Bundle):
    """A bundle that has never been written: a recipe with weights drawn at random."""

    def __init__(self, path, *, vocab_size: int = V, **tables: Any) -> None:
        recipe = recipes.parse(tables)
        super().__init__(path, None, recipe)  # type: ignore[arg-type]
        self.__dict__.update(tokenizer=Tokenizer(vocab_size), decoder=Decoder())
        told = {"task": recipe.head.name, "labels": ("a", "b"), "weights": "float32"}
        self.manifest = type("Manifest", (), told)
        network = Network(
            recipe,
            vocab_size=vocab_size,
            output_size=vocab_size if recipe.head.name == "generation" else L,
            feature_buckets=BUCKETS,
        )
        generator = torch.Generator().manual_seed(1)
        for parameter in network.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator) / 2
        save_file(network.state_dict(), path / WEIGHTS)
        self.manifest.parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)


def texts(*lengths: int, steps: bool = False, vocab_size: int = V) -> list[Encoded]:
    rng = np.random.default_rng(0)
    return [
        Encoded(
            rng.integers(0, vocab_size, n, dtype=np.int32),
            features=rng.integers(0, BUCKETS, (n, F), dtype=np.int32),
            steps=np.arange(n) if steps else None,
            characters=drawn(rng, n),
        )
        for n in lengths
    ]


def check_same(bundle: Bundle, *, vocab_size: int = V) -> None:
    ours, theirs = OnnxRuntime(bundle, threads=1), TorchRuntime(bundle, threads=1)
    tags = bundle.recipe.head.name == "tagging"
    for lengths in ([1], [1, 1, 1], [7, 2, 5, 1], [6, 6]):
        examples = texts(*lengths, steps=tags, vocab_size=vocab_size)
        for got, wanted in zip(ours.logits(examples), theirs.logits(examples), strict=True):
            assert got.dtype == np.float32
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


def check_continuing(bundle: Bundle, vocab_size: int) -> None:
    """Three pieces, of which the second ends at different lengths, with carried states."""
    ours, theirs = OnnxRuntime(bundle, threads=1), TorchRuntime(bundle, threads=1)
    rng = np.random.default_rng(0)
    state, its = ours.initial_state(3), theirs.initial_state(3)
    for T, lengths in ((1, [1, 1, 1]), (6, [2, 6, 1]), (3, [3, 3, 3])):
        ids = rng.integers(0, vocab_size, (T, 3))
        got, state = ours.advance(ids, np.array(lengths), state)
        wanted, its = theirs.advance(ids, np.array(lengths), its)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
    flat = [tensor.numpy() for part in its for tensor in part]
    assert len(flat) == len(state)
    for got, wanted in zip(state, flat, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell.values()))
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("embedding", EMBEDDINGS, ids=lambda e: "-".join(map(str, e.values())))
def test_every_cell_in_every_stack_over_every_input(tmp_path, cell, layers, both, embedding):
    encoder = {"hidden_size": 6, "layers": layers, "bidirectional": both}
    for head in ("classification", "tagging"):
        check_same(
            Drawn(tmp_path, cell=cell, encoder=encoder, embedding=embedding, head={"name": head})
        )


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell.values()))
@pytest.mark.parametrize("how", CHARACTERS, ids=lambda how: "-".join(map(str, how.values())))
def test_every_way_to_read_characters(tmp_path, cell, how):
    encoder = {"hidden_size": 6, "bidirectional": True}
    for head in ("classification", "tagging"):
        embedding = {"size": 4, **how}
        check_same(
            Drawn(tmp_path, cell=cell, encoder=encoder, embedding=embedding, head={"name": head})
        )


def test_a_model_that_reads_characters_takes_the_distinct_words_and_their_places(tmp_path):
    from seqkit.lowering.network import lower

    for how in CHARACTERS:
        lowered = lower(Drawn(tmp_path, head={"name": "tagging"}, embedding={"size": 4, **how}))
        onnx.checker.check_model(lowered.whole(), full_check=True)
        names = [value.name for value in lowered.model.graph.input]
        assert [n for n in names if n != "features"] == ["ids", "lengths", "characters", "words"]
        assert lowered.characters


def test_tags_in_a_chain_have_the_logits_of_tags_alone(tmp_path):
    given, found = texts(3, steps=True), []
    for crf in (True, False):
        head = {"name": "tagging", "crf": crf}
        bundle = Drawn(tmp_path, head=head, embedding={"size": 4})
        check_same(bundle)
        found += OnnxRuntime(bundle).logits(given)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention", "concat"])
@pytest.mark.parametrize("ngrams", [0, 3])
def test_every_pooling_beside_n_grams_and_not(tmp_path, both, pooling, ngrams):
    head = {"name": "classification", "pooling": pooling, "ngrams": ngrams, "ngram_buckets": 7}
    encoder = {"hidden_size": 6, "bidirectional": both}
    check_same(Drawn(tmp_path, head=head, encoder=encoder, embedding={"size": 4}))


def test_a_head_that_reads_ids_has_nothing_before_it(tmp_path):
    from seqkit.lowering.network import lower

    bundle = Drawn(tmp_path, head={"name": "nbsvm", "ngram_buckets": 7})
    check_same(bundle)
    assert [value.name for value in lower(bundle).model.graph.input] == ["ids", "lengths"]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell.values()))
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("size", "tied"), [(0, False), (4, False), (4, True), (6, True)])
@pytest.mark.parametrize("vocab_size", [V, 40])
def test_a_generator_goes_on_from_a_state(tmp_path, cell, layers, size, tied, vocab_size):
    bundle = Drawn(
        tmp_path,
        vocab_size=vocab_size,
        cell=cell,
        encoder={"hidden_size": 6, "layers": layers},
        embedding={"size": size},
        head={"name": "generation", "tie_weights": tied},
    )
    check_continuing(bundle, vocab_size)


@pytest.mark.parametrize("cutoffs", [[3, 7], [5, 99]])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_generator_with_an_adaptive_softmax(tmp_path, cutoffs, layers):
    bundle = Drawn(
        tmp_path,
        encoder={"hidden_size": 6, "layers": layers},
        head={"name": "generation", "softmax": "adaptive", "cutoffs": cutoffs},
    )
    places = torch.randperm(V, generator=torch.Generator().manual_seed(3))
    change(bundle, "head.adaptive.places", places)
    check_continuing(bundle, V)


def test_an_adaptive_softmax_whose_places_are_no_order_is_refused(tmp_path):
    head = {"name": "generation", "softmax": "adaptive", "cutoffs": [3]}
    bundle = Drawn(tmp_path, head=head)
    change(bundle, "head.adaptive.places", torch.full((V,), V))
    for runtime in (OnnxRuntime, TorchRuntime):
        with pytest.raises(BundleError, match="no order"):
            runtime(bundle, threads=1)


def change(bundle: Bundle, name: str, value: torch.Tensor) -> None:
    """Write a bundle's weights anew with another tensor."""
    weights = load_file(bundle.path / WEIGHTS)
    assert weights[name].shape == value.shape
    save_file({**weights, name: value}, bundle.path / WEIGHTS)


def test_the_model_is_valid_and_says_what_it_is(tmp_path):
    from seqkit.lowering.network import lower

    head = {"name": "classification", "pooling": "attention", "ngrams": 2, "ngram_buckets": 7}
    lowered = lower(Drawn(tmp_path, head=head, embedding={"size": 4, "feature_size": 3}))
    onnx.checker.check_model(lowered.whole(), full_check=True)
    assert [value.name for value in lowered.model.graph.input] == ["ids", "lengths", "features"]
    assert [value.name for value in lowered.model.graph.output] == ["logits"]
    notes = {note.key: note.value for note in lowered.model.metadata_props}
    assert notes == {"task": "classification", "labels": '["a", "b"]'}


def test_states_are_inputs_and_outputs_of_a_generator(tmp_path):
    from seqkit.lowering.network import lower

    lowered = lower(Drawn(tmp_path, head={"name": "generation"}, encoder={"layers": 2}))
    onnx.checker.check_model(lowered.whole(), full_check=True)
    names = ["state_0_h", "state_0_c", "state_1_h", "state_1_c"]
    assert list(lowered.states) == names
    assert [value.name for value in lowered.model.graph.input] == ["ids", "lengths", *names]
    outputs = [value.name for value in lowered.model.graph.output]
    assert outputs == ["logits", *(f"next_{name}" for name in names)]


def test_large_arrays_stand_beside_the_graph_and_inside_a_file(tmp_path):
    from seqkit.lowering.network import lower

    encoder = {"hidden_size": 48, "bidirectional": True}
    sizes = {"size": 24, "feature_size": 8}
    bundle = Drawn(
        tmp_path, vocab_size=300, embedding=sizes, encoder=encoder, head={"name": "classification"}
    )
    check_same(bundle, vocab_size=300)
    lowered = lower(bundle)
    beside = sum(array.nbytes for array in lowered.arrays.values())
    assert beside == 4 * (300 * 24 + 2 * 4 * 48 * (32 + 48))
    assert lowered.model.ByteSize() < 20_000
    assert 0 < lowered.whole().ByteSize() - beside < 20_000
    session = onnxruntime.InferenceSession(lowered.whole().SerializeToString())
    feeds = {"ids": np.array([[4, 5], [6, 7]]), "lengths": np.array([2, 1])}
    feeds["features"] = np.ones((2, 2, F), dtype=np.int64)
    examples = [
        Encoded(np.array(ids), features=np.ones((len(ids), F), dtype=np.int64))
        for ids in ([4, 6], [5])
    ]
    (logits,) = session.run(None, feeds)
    np.testing.assert_array_equal(logits, OnnxRuntime(bundle, threads=1).logits(examples))
