"""Long texts in pieces: the same logits as at once, whatever the network, in flat memory."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import seqkit
from seqkit import recipe as recipes
from seqkit import spelling
from seqkit.contextual import sentence
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.ngrams import NGramSum
from seqkit.runtimes import chunks
from seqkit.runtimes.chunks import Cells, LongTexts, can_be_read_in_pieces
from seqkit.runtimes.gathering import Gatherer, Gathering
from seqkit.runtimes.onnx import OnnxRuntime
from seqkit.runtimes.torch import TorchRuntime

ROOT = Path(seqkit.__file__).parents[1]
V, F, BUCKETS = 11, 5, 13
CELLS = [
    {"name": "rnn"},
    {"name": "rnn", "activation": "relu"},
    {"name": "gru"},
    {"name": "gru", "reset": "before"},
    {"name": "lstm"},
]
TAGGING, ATTENTION = {"name": "tagging"}, {"name": "classification", "pooling": "attention"}
RUNTIMES = [TorchRuntime, OnnxRuntime]


def texts(*lengths: int, tokens: bool) -> list[Encoded]:
    """With ``tokens`` every second step completes one."""
    rng = np.random.default_rng(0)
    return [
        Encoded(
            rng.integers(0, V, n, dtype=np.int32),
            features=rng.integers(0, BUCKETS, (n, F), dtype=np.int32),
            characters=spelling.drawn(rng, n),
            steps=np.arange(0, n, 2) if tokens else None,
        )
        for n in lengths
    ]


@pytest.fixture
def pieces(monkeypatch):
    """Have texts of more than ten tokens read in pieces of eight."""

    def use() -> None:
        monkeypatch.setattr(chunks, "LONG", 10)
        monkeypatch.setattr(chunks, "PIECE", 8)

    return use


def check_same(runtime, bundle, pieces) -> None:
    assert can_be_read_in_pieces(bundle.recipe)
    run = runtime(bundle, threads=1)
    given = texts(23, 4, 11, 40, tokens=bundle.recipe.head.name == "tagging")
    at_once = run.logits(given)
    pieces()
    for got, wanted in zip(run.logits(given), at_once, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell.values()))
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
def test_every_cell_in_every_stack(drawn, pieces, runtime, cell, layers, both):
    encoder = {"hidden_size": 6, "layers": layers, "bidirectional": both}
    check_same(
        runtime, drawn(cell=cell, encoder=encoder, embedding={"size": 4}, head=TAGGING), pieces
    )


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention", "concat"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("ngrams", [0, 3])
def test_every_pooling_beside_n_grams_and_not(
    drawn, pieces, monkeypatch, runtime, pooling, layers, both, ngrams
):
    monkeypatch.setattr("seqkit.ngrams.PIECE", 8)
    head = {"name": "classification", "pooling": pooling, "ngrams": ngrams, "ngram_buckets": 31}
    encoder = {"hidden_size": 6, "layers": layers, "bidirectional": both}
    check_same(runtime, drawn(head=head, encoder=encoder, embedding={"size": 4}), pieces)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("head", [TAGGING, ATTENTION], ids=["tagging", "attention"])
@pytest.mark.parametrize(
    "sizes",
    [
        {"size": 0},
        {"size": 4, "feature_size": 3},
        {"size": 4, "characters": "cnn", "character_size": 5},
        {"size": 4, "feature_size": 3, "characters": "recurrent", "character_size": 6},
    ],
)
def test_one_hot_input_hashed_features_and_characters(drawn, pieces, runtime, head, sizes):
    encoder = {"hidden_size": 6, "layers": 2, "bidirectional": True}
    check_same(runtime, drawn(head=head, encoder=encoder, embedding=sizes), pieces)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_tags_of_a_chain(drawn, pieces, runtime):
    encoder = {"hidden_size": 6, "bidirectional": True}
    head = {**TAGGING, "crf": True}
    check_same(runtime, drawn(encoder=encoder, embedding={"size": 4}, head=head), pieces)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_head_without_layers_reads_at_once(drawn, pieces, runtime):
    bundle = drawn(head={"name": "nbsvm", "ngram_buckets": 31})
    assert not can_be_read_in_pieces(bundle.recipe)
    pieces()
    (text,) = texts(40, tokens=False)
    table = bundle.weights()
    weights = NGramSum(table["head.ngrams.weight"], longest=3).of(text.ids)
    (got,) = runtime(bundle, threads=1).logits([text])
    np.testing.assert_allclose(got, weights + table["head.ngrams.bias"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "tables",
    [
        {"embedding": {"token_dropout": 0.1, "word_dropout": 0.1, "init": "normal"}},
        {"encoder": {"weight_dropout": 0.1, "dropout": 0.1, "dropout_per": "element"}},
        {"head": {"name": "classification", "calibrate": True, "label_smoothing": 0.1}},
        {"head": {"name": "classification", "multi_label": True, "threshold": "tuned"}},
        {"head": {**TAGGING, "dropout": 0.1, "label_smoothing": 0.1, "scheme": "bio"}},
    ],
)
def test_what_has_no_say_in_logits_keeps_no_text_whole(tables):
    recipe = recipes.parse({"head": {"name": "classification"}, **tables})
    assert can_be_read_in_pieces(recipe)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_sentences_with_models_of_characters_are_read_whole(drawn, pieces, runtime):
    sizes = {"vocab_size": 9, "vector_size": 3, "hidden_size": 4}
    section = {"forward": "f", "backward": "b", **sizes}
    bundle = drawn(head={"name": "tagging"}, contextual=section)
    assert not can_be_read_in_pieces(bundle.recipe)
    read = sentence(np.random.default_rng(0), 40, bundle.recipe.contextual)
    given = [replace(text, **read) for text in texts(40, tokens=True)]
    run = runtime(bundle, threads=1)
    (before,) = run.logits(given)
    pieces()
    np.testing.assert_array_equal(run.logits(given)[0], before)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_answer_does_not_depend_on_what_else_is_asked(drawn, pieces, runtime):
    encoder = {"hidden_size": 6, "bidirectional": True}
    run = runtime(drawn(encoder=encoder, embedding={"size": 4}, head=ATTENTION), threads=1)
    pieces()
    given = texts(23, 3, 12, 23, 5, tokens=False)
    together = run.logits(given)
    for index in (0, 2, 3):
        np.testing.assert_array_equal(run.logits([given[index]])[0], together[index])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_text_that_is_not_longer_is_read_at_once(drawn, pieces, monkeypatch, runtime):
    run = runtime(drawn(embedding={"size": 4}, head=ATTENTION), threads=1)
    pieces()
    read = []
    monkeypatch.setattr(LongTexts, "logits", lambda _, text: read.append(len(text)))
    run.logits(texts(10, 9, 10, 11, tokens=False))
    assert read == [11]


class Sums(Cells):
    """Layers that add up all that they read; notes what it is given."""

    def __init__(self) -> None:
        self.runs: list[tuple[int, list[int]]] = []

    def vectors(self, piece: Encoded) -> np.ndarray:
        return piece.ids[:, np.newaxis].astype(np.float32)

    def initial_state(self, cell: int) -> tuple[np.ndarray, ...]:
        return (np.zeros((1, 1), np.float32),)

    def run(self, cell, x, state):
        self.runs.append((cell, x[:, 0].tolist()))
        order = -1 if cell % 2 else 1
        steps = state[0] + x.sum(axis=1, keepdims=True)[::order].cumsum(axis=0)
        return steps[::order], (steps[-1:],)


class Noted(Gathering):
    def __init__(self) -> None:
        self.taken: list[tuple[int, bool, list[list[float]]]] = []

    def add(self, steps, start, *, back=False):
        self.taken.append((start, back, steps.tolist()))

    def logits(self):
        return np.zeros(0)


class Notes(Gatherer):
    def __init__(self, *, together: bool) -> None:
        self.together, self.noted = together, Noted()

    def begin(self, text):
        return self.noted


def read(monkeypatch, *, together: bool, directions: int = 2):
    monkeypatch.setattr(chunks, "PIECE", 2)
    cells, head = Sums(), Notes(together=together)
    text = Encoded(np.array([1, 2, 3, 4, 5], np.int32))
    LongTexts(cells, head, layers=1, directions=directions).logits(text)
    return cells.runs, head.noted.taken


def test_each_direction_is_read_once_where_the_head_takes_them_apart(monkeypatch):
    runs, taken = read(monkeypatch, together=False)
    assert runs == [
        *((0, [1, 2]), (0, [3, 4]), (0, [5])),
        *((1, [5]), (1, [3, 4]), (1, [1, 2])),
    ]
    assert taken == [
        *((0, False, [[1], [3]]), (2, False, [[6], [10]]), (4, False, [[15]])),
        *((4, True, [[5]]), (2, True, [[12], [9]]), (0, True, [[15], [14]])),
    ]


def test_the_backward_direction_is_read_twice_where_both_are_wanted_at_once(monkeypatch):
    runs, taken = read(monkeypatch, together=True)
    assert [cell for cell, _ in runs] == [1, 1, 1, 0, 1, 0, 1, 0, 1]
    assert taken == [
        (0, False, [[1, 15], [3, 14]]),
        (2, False, [[6, 12], [10, 9]]),
        (4, False, [[15, 5]]),
    ]


def test_one_direction_is_read_once(monkeypatch):
    runs, taken = read(monkeypatch, together=True, directions=1)
    assert [cell for cell, _ in runs] == [0, 0, 0]
    assert taken[-1] == (4, False, [[15]])


def test_what_is_unknown_of_a_recipe_has_the_text_read_at_once(drawn, pieces, monkeypatch):
    bundle = drawn(embedding={"size": 4}, head={"name": "classification"})
    assert can_be_read_in_pieces(bundle.recipe)
    known = chunks._KNOWN_ENCODER - {"bidirectional"}
    monkeypatch.setattr(chunks, "_KNOWN_ENCODER", known)
    assert can_be_read_in_pieces(bundle.recipe)  # it has its default
    other = drawn(encoder={"bidirectional": True}, head={"name": "classification"})
    assert not can_be_read_in_pieces(other.recipe)
    monkeypatch.setattr(LongTexts, "logits", lambda *_: pytest.fail("read in pieces"))
    pieces()
    for runtime in RUNTIMES:
        assert runtime(other, threads=1).logits(texts(20, tokens=False))[0].shape == (3,)


def test_weights_that_changed_since_are_not_mixed_with_the_old(drawn, pieces):
    tables = {"embedding": {"size": 4}, "head": {"name": "classification"}}
    run = OnnxRuntime(drawn(**tables), threads=1)
    pieces()
    drawn(**tables, encoder={"layers": 2})
    assert len(run.logits(texts(9, tokens=False))) == 1
    with pytest.raises(BundleError, match="has changed"):
        run.logits(texts(11, tokens=False))


#: Tells by how many MiB the most memory grows from a text of some thousand words to a long one.
GROWTH = """
import resource, sys
from pathlib import Path
import numpy as np
from seqkit.bundle.load import open_bundle
from seqkit.encoding import Encoded
from seqkit.runtimes.choice import choose

run = choose(open_bundle(Path(sys.argv[1])), sys.argv[2], threads=1)
most = []
for words in (20_000, 100_000):
    run.logits([Encoded(np.ones(words, np.int32))])
    most.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print((most[1] - most[0]) / (2**20 if sys.platform == "darwin" else 2**10))
"""


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_memory_does_not_grow_with_the_text(tiny, tmp_path, runtime):
    encoder = {"hidden_size": 32, "bidirectional": True}
    path = tiny.train(
        "classification", tmp_path / "m", encoder=encoder, training={"epochs": 1}
    ).path
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(path), runtime],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "SEQKIT_LOAD_PLUGINS": ""},
    )
    # the outputs of all steps alone, of which there would be more than one copy, take 20 MiB more
    assert float(done.stdout) < 12


def test_a_state_that_is_carried_is_the_cells_own(drawn):
    sizes = {"embedding": {"size": 4}, "encoder": {"hidden_size": 6, "bidirectional": True}}
    network = TorchRuntime(drawn(**sizes, head=ATTENTION), threads=1).network
    x = torch.randn(5, 1, network.embedding.output_size)
    whole, end = network.encoder.run_cell(1, x, network.encoder.cells[1].initial_state(1))
    later, state = network.encoder.run_cell(1, x[3:], network.encoder.cells[1].initial_state(1))
    first, state = network.encoder.run_cell(1, x[:3], state)
    torch.testing.assert_close(torch.cat([first, later]), whole)
    torch.testing.assert_close(state, end)
