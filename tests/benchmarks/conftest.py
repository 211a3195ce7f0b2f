"""Corpora in miniature, laid out as the real ones are, and what programs of contenders share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[2] / "benchmarks" / "peers"

SENTENCE = "1\tBirds\t_\tNOUN\t_\t_\t_\t_\t_\t_\n2\tsing\t_\tVERB\t_\t_\t_\t_\t_\t_\n\n"


@pytest.fixture
def miniatures(tmp_path, monkeypatch):
    """The folder of three small corpora, where seqkit finds them; the cache is beside it."""
    folder = tmp_path / "corpora"
    for label, word in (("neg", "Dull"), ("pos", "Lovely")):
        reviews = folder / "imdb" / "aclImdb" / "train" / label
        reviews.mkdir(parents=True)
        for number in range(10):
            (reviews / f"{number}.txt").write_text(f"{word} film, {word} ending {number}!")
    plays = folder / "tinyshakespeare"
    plays.mkdir()
    (plays / "input.txt").write_text("abcabcabd\n" * 10, newline="")
    words = folder / "ud-english-ewt"
    words.mkdir()
    (words / "en_ewt-ud-train.conllu").write_text(SENTENCE * 6)
    (words / "en_ewt-ud-dev.conllu").write_text(SENTENCE * 2)
    monkeypatch.setenv("SEQKIT_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def peer(monkeypatch):
    """Imports a module that the programs of contenders share."""

    def load(name):
        spec = importlib.util.spec_from_file_location(name, PEERS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load
