"""The readers on real corpora, where they are at hand: sizes as counted by others."""

from __future__ import annotations

from collections import Counter

import pytest

from seqkit.readers import (
    ColumnsOptions,
    ConlluOptions,
    LabelDirectoriesOptions,
    TableOptions,
    TextOptions,
)
from seqkit.readers.columns import ColumnsReader
from seqkit.readers.conllu import ConlluReader
from seqkit.readers.directories import LabelDirectoriesReader
from seqkit.readers.table import TsvReader
from seqkit.readers.text import TextReader


@pytest.mark.parametrize(
    ("name", "sentences", "words"),
    [
        ("ud-english-ewt/en_ewt-ud-train.conllu", 12_544, 204_577),
        ("ud-english-ewt/en_ewt-ud-dev.conllu", 2_001, 25_147),
        ("ud-french-sequoia/fr_sequoia-ud-train.conllu", 2_231, 50_502),
        ("ud-french-sequoia/fr_sequoia-ud-dev.conllu", 412, 9_999),
    ],
)
def test_universal_dependencies_round_trip(shared_data, name, sentences, words):
    reader = ConlluReader(ConlluOptions())
    examples = list(reader.read(shared_data / name))
    assert (len(examples), sum(len(e.tokens) for e in examples)) == (sentences, words)
    written = "".join(reader.write(example, example.tags) for example in examples)
    assert written.encode() == (shared_data / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "sentences", "entities"),
    [("wnut17/wnut17train.conll", 3_394, 1_975), ("wnut17/emerging.dev.conll", 1_009, 836)],
)
def test_emerging_entities_round_trip(shared_data, name, sentences, entities):
    reader = ColumnsReader(ColumnsOptions(separator="tab"))
    examples = list(reader.read(shared_data / name))
    begun = sum(tag.startswith("B-") for example in examples for tag in example.tags)
    assert (len(examples), begun) == (sentences, entities)
    written = "".join(reader.write(example, example.tags) for example in examples)
    assert written.encode() == (shared_data / name).read_bytes()


def test_emotions(shared_data):
    options = TableOptions(
        header=False,
        quoting=False,
        text="1",
        label="2",
        label_separator=",",
        labels_file="labels.txt",
    )
    counts = Counter()
    for name, rows in [("train.tsv", 43_410), ("dev.tsv", 5_426)]:
        labels = [
            example.labels for example in TsvReader(options).read(shared_data / "goemotions" / name)
        ]
        assert len(labels) == rows
        counts.update(len(set(held)) for held in labels)
    assert set(counts) == {1, 2, 3, 4, 5}


def test_short_messages(shared_data):
    options = TableOptions(header=False, quoting=False, text="2", label="1")
    examples = TsvReader(options).read(shared_data / "smsspam" / "SMSSpamCollection")
    assert Counter(example.labels for example in examples) == {("ham",): 4_827, ("spam",): 747}


def test_plain_text(shared_data):
    path = shared_data / "tinyshakespeare" / "input.txt"
    (whole,) = TextReader(TextOptions()).read(path)
    assert (len(whole.text), len(set(whole.text))) == (1_115_394, 65)


def test_lines_of_plain_text(shared_data):
    path = shared_data / "wikitext-2" / "wiki.train.tokens"
    lines = [example.text.split() for example in TextReader(TextOptions(unit="line")).read(path)]
    assert (len(lines), sum(len(words) + 1 for words in lines)) == (36_718, 2_088_628)


def test_the_review_archive_is_read_in_place(shared_data):
    reader = LabelDirectoriesReader(LabelDirectoriesOptions(labels=("neg", "pos")))
    folder = shared_data / "imdb" / "aclImdb_train.tar.gz" / "aclImdb" / "train"
    counts = Counter(example.labels for example in reader.read(folder) if example.text)
    assert counts == {("neg",): 12_500, ("pos",): 12_500}
