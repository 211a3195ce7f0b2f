"""The bag of words beside a model: its score, its bounds, and that it disturbs nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seqkit import api
from seqkit.decoding.classification import ClassificationDecoder
from seqkit.decoding.tagging import TaggingDecoder
from seqkit.encoding import Encoded
from seqkit.heads import ClassificationOptions, TaggingOptions
from seqkit.testing import tiny
from seqkit.training import baseline
from seqkit.training.baseline import bag_of_ngrams
from seqkit.training.events import Compared
from seqkit.training.store import Corpus, Packer


class Tokenizer:
    def __init__(self, vocab_size=5000, *, words=True):
        self.vocab_size, self.tokens_are_words = vocab_size, words


def packed(rows, dtype=np.int64):
    return Packer(
        Encoded(np.array(ids, dtype=np.int32), target=np.array(y, dtype=dtype)) for ids, y in rows
    ).examples()


def corpus(train, dev, dtype=np.int64):
    return Corpus(packed(train, dtype), packed(dev, dtype), packed([], dtype), 0, "")


TWO = ClassificationDecoder(ClassificationOptions(), ("bad", "good"))
#: The pair 3 4 is good, 4 3 is bad; no word tells.
TRAIN = [([3, 4], 1), ([4, 3], 0)] * 20


def test_it_knows_word_pairs_and_is_scored_on_the_development_data():
    # 7 is new to it, and the fourth of them is labelled wrong
    dev = [([7, 3, 4], 1), ([4, 3, 7], 0), ([3, 4], 1), ([4, 3], 1)]
    found = bag_of_ngrams(corpus(TRAIN, dev), Tokenizer(), TWO, random_seed=1)
    assert (found.name, found.metric) == ("a bag of words and word pairs", "accuracy")
    assert (found.score, found.train_examples) == (0.75, 40)


@pytest.mark.parametrize(
    ("tokenizer", "name", "score"),
    [
        (Tokenizer(100, words=False), "a bag of up to five characters", 1.0),
        (Tokenizer(8000, words=False), "a bag of tokens and token pairs", 0.5),
    ],
)
def test_its_groups_suit_the_tokens(tokenizer, name, score):
    # each word and pair of the two stands under both labels
    texts = [([3, 4, 5, 3, 4], 1), ([4, 5, 3, 4, 5, 3, 4], 1), ([5, 3, 4, 5], 0), ([3, 4], 0)]
    found = bag_of_ngrams(corpus(texts * 9, texts), tokenizer, TWO, random_seed=1)
    assert found.name == name
    assert found.score >= score


def test_it_has_no_score_without_development_data_or_for_another_task():
    nothing = Packer(iter(())).examples()
    unscored = Corpus(packed(TRAIN), nothing, nothing, 0, "")
    assert bag_of_ngrams(unscored, Tokenizer(), TWO, random_seed=1) is None
    tagger = TaggingDecoder(TaggingOptions(), ("a", "b"))
    assert bag_of_ngrams(corpus(TRAIN, TRAIN), Tokenizer(), tagger, random_seed=1) is None


def test_of_a_large_corpus_it_reads_texts_from_end_to_end(monkeypatch):
    monkeypatch.setattr(baseline, "_MOST_TOKENS", 10)
    chosen = baseline._chosen(corpus([([n], 0) for n in range(3, 53)], []), 1)
    assert [int(e.ids[0]) for e in chosen] == [3, 8, 13, 19, 24, 30, 35, 41, 46, 52]
    monkeypatch.setattr(baseline, "_MOST_MARKS", 12)
    assert len(baseline._chosen(corpus([([n], 0) for n in range(3, 53)], []), 6)) == 2


def test_each_of_several_labels_is_given_to_its_share_of_the_texts():
    logits = np.array([[0.1, -3.0], [-0.2, -1.0], [0.3, -2.0], [-0.4, -4.0]])
    held = baseline._proportional(logits, np.array([0.5, 0.3])) > 0
    # two of four, and one (1.2 of them)
    assert held.T.tolist() == [[True, False, True, False], [False, True, False, False]]


def test_several_labels_are_scored_by_macro_f1():
    decoder = ClassificationDecoder(ClassificationOptions(multi_label=True, threshold=0.9), "ab")
    rows = [([3, 4], [1, 1]), ([3], [1, 0]), ([4], [0, 1]), ([5], [0, 0])] * 5
    found = bag_of_ngrams(corpus(rows, rows, np.float32), Tokenizer(), decoder, random_seed=1)
    assert (found.metric, found.score) == ("macro_f1", 1.0)


class Seen(list):
    def on_event(self, event):
        self.append(event)


def test_a_model_is_the_same_with_and_without_it(tmp_path):
    given = tiny.write_corpus("classification", tmp_path)
    told = {}
    for wanted in (True, False):
        tables = tiny.tables("classification", given, training={"baseline": wanted})
        told[wanted] = Seen()
        api.train(tables, out=tmp_path / str(wanted), observers=[told[wanted]]).close()
    for name in ("weights.safetensors", "tokenizer/words.jsonl"):
        one, other = ((tmp_path / str(wanted) / name).read_bytes() for wanted in (True, False))
        assert one == other
    with_it, without = (
        json.loads((tmp_path / str(wanted) / "manifest.json").read_text())
        for wanted in (True, False)
    )
    assert with_it["scores"] == without["scores"]
    assert "baseline" not in without
    (event,) = [e for e in told[True] if isinstance(e, Compared)]
    assert (event.score, event.metric) == (1.0, "accuracy")
    assert with_it["baseline"]["score"] == 1.0
    assert not [e for e in told[False] if isinstance(e, Compared)]


def test_a_bag_of_words_is_not_held_against_itself(tmp_path):
    head = {"name": "nbsvm", "ngram_buckets": 100}
    bundle = tiny.train("classification", tmp_path / "model", head=head)
    assert "baseline" not in json.loads((bundle / "manifest.json").read_text())
