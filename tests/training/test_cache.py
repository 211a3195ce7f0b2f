"""What is kept of a corpus: used as long as it is right, made anew when it is not."""

from __future__ import annotations

import errno
import json
import logging
import os
import time
from pathlib import Path

import numpy as np
import pytest

from seqkit import api, corpora, lazy, registry
from seqkit import recipe as recipes
from seqkit.errors import DataError
from seqkit.examples import TokensExample
from seqkit.readers.base import stop_at_bad
from seqkit.testing import tiny
from seqkit.training import cache, places
from seqkit.training.batching import Examples
from seqkit.training.corpus import prepare
from seqkit.training.store import Corpus

TASKS = ("classification", "tagging", "generation")
AFFIXES = {"tokenizer": {"name": "word", "affixes": 2}}


class Prepared:
    """A recipe prepared once, and whether its text was read for it."""

    def __init__(self, tables: dict, monkeypatch, on_bad=stop_at_bad) -> None:
        recipe = recipes.parse(tables)
        sources = corpora.sources(recipe, base=Path())
        self.tokenizer = registry.load_target("tokenizer", recipe.tokenizer.name)(
            recipe.tokenizer.options
        )
        self.decoder = lazy.load(recipe.head_spec.decoder)(recipe.head.options)
        reads = []
        from seqkit.readers.files import read

        def spied(*args, **kwargs):
            reads.append(args)
            return read(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr("seqkit.training.corpus.read", spied)
            self.corpus: Corpus = prepare(
                recipe, sources, tokenizer=self.tokenizer, decoder=self.decoder, on_bad=on_bad
            )
        self.hit = not reads

    def content(self) -> list:
        """All of it, in values that can be compared."""
        splits = [
            {name: (a.dtype, a.shape, a.tobytes()) for name, a in split.arrays.items()}
            for split in (self.corpus.train, self.corpus.dev)
        ]
        names = [self.tokenizer.id_to_token(i) for i in range(self.tokenizer.vocab_size)]
        numbers = (self.corpus.dev_characters, self.corpus.digest)
        return [*splits, names, self.decoder.labels, *numbers]


@pytest.fixture
def own(tiny, tmp_path):
    """A folder of this test's own with the rows, and recipes that read them."""
    made = type(tiny)(tmp_path)
    old = time.time() - 60
    for file in tmp_path.iterdir():
        os.utime(file, (old, old))
    return made


@pytest.fixture
def run(monkeypatch):
    return lambda tables, **options: Prepared(tables, monkeypatch, **options)


def entries(folder: Path) -> list[Path]:
    return [path.parent for path in sorted(folder.glob(f"{places.BESIDE}/*/{cache.INDEX}"))]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("held_out", [True, False])
def test_what_is_kept_is_what_was_read(own, run, task, held_out):
    changes = AFFIXES if task == "tagging" else {}
    dev = [] if held_out else own.tables(task)["corpus"]["dev"]
    tables = own.tables(task, corpus={"dev": dev, "dev_fraction": 0.3}, **changes)
    without = run({**tables, "corpus": {**tables["corpus"], "cache": False}})
    assert entries(own.folder) == []
    first, second = run(tables), run(tables)
    assert [p.hit for p in (without, first, second)] == [False, False, True]
    assert without.content() == first.content() == second.content()
    assert len(entries(own.folder)) == 1
    if task == "generation":
        return
    batches = [
        [
            (b.ids.tolist(), b.targets.tolist())
            for b in Examples(p.corpus.train, batch_size=3).batches(np.random.default_rng([1, 0]))
        ]
        for p in (without, second)
    ]
    assert batches[0] == batches[1]


def test_arrays_are_mapped_from_the_entry(own, run):
    tables = own.tables("tagging")
    run(tables)
    array = run(tables).corpus.train.text
    assert isinstance(array.base, np.memmap)
    assert not array.flags.writeable


@pytest.mark.parametrize(
    "changes",
    [
        {"tokenizer": {"name": "char"}},
        {"tokenizer": {"name": "word", "lowercase": False}},
        {"encoder": {"max_tokens": 3}},
        {"corpus": {"dev": [], "dev_fraction": 0.5}},
        {"corpus": {"encoding": "latin-1"}},
        {"head": {"name": "classification", "multi_label": True}},
        {"embedding": {"size": 4, "characters": "cnn"}},
    ],
)
def test_what_decides_the_numbers_has_an_entry_of_its_own(own, run, changes):
    before = run(own.tables("classification"))
    other = run(own.tables("classification", **changes))
    assert not other.hit
    assert len(entries(own.folder)) == 2
    again = run(own.tables("classification"))
    assert again.hit
    assert again.content() == before.content()


@pytest.mark.parametrize("changes", [{"encoder": {"hidden_size": 4}}, {"random_seed": 5}])
def test_what_does_not_shares_it(own, run, changes):
    run(own.tables("classification"))
    assert run(own.tables("classification", **changes)).hit


@pytest.mark.parametrize("split", ["classification", "classification-dev"])
def test_a_changed_file_is_noticed(own, run, split):
    tables = own.tables("classification")
    run(tables)
    path = own.folder / f"{split}.jsonl"
    old = path.stat()
    path.write_text(path.read_text().replace("mat", "hat"))
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))  # as long and as old as before
    changed = run(tables)
    assert not changed.hit
    words = [changed.tokenizer.id_to_token(i) for i in range(changed.tokenizer.vocab_size)]
    assert ("hat" in words) == (split == "classification")
    assert run(tables).hit


def test_a_file_that_was_only_touched_is_read_for_its_checksum_alone(own, run):
    tables = own.tables("classification")
    run(tables)
    os.utime(own.folder / "classification.jsonl", (0, 0))
    assert run(tables).hit


def test_the_file_that_names_the_labels_counts_too(tmp_path, run):
    (tmp_path / "a.tsv").write_text("text\tlabel\ngood\t1\nbad\t0\nso so\t0\n")
    (tmp_path / "names.txt").write_text("no\nyes\n")
    tables = {
        "corpus": {"train": [str(tmp_path / "a.tsv")], "dev": [str(tmp_path / "a.tsv")]},
        "reader": {"name": "tsv", "labels_file": "names.txt"},
        "head": {"name": "classification"},
    }
    assert run(tables).decoder.labels == ("no", "yes")
    assert run(tables).hit
    (tmp_path / "names.txt").write_text("non\nyes\n")
    assert run(tables).decoder.labels == ("non", "yes")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "the index is gone": lambda entry: (entry / cache.INDEX).unlink(),
    "the index is cut": lambda entry: os.truncate(entry / cache.INDEX, 100),
    "the index is empty": lambda entry: os.truncate(entry / cache.INDEX, 0),
    "a bit of the index": lambda entry: flip(entry / cache.INDEX),
    "an array is gone": lambda entry: (entry / "train.ids").unlink(),
    "an array is cut": lambda entry: os.truncate(entry / "dev.targets", 8),
    "a bit of an array": lambda entry: flip(entry / "train.ids"),
    "a bit of the offsets": lambda entry: flip(entry / "train.starts"),
    "the vocabulary is gone": lambda entry: (entry / "tokenizer" / "words.jsonl").unlink(),
    "a bit of the vocabulary": lambda entry: flip(entry / "tokenizer" / "words.jsonl"),
    "the entry is a file": lambda entry: (entry.rename(entry.with_name("x")), entry.touch()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_entry_is_made_anew_and_told(own, run, damage, caplog):
    tables = own.tables("classification")
    before = run(tables).content()
    (entry,) = entries(own.folder)
    damage(entry)
    with caplog.at_level(logging.WARNING):
        after = run(tables)
    assert not after.hit
    assert after.content() == before
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"the corpus is read again: its cache {entry} can't be")
    assert run(tables).hit


def test_no_array_of_objects_is_ever_made(own, run):
    tables = own.tables("classification")
    run(tables)
    (entry,) = entries(own.folder)
    content = (entry / cache.INDEX).read_bytes().partition(b"\n")[2]
    evil = content.replace(b'"dtype":"<i4"', b'"dtype":"|O8"')
    assert evil != content
    (entry / cache.INDEX).write_bytes(cache._seal(evil) + evil)
    assert not run(tables).hit


def test_nothing_of_it_is_pickled(own, run):
    run(own.tables("tagging", **AFFIXES))
    (entry,) = entries(own.folder)
    names = {path.relative_to(entry).as_posix() for path in entry.rglob("*") if path.is_file()}
    arrays = [name for name in names if name.startswith(("train.", "dev.", "unlabelled."))]
    assert names - set(arrays) == {cache.INDEX, "tokenizer/words.jsonl"}
    index = json.loads((entry / cache.INDEX).read_bytes().partition(b"\n")[2])
    for name in arrays:  # numbers as they are and nothing else
        described = index["arrays"][name]
        size = int(np.prod(described["shape"])) * np.dtype(described["dtype"]).itemsize
        assert (entry / name).stat().st_size == size


def test_a_corpus_with_bad_rows_is_not_kept(own, run):
    path = own.folder / "classification.jsonl"
    path.write_text(path.read_text() + "no JSON\n")
    for _ in range(2):
        told: list[DataError] = []
        assert not run(own.tables("classification"), on_bad=told.append).hit
        assert len(told) == 1
    assert entries(own.folder) == []


@pytest.mark.parametrize("why", ["read only", "comes with seqkit"])
def test_where_it_may_not_stand_beside_the_files_the_users_cache_has_it(
    own, run, why, tmp_path, tmp_path_factory, monkeypatch
):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    if why == "read only":
        tmp_path.chmod(0o555)
    else:
        monkeypatch.setattr(corpora, "root", lambda: tmp_path.parent)
    try:
        assert not run(own.tables("tagging")).hit
        assert run(own.tables("tagging")).hit
    finally:
        tmp_path.chmod(0o755)
    assert not (tmp_path / places.BESIDE).exists()
    (index,) = home.glob(f"seqkit/encoded/{tmp_path.name}-*/*/{cache.INDEX}")
    assert index.is_file()


def test_without_room_training_goes_on_without_it(own, run, monkeypatch, caplog):
    tables = own.tables("tagging")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    prepared = run(tables)
    monkeypatch.undo()
    assert len(prepared.corpus.train) == 8
    assert [m.partition(places.BESIDE)[::2] for m in caplog.messages] == [
        (
            f"the corpus is not cached in {own.folder}/",
            f": [Errno {errno.ENOSPC}] {os.strerror(errno.ENOSPC)}",
        )
    ]
    names = {path.name for path in (own.folder / places.BESIDE).iterdir()}
    assert names <= {".gitignore", "files.json"}


def test_the_faster_of_two_processes_wins(own, run, monkeypatch):
    tables = own.tables("tagging")
    first = run(tables)
    monkeypatch.setattr(cache.Cache, "load", lambda *_: None)
    second = run(tables)
    monkeypatch.undo()
    assert first.content() == second.content() == run(tables).content()
    assert len(entries(own.folder)) == 1


def test_the_entries_that_were_not_used_for_longest_go(own, run, monkeypatch):
    monkeypatch.setattr(cache, "MOST_ENTRIES", 2)
    for n in (1, 2, 1, 3):
        run(own.tables("classification", encoder={"max_tokens": n}))
        time.sleep(0.02)
    hits = [run(own.tables("classification", encoder={"max_tokens": n})).hit for n in (1, 3)]
    assert hits == [True, True]
    assert len(entries(own.folder)) == 2


def test_what_a_killed_process_left_goes_in_time(own, run):
    left = own.folder / places.BESIDE / ".new-1-abc"
    left.mkdir(parents=True)
    run(own.tables("classification"))
    assert left.exists()  # it may still be at it
    os.utime(left, (0, 0))
    run(own.tables("classification", encoder={"max_tokens": 2}))
    assert not left.exists()


@pytest.mark.parametrize("crf", [False, True])
def test_tags_that_only_development_data_have_count_as_wrong_again(tmp_path, crf):
    given = tiny.write(tiny.examples("tagging"), tmp_path, "train")
    strange = [TokensExample(("the", "fox", "likes"), "", ("DET", "NOUN", "NEW"))]
    corpus = tiny.TinyCorpus(given.train, tiny.write(strange, tmp_path, "strange").train)
    learning = {"epochs": 4, "learning_rate": 0.1}
    tables = tiny.tables("tagging", corpus, head={"crf": crf}, training=learning)
    tables["corpus"]["cache"] = True
    found = []
    for name in ("read", "cached"):
        with api.train(tables, out=tmp_path / name) as model:
            found.append(model.manifest.scores)
    assert found[0] == found[1]
    assert found[0]["accuracy"] == 2 / 3
