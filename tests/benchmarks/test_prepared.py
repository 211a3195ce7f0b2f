"""What every contender reads is the corpus as seqkit reads and splits it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import prepared
from seqkit.errors import DataError


def test_reviews_are_ids_and_words_of_the_same_split(miniatures):
    folder = prepared.imdb(quick=False)
    data = np.load(folder / "ids.npz")
    assert len(data["train_labels"]) == len(data["train_lengths"]) == 16
    assert len(data["dev_labels"]) == 4
    assert len(data["train_ids"]) == data["train_lengths"].sum()
    assert data["train_ids"].max() < data["vocab_size"]
    train, dev = ((folder / f"{s}.txt").read_text().splitlines() for s in ("train", "dev"))
    assert (len(train), len(dev)) == (16, 4)
    assert set(train).isdisjoint(dev)
    positive = [line for line in train if line.startswith("__label__pos lovely film , lovely end")]
    assert len(positive) == data["train_labels"].sum()


def test_reviews_of_one_label_do_not_stand_together(miniatures):
    lines = (prepared.imdb(quick=False) / "train.txt").read_text().splitlines()
    labels = [line.split()[0] for line in lines]
    assert labels != sorted(labels)


def test_characters_are_ids_in_their_order(miniatures):
    folder = prepared.tinyshakespeare(quick=False)
    data = np.load(folder / "ids.npz")
    assert (folder / "train.txt").read_text() == "abcabcabd\n" * 9
    assert (folder / "dev.txt").read_text() == "abcabcabd\n"
    assert data["dev"].tolist() == [1, 2, 3, 1, 2, 3, 1, 2, 4, 0]
    assert data["vocab_size"] == 5


def test_tagged_sentences_are_a_word_a_line(miniatures):
    folder = prepared.ewt(quick=False)
    assert (folder / "train.tsv").read_text() == "Birds\tNOUN\nsing\tVERB\n\n" * 6
    assert (folder / "dev.tsv").read_text() == "Birds\tNOUN\nsing\tVERB\n\n" * 2


@pytest.mark.parametrize("corpus", ["imdb", "tinyshakespeare", "ewt"])
def test_seqkit_is_given_the_corpus_itself(miniatures, corpus):
    name = {"ewt": "ud-english-ewt"}.get(corpus, corpus)
    folder = getattr(prepared, corpus)(quick=False)
    assert (folder / prepared.CORPUS).resolve() == (miniatures / name).resolve()


def test_a_short_corpus_has_the_layout_of_the_whole(miniatures, monkeypatch):
    monkeypatch.setattr(prepared, "_REVIEWS", 10)
    monkeypatch.setattr(prepared, "_CHARACTERS", 20)
    monkeypatch.setattr(prepared, "_SENTENCES", 4)
    reviews = prepared.imdb(quick=True)
    assert len((reviews / "train.txt").read_text().splitlines()) == 8
    assert len(list((reviews / prepared.CORPUS).glob("aclImdb/train/*/*.txt"))) == 10
    plays = prepared.tinyshakespeare(quick=True)
    assert (plays / prepared.CORPUS / "input.txt").read_text() == "abcabcabd\n" * 2
    assert (plays / "dev.txt").read_text() == "d\n"
    sentences = prepared.ewt(quick=True)
    assert (sentences / "train.tsv").read_text().count("\n\n") == 4
    assert (sentences / "dev.tsv").read_text().count("\n\n") == 1


def test_it_is_prepared_once_and_anew_when_the_corpus_changes(miniatures):
    before = prepared.tinyshakespeare(quick=False)
    (before / "mark").touch()
    assert (prepared.tinyshakespeare(quick=False) / "mark").exists()
    (miniatures / "tinyshakespeare" / "input.txt").write_text("xyz" * 50)
    after = prepared.tinyshakespeare(quick=False)
    assert after != before
    assert not before.exists()
    assert (after / "train.txt").read_text().startswith("xyz")


def test_a_missing_corpus_is_named_with_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQKIT_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DataError) as caught:
        prepared.ewt(quick=True)
    assert "seqkit corpora fetch ud-english-ewt" in str(caught.value)
    assert "SEQKIT_DATA" in str(caught.value)
