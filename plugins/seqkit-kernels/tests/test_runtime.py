"""The compiled runtime beside torch's: the same logits, whatever the network."""

import shutil
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from seqkit_kernels.runtime import CompiledRuntime

from seqkit import api
from seqkit.bundle.load import open_bundle
from seqkit.contextual import sentence
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.runtimes.torch import TorchRuntime
from seqkit.spelling import drawn
from seqkit.testing import tiny
from seqkit.testing.parity import require_close

CELLS = {
    "lstm": {"name": "lstm"},
    "gru": {"name": "gru"},
    "tanh": {"name": "rnn"},
    "relu": {"name": "rnn", "activation": "relu"},
}
NETWORKS = {
    "one direction": {"encoder": {"hidden_size": 8}},
    "layers both ways": {"encoder": {"hidden_size": 19, "layers": 2, "bidirectional": True}},
    "one-hot": {"embedding": {"size": 0}, "encoder": {"hidden_size": 16, "bidirectional": True}},
    "mean": {"head": {"pooling": "mean"}, "encoder": {"bidirectional": True}},
    "max": {"head": {"pooling": "max"}},
    "attention": {"head": {"pooling": "attention"}},
    "concat": {"head": {"pooling": "concat", "ngrams": 2}, "encoder": {"bidirectional": True}},
    "n-grams": {"head": {"ngrams": 2, "ngram_buckets": 64}},
    "features": {"embedding": {"feature_size": 5}, "tokenizer": {"affixes": 3}},
    "filters": {"embedding": {"characters": "cnn", "character_size": 5}},
    "wide filters beside features": {
        "embedding": {"characters": "cnn", "character_width": 5, "feature_size": 5},
        "tokenizer": {"affixes": 3},
    },
    "cells over characters": {"embedding": {"characters": "recurrent", "character_size": 38}},
}


def examples(bundle, *lengths):
    rng = np.random.default_rng(0)
    tokenizer = bundle.tokenizer
    return [
        Encoded(
            rng.integers(1, tokenizer.vocab_size, n, dtype=np.int32),
            features=rng.integers(
                0, tokenizer.feature_buckets, (n, tokenizer.feature_count), dtype=np.int32
            )
            if tokenizer.feature_count
            else None,
            steps=np.arange(n) if bundle.manifest.task == "tagging" else None,
            characters=drawn(rng, n) if bundle.recipe.embedding.spells else None,
            **sentence(rng, n, bundle.recipe.contextual),
        )
        for n in lengths
    ]


def close(got, expected):
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


LENGTHS = (5, 1, 30, 5, 2, 1, 1, 12, 40)


def test_sentences_in_their_document(made):
    bundle = made("tagging", encoder={"context": 3, "bidirectional": True}, head={"crf": True})
    sentences = [["the", "cat"], ["ran"], ["the", "the", "cat", "ran"], []]
    found = []
    for runtime in ("compiled", "torch"):
        with api.load(bundle.path, runtime=runtime) as model:
            answers = model.tag(sentences, document=True)
            found.append([[(t.tag, t.probability) for t in a.tokens] for a in answers])
    assert [len(tokens) for tokens in found[0]] == [2, 1, 4, 0]
    for compiled, by_torch in zip(*found, strict=True):
        assert [tag for tag, _ in compiled] == [tag for tag, _ in by_torch]
        assert [p for _, p in compiled] == pytest.approx([p for _, p in by_torch], rel=1e-4)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_texts_get_the_logits_that_torch_gives(level, made, cell, network, monkeypatch):
    bundle = made("classification", cell=cell, **network)
    texts = examples(bundle, *LENGTHS)
    expected = TorchRuntime(bundle).logits(texts)
    close(CompiledRuntime(bundle).logits(texts), expected)
    monkeypatch.setattr("seqkit_kernels.network.LARGEST_TABLE", 0)
    close(CompiledRuntime(bundle).logits(texts), expected)
    assert CompiledRuntime(bundle).logits([]) == []


def test_a_head_of_n_grams_alone_gets_the_logits_that_torch_gives(tmp_path):
    head = {"name": "nbsvm", "ngram_buckets": 64}
    bundle = open_bundle(tiny.train("classification", tmp_path / "model", head=head))
    texts = examples(bundle, *LENGTHS)
    assert CompiledRuntime.obstacle(bundle) == ""
    close(CompiledRuntime(bundle).logits(texts), TorchRuntime(bundle).logits(texts))
    assert CompiledRuntime(bundle).logits([]) == []


@pytest.mark.parametrize("how", ["cnn", "recurrent"])
def test_words_that_are_read_in_parts_get_the_same_vectors(made, how, monkeypatch):
    bundle = made("tagging", embedding={"characters": how, "character_size": 6})
    sentences = examples(bundle, *LENGTHS)
    expected = CompiledRuntime(bundle).logits(sentences)
    close(expected, TorchRuntime(bundle).logits(sentences))
    monkeypatch.setattr("seqkit_kernels.characters._AT_ONCE", 7)
    for got, wanted in zip(CompiledRuntime(bundle).logits(sentences), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.fixture(scope="module")
def over_characters(made):
    """Makes a tagger over two models of characters: ``over_characters(size, cell)``."""

    def make(size, cell, **changes):
        sizes = {"hidden_size": 19}
        forward = made("generation", cell=cell, encoder=sizes)
        backward = made("generation", cell=cell, encoder={**sizes, "reversed": True})
        names = {"forward": str(forward.path), "backward": str(backward.path)}
        return made("tagging", cell=cell, contextual={**names, "size": size}, **changes)

    return make


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("size", [0, 5])
def test_sentences_are_read_as_torch_reads_them(over_characters, cell, size, monkeypatch):
    beside = {"embedding": {"size": 6, "characters": "cnn", "character_size": 5}}
    bundle = over_characters(size, cell, encoder={"bidirectional": True}, **beside)
    assert CompiledRuntime.obstacle(bundle) == ""
    sentences = examples(bundle, *LENGTHS)
    expected = CompiledRuntime(bundle, threads=2).logits(sentences)
    for got, wanted in zip(expected, TorchRuntime(bundle).logits(sentences), strict=True):
        require_close(got, wanted, "the logits", 1e-5)  # of relu's some are large
    monkeypatch.setattr("seqkit_kernels.contextual._AT_ONCE", 20)
    for got, wanted in zip(CompiledRuntime(bundle).logits(sentences), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "concat"])
def test_an_answer_depends_neither_on_what_was_asked_before_nor_on_its_neighbours(made, pooling):
    bundle = made(
        "classification", encoder={"bidirectional": True}, head={"pooling": pooling, "ngrams": 2}
    )
    texts = examples(bundle, *(LENGTHS * 8))
    run = CompiledRuntime(bundle, threads=2)
    together = run.logits(texts)
    for text, logits in zip(texts[:9], together, strict=False):
        np.testing.assert_array_equal(CompiledRuntime(bundle).logits([text])[0], logits)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("crf", [False, True])
def test_tokens_get_the_logits_that_torch_gives(level, made, cell, crf):
    stack = {"layers": 2, "bidirectional": True}
    bundle = made("tagging", cell={"name": cell}, encoder=stack, head={"crf": crf})
    sentences = examples(bundle, *LENGTHS)
    close(CompiledRuntime(bundle).logits(sentences), TorchRuntime(bundle).logits(sentences))


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize(
    "changes",
    [
        {"encoder": {"layers": 2}},
        {"embedding": {"size": 0}},
        {"head": {"tie_weights": True}},
        {"head": {"tie_weights": True}, "encoder": {"hidden_size": 6}},
    ],
    ids=["layers", "one-hot", "projection", "tied"],
)
@pytest.mark.parametrize("table", [0, 1 << 20])
def test_a_state_goes_on_as_torchs_does(level, made, cell, changes, table, monkeypatch):
    monkeypatch.setattr("seqkit_kernels.network.LARGEST_TABLE", table)
    bundle = made("generation", cell=cell, **changes)
    run, torch = CompiledRuntime(bundle), TorchRuntime(bundle)
    ids = np.random.default_rng(0).integers(1, bundle.tokenizer.vocab_size, (7, 3))
    lengths = np.array([7, 1, 4])
    got, state = run.advance(ids, lengths, run.initial_state(3))
    kept = state.copy()
    expected, torchs = torch.advance(ids, lengths, torch.initial_state(3))
    close(got, expected)
    rows, ones = [2, 0, 0, 1], np.ones(4, dtype=np.int64)
    got, _ = run.advance(ids[:1, [0, 1, 2, 0]], ones, run.select(state, rows))
    expected, _ = torch.advance(ids[:1, [0, 1, 2, 0]], ones, torch.select(torchs, rows))
    close(got, expected)
    np.testing.assert_array_equal(state, kept)
    parts = [run.select(state, [0]), run.select(state, [1, 2])]
    np.testing.assert_array_equal(run.join(parts), state)


def test_several_threads_share_a_large_model(level, made):
    bundle = made("generation", encoder={"hidden_size": 300, "layers": 2})
    ids = np.array([[3, 4]])
    ones = np.ones(2, dtype=np.int64)
    results = []
    for threads in (1, 3, 2):
        run = CompiledRuntime(bundle, threads=threads)
        results.append(run.advance(ids, ones, run.initial_state(2))[0])
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize("threads", [1, 2])
def test_calls_at_once_give_what_they_give_alone(made, threads):
    bundle = made("classification", encoder={"hidden_size": 40, "bidirectional": True})
    texts = examples(bundle, *(LENGTHS * 20))
    run = CompiledRuntime(bundle, threads=threads)
    expected = TorchRuntime(bundle).logits(texts)
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(run.logits, [texts] * 8):
            close(got, expected)


def test_texts_written_at_once_are_those_written_alone(made):
    bundle = made("generation", encoder={"hidden_size": 300, "layers": 2})

    def write(run, first):
        ids, state, found = np.array([[first]]), run.initial_state(1), []
        for _ in range(30):
            logits, state = run.advance(ids, np.ones(1, dtype=np.int64), state)
            ids = logits.argmax(axis=1)[np.newaxis]
            found.append(logits[0])
        return found

    alone = [write(CompiledRuntime(bundle, threads=1), first) for first in range(1, 7)]
    run = CompiledRuntime(bundle, threads=2)
    with ThreadPoolExecutor(6) as pool:
        for got, expected in zip(
            pool.map(lambda n: write(run, n), range(1, 7)), alone, strict=True
        ):
            close(got, expected)


def test_a_process_that_was_forked_off_computes_with_threads_of_its_own(made):
    code = (
        "import os, sys, pathlib, numpy as np\n"
        "from seqkit.bundle.load import open_bundle\n"
        "from seqkit_kernels.runtime import CompiledRuntime\n"
        "run = CompiledRuntime(open_bundle(pathlib.Path(sys.argv[1])), threads=2)\n"
        "def first():\n"
        "    one = np.ones(1, dtype=np.int64)\n"
        "    return run.advance(np.array([[3]]), one, run.initial_state(1))[0]\n"
        "expected = first()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(0 if (first() == expected).all() else 7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    bundle = made("generation", encoder={"hidden_size": 300, "layers": 2})
    assert in_a_process(code, bundle) == "0"


def test_the_same_text_is_sampled_as_by_torch(made):
    path = made("generation", encoder={"hidden_size": 24, "layers": 2}).path
    for seed in range(3):
        texts = [
            api.load(path, runtime=runtime).generate("the ", tokens=200, random_seed=seed)[0].text
            for runtime in ("compiled", "torch")
        ]
        assert len(texts[0]) > 100
        assert texts[0] == texts[1]


def test_a_long_document_takes_little_memory(made):
    bundle = made("classification", head={"pooling": "max"}, encoder={"hidden_size": 64})
    (document,) = examples(bundle, 200_000)
    run = CompiledRuntime(bundle)
    tracemalloc.start()  # which numpy tells of its arrays
    (got,) = run.logits([document])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000 * 4 * 8  # a few numbers a token, and no vector of 64
    close([got], TorchRuntime(bundle).logits([document]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda w: w.update({"encoder.cells.0.W_hh": np.zeros((33, 8), np.float32)}),
            "W_hh is float32 (33, 8)",
        ),
        (lambda w: w.update({"head.output.bias": np.zeros(3, np.int64)}), "int64"),
        (lambda w: w.update({"stray": np.zeros(99, np.float32)}), "stray has no place"),
        (lambda w: w.update({"stray": w.pop("head.output.bias")}), "head.output.bias is missing"),
    ],
)
def test_weights_that_do_not_fit_are_damaged(made, tmp_path, change, said):
    path = shutil.copytree(made("classification").path, tmp_path / "m")
    weights = load_file(path / "weights.safetensors")
    change(weights)
    save_file(weights, path / "weights.safetensors")
    with pytest.raises(BundleError) as caught:
        CompiledRuntime(open_bundle(path))
    assert said in caught.value.why


@pytest.mark.parametrize("wrong", [-1, 10_000])
def test_ids_that_have_no_row_are_refused(made, wrong):
    run = CompiledRuntime(made("classification"))
    with pytest.raises(BundleError, match="ids not in"):
        run.logits([Encoded(np.array([3, wrong], dtype=np.int32))])
    run = CompiledRuntime(made("generation"))
    with pytest.raises(BundleError, match="ids not in"):
        run.advance(np.array([[wrong]]), np.array([1]), run.initial_state(1))


def test_what_it_can_not_run_is_said(made):
    assert CompiledRuntime.obstacle(made("classification")) == ""
    before = made("classification", cell={"name": "gru", "reset": "before"})
    assert "reset before" in CompiledRuntime.obstacle(before)


def test_it_predicts_where_there_is_no_torch(made):
    code = (
        "import sys, pathlib\n"
        "sys.modules['torch'] = None\n"
        "import seqkit\n"
        "model = seqkit.load(sys.argv[1], runtime='compiled')\n"
        "print(model.classify('a dog ran').label)"
    )
    bundle = made("classification")
    expected = api.load(bundle.path, runtime="torch").classify("a dog ran").label
    assert in_a_process(code, bundle) == expected


def in_a_process(code, bundle):
    """What a new Python prints that runs the code."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(bundle.path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_an_adaptive_softmax_is_an_obstacle(made):
    head = {"name": "generation", "softmax": "adaptive", "cutoffs": [4]}
    assert CompiledRuntime.obstacle(made("generation", head=head)) == "it has no adaptive softmax"
    assert CompiledRuntime.obstacle(made("generation")) == ""
