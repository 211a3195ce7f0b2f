"""Integrated gradients: by hand on linear models, and complete on real ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqkit import api
from seqkit.attribution import MOST_STEPS, MOST_TOKENS, Explainer, integrate
from seqkit.encoding import ExampleEncoder
from seqkit.errors import UsageError
from seqkit.examples import TextExample, TokensExample
from seqkit.nn.embedding import Embedding
from seqkit.reports import tolerance

TEXT = "my cat saw the dog there, unheard of"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def classifier(tiny, folder):
    head = {"pooling": "max", "ngrams": 2, "ngram_buckets": 64, "ngram_share": 0.4}
    encoder = {"bidirectional": True}
    training = {"epochs": 4, "learning_rate": 0.05}
    return tiny.train(
        "classification", folder / "classifier", head=head, encoder=encoder, training=training
    )


@pytest.fixture(scope="module")
def tagger(tiny, folder):
    tokenizer = {"name": "word", "affixes": 2, "affix_buckets": 64}
    embedding = {"feature_size": 4}
    return tiny.train("tagging", folder / "tagger", tokenizer=tokenizer, embedding=embedding)


class TestIntegral:
    def test_of_smooth_parts(self):
        # F(a) = a^3 + 2 a
        found, before, after, steps = integrate(
            lambda a: a**3 + 2 * a, lambda a: np.stack([3 * a**2, 0 * a + 2])
        )
        assert found.tolist() == pytest.approx([1, 2])
        assert (before, after, steps) == (0, 3, 32)

    def test_a_steep_rise_gets_steps_where_it_is(self):
        asked = []

        def slopes(a):
            asked.extend(a)
            return 2000 * (1 - np.tanh(2000 * (a - 0.3)) ** 2) * np.array([[0.75], [0.25]])

        found, before, after, steps = integrate(lambda a: np.tanh(2000 * (a - 0.3)), slopes)
        assert after - before == pytest.approx(2)
        assert found.tolist() == pytest.approx([1.5, 0.5], abs=0.02)
        assert steps == len(asked) < MOST_STEPS
        assert np.mean(np.abs(np.array(asked) - 0.3) < 0.05) > 0.5

    def test_of_a_jump_nothing_is_shared_out(self):
        # F(a) = 2 a, and 1 more from 0.3 on
        found, before, after, steps = integrate(
            lambda a: 2 * a + (a > 0.3), lambda a: np.full((1, len(a)), 2.0)
        )
        assert (before, after) == (0, 3)
        assert found.tolist() == pytest.approx([2], abs=1e-6)
        assert steps < 250  # it is cut no more where it is too narrow

    def test_slopes_met_on_a_jump_are_left_out(self):
        found, _, _, _ = integrate(
            lambda a: 2 * a + (a > 0.3), lambda a: 2 + 1e9 * (abs(a - 0.3) < 1e-5)[np.newaxis]
        )
        assert found.tolist() == pytest.approx([2], abs=0.001)

    def test_steps_end(self):
        rng = np.random.default_rng(0)
        _, _, _, steps = integrate(
            lambda a: rng.normal(size=len(a)), lambda a: np.ones((1, len(a)))
        )
        assert steps <= MOST_STEPS


class Linear(nn.Module):
    """``sum_t w . x_t + b`` of what the embedding gives, whose rows are known."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embedding = Embedding(vocab_size, 2)
        self.embedding.weight.data = torch.arange(2.0 * vocab_size).view(-1, 2)
        self.head = nn.Module()
        self.head.credit = lambda ids: None
        self.reads_ids = False

    def from_vectors(self, x, ids, lengths):
        assert ids.shape == x.shape[:2]
        assert lengths.tolist() == [len(x)] * x.shape[1]
        return (x @ torch.tensor([1.0, -2.0])).sum(0).unsqueeze(1) + 0.5


def test_a_linear_model_by_hand(classifier, monkeypatch):
    bundle = classifier._engine.bundle
    encoder = ExampleEncoder(bundle.tokenizer, bundle.decoder, "many-to-one", bundle.recipe.encoder)
    explainer = Explainer(bundle, encoder)
    monkeypatch.setattr(explainer, "_network", Linear(bundle.tokenizer.vocab_size))
    found = explainer.explain(TextExample("the cat", ""), "y")
    # row i is (2i, 2i + 1), and w . x = 2i - 2 (2i + 1) = -2i - 2
    ids = bundle.tokenizer.encode_ids("the cat")
    assert [w.share for w in found.words] == pytest.approx([-2 * i - 2 for i in ids])
    assert found.baseline == pytest.approx(0.5)
    assert found.logit == pytest.approx(0.5 + sum(-2 * i - 2 for i in ids))
    assert found.residual == pytest.approx(0, abs=1e-4)
    other = explainer.explain(TextExample("the cat", ""), "n")
    assert [w.share for w in other.words] == pytest.approx([2 * i + 2 for i in ids])


def complete(found):
    told = found.baseline + sum(w.share for w in found.words) + found.residual
    assert told == pytest.approx(found.logit, abs=1e-4)
    assert abs(found.residual) <= tolerance(found.logit - found.baseline)
    assert all(found.text[w.start : w.end] == w.text for w in found.words)


def logits_of(model, text):
    """What the runtime gives for a text alone."""
    engine = model._engine
    example = engine.encoder.encode(TextExample(text, ""), with_target=False)
    return engine.runtime.logits([example])[0]


class TestCompleteness:
    def test_of_two_labels_beside_ngrams(self, classifier):
        answer = classifier.classify(TEXT)
        found = classifier.explain(TEXT)
        complete(found)
        assert found.label == answer.label
        odds = answer.probability / (1 - answer.probability)
        assert found.logit == pytest.approx(np.log(odds), abs=1e-4)
        assert [w.text for w in found.words] == TEXT.replace(",", " ,").split()
        other = classifier.explain(TEXT, label="n" if answer.label == "y" else "y")
        assert [w.share for w in other.words] == pytest.approx([-w.share for w in found.words])

    def test_of_one_tag_among_several(self, tagger):
        words = ["my", "cat", "ran"]
        found = tagger.explain(words, word=2)
        complete(found)
        assert found.label == tagger.tag(" ".join(words)).tokens[2].tag
        assert (found.text, [w.text for w in found.words]) == ("my cat ran", words)
        assert tagger.explain("my cat ran", word=2) == found

    @pytest.mark.parametrize("characters", ["cnn", "recurrent"])
    def test_of_words_whose_characters_are_read(self, tiny, folder, characters):
        embedding = {"characters": characters, "character_size": 4}
        model = tiny.train("tagging", folder / characters, embedding=embedding)
        found = model.explain("my cat ran", word=1)
        complete(found)
        logits = logits_of(model, "my cat ran")
        assert found.logit == pytest.approx(logits[1, model.labels.index(found.label)], abs=1e-5)

    def test_of_sentences_whose_characters_are_read_in_a_document(self, tiny, folder):
        tiny.train("generation", folder / "forward")
        tiny.train("generation", folder / "backward", encoder={"reversed": True})
        pair = {way: str(folder / way) for way in ("forward", "backward")}
        out, encoder = folder / "contextual", {"context": 3, "bidirectional": True}
        model = tiny.train("tagging", out, contextual=pair, encoder=encoder)
        found = model.explain("my cat ran", word=1)
        complete(found)
        logits = logits_of(model, "my cat ran")
        assert found.logit == pytest.approx(logits[1, model.labels.index(found.label)], abs=1e-5)
        around = TokensExample(("my", "cat", "ran"), "", before=("we", "saw"), after=("so",))
        placed = model.explain(around, label=found.label, word=1)
        complete(placed)
        assert [w.text for w in placed.words] == ["my", "cat", "ran"]
        assert placed.logit != pytest.approx(found.logit, abs=1e-5)

    def test_of_a_bag_of_ngrams_is_exact(self, tiny, folder):
        tables = tiny.tables("classification", head={"name": "nbsvm"})
        model = api.train({k: tables[k] for k in ("corpus", "head")}, out=folder / "nbsvm")
        found = model.explain(TEXT, label="y")
        complete(found)
        assert (found.residual, found.steps) == (pytest.approx(0, abs=1e-6), 0)
        head = model._engine.explainer._network.head
        assert found.baseline == pytest.approx(float(head.ngrams.bias[0]), abs=1e-5)
        assert found.logit == pytest.approx(float(logits_of(model, TEXT)[0]), abs=1e-5)
        shares = [w.share for w in model.explain(TEXT, label="n").words]
        assert shares == pytest.approx([-w.share for w in found.words])

    def test_of_several_labels_in_characters_without_vectors(self, tiny, folder):
        rows = [{"text": t, "label": t.split()} for t in ("cat park", "cat", "park", "cat cat")]
        files = [tiny.write("several.jsonl", rows)]
        model = tiny.train(
            "classification",
            folder / "several",
            corpus={"train": files, "dev": files},
            tokenizer={"name": "char"},
            embedding={"size": 0},
            head={"multi_label": True, "pooling": "attention"},
            encoder={"max_tokens": 6, "keep": "end"},
        )
        found = model.explain("cat  park", label="park")
        complete(found)
        # six characters are read, the space before a word as part of it
        assert [w.text for w in found.words] == ["park"]
        assert [w.text for w in model.explain("cat at").words] == ["cat", "at"]


def test_what_the_ngrams_bring_is_shared_out_without_a_sum(tiny, folder, classifier):
    network = classifier._engine.explainer._network
    ids = torch.tensor(classifier._engine.bundle.tokenizer.encode_ids(TEXT))
    credit = network.head.credit(ids)
    direct = network.head.directly(ids.unsqueeze(1), torch.tensor([len(ids)]))
    bias = 0.4 * network.head.ngrams.bias
    torch.testing.assert_close(credit.sum(0), (direct - bias)[0])
    assert (
        tiny.train("classification", folder / "plain")._engine.explainer._network.head.credit(ids)
        is None
    )


def test_what_can_not_be_explained(tiny, folder, classifier, tagger):
    with pytest.raises(UsageError, match="no label 'z'"):
        classifier.explain("cat", label="z")
    with pytest.raises(UsageError, match="no token"):
        classifier.explain(" ")
    with pytest.raises(UsageError, match="too long"):
        classifier.explain("cat " * (MOST_TOKENS + 1))
    with pytest.raises(UsageError, match="Leave it out"):
        classifier.explain("cat", word=0)
    with pytest.raises(UsageError, match="The word is missing"):
        tagger.explain("a cat")
    with pytest.raises(UsageError, match="words are 0 to 1"):
        tagger.explain("a cat", word=2)
    writer = tiny.train("generation", folder / "writer", training={"epochs": 1})
    with pytest.raises(UsageError, match="can't be explained"):
        writer.explain("a")


def test_a_closed_model_explains_nothing(classifier):
    with api.load(classifier.path) as model:
        model.explain("cat")
    with pytest.raises(UsageError, match="is closed"):
        model.explain("cat")
