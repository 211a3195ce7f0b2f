"""Corpora made ready once, in plain files that the program of every contender can read.

Everything is kept beside fetched corpora, under the user's cache, and made anew when the corpus,
the recipe or seqkit changes. What is held out is what seqkit itself holds out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

import seqkit
from seqkit import corpora, lazy, registry
from seqkit import recipe as recipes
from seqkit.encoding import Encoded
from seqkit.errors import DataError
from seqkit.examples import Example, TextExample, TokensExample, text_of
from seqkit.readers.base import stop_at_bad
from seqkit.readers.files import read
from seqkit.splits import hold_out
from seqkit.training.corpus import prepare

#: The folder, in what is prepared, of the corpus as seqkit reads it.
CORPUS = "corpus"
_CHARACTERS, _REVIEWS, _SENTENCES = 40_000, 600, 500  # of a corpus cut short


def imdb(*, quick: bool) -> Path:
    """Film reviews: ``ids.npz``, and ``train.txt`` and ``dev.txt``.

    The ids are those of the recipe ``imdb/lstm``: its vocabulary, and the last words that it reads
    of each review; ``SPLIT_ids`` holds them end to end, ``SPLIT_lengths`` how many are whose, and
    ``SPLIT_labels`` 1 for a review that is positive. The texts have a review a line:
    ``__label__LABEL``, and all its words in lower case with a space between them; they are in a
    random order, since fastText trains in the order of the file.

    Raises:
        DataError: The corpus is not here.
    """
    return _prepared("imdb/lstm", _write_imdb, _few_reviews if quick else None)


def tinyshakespeare(*, quick: bool) -> Path:
    """Plays: ``train.txt``, ``dev.txt``, and ``ids.npz`` with ``train``, ``dev``, ``vocab_size``.

    An id is a character's place among all characters of the text in order.

    Raises:
        DataError: The corpus is not here.
    """
    return _prepared("tinyshakespeare/lstm", _write_characters, _short_text if quick else None)


def ewt(*, quick: bool) -> Path:
    """Tagged sentences: ``train.tsv`` and ``dev.tsv``, a word and its part of speech a line.

    Raises:
        DataError: The corpus is not here.
    """
    return _prepared("ud-english-ewt/upos", _write_tags, _few_sentences if quick else None)


_Write = Callable[[recipes.Recipe, corpora.Sources, Path], None]
_Cut = Callable[[corpora.Sources, Path], None]


def _prepared(name: str, write: _Write, cut: _Cut | None) -> Path:
    """The folder with a recipe's corpus, and what ``write`` makes of it."""
    path = corpora.recipe_path(name)
    recipe = recipes.load(path)
    manifest = corpora.find(recipe.corpus.name)
    try:
        found = corpora.data_folder(manifest)
    except DataError:
        raise DataError(
            f"The files of the corpus '{manifest.name}' are not here",
            fix=f"Get them with 'seqkit corpora fetch {manifest.name}', or set SEQKIT_DATA to the "
            "folder that has them",
        ) from None
    sources = corpora.sources(recipe, base=path.parent, data=found)
    kind = f"{'short-' if cut else ''}{manifest.name}"
    target = cache() / f"{kind}-{_key(path, sources)}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    for outdated in target.parent.glob(f"{kind}-*"):
        shutil.rmtree(outdated)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        folder = Path(temporary) / "new"
        folder.mkdir()
        if cut:
            cut(sources, folder / CORPUS)
            sources = corpora.sources(recipe, base=path.parent, data=folder / CORPUS)
        else:
            (folder / CORPUS).symlink_to(found.resolve())
        write(recipe, sources, folder)
        if not target.exists():
            folder.rename(target)
    return target


def cache() -> Path:
    """Where benchmarks keep what they make once; it may not be there yet."""
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder) / "seqkit" / "benchmarks"


def _key(path: Path, sources: corpora.Sources) -> str:
    """Stands for everything that the prepared files depend on."""
    parts = [path.read_text(encoding="utf-8"), Path(__file__).read_text(encoding="utf-8")]
    for source in (*sources.train, *sources.dev):
        # a folder in an archive is as old as the archive
        file = next(p for p in (source, *source.parents) if p.exists())
        parts.append(f"{source} {file.stat().st_size} {file.stat().st_mtime_ns}")
    parts += [p.read_text(encoding="utf-8") for p in _code()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _code() -> Iterator[Path]:
    """The modules that decide where words begin, what their ids are, and what is held out."""
    package = Path(seqkit.__file__).parent
    yield package / "splits.py"
    for folder in ("tokenizers", "readers"):
        yield from sorted((package / folder).glob("*.py"))


def _read(paths: Sequence[Path], sources: corpora.Sources) -> Iterator[Example]:
    return read(paths, reader=sources.reader, encoding=sources.encoding, on_bad=stop_at_bad)


def _write_imdb(recipe: recipes.Recipe, sources: corpora.Sources, folder: Path) -> None:
    tokenizer = registry.load_target("tokenizer", recipe.tokenizer.name)(recipe.tokenizer.options)
    decoder = lazy.load(recipe.head_spec.decoder)(recipe.head.options)
    corpus = prepare(recipe, sources, tokenizer=tokenizer, decoder=decoder, on_bad=stop_at_bad)
    arrays: dict[str, np.ndarray] = {"vocab_size": np.int64(tokenizer.vocab_size)}
    for split, encoded in (("train", corpus.train), ("dev", corpus.dev)):
        arrays |= {f"{split}_{name}": a for name, a in _ragged(encoded).items()}
    np.savez(folder / "ids.npz", **arrays)
    parts = hold_out(list(_read(sources.train, sources)), sources.dev_fraction, arity="many-to-one")
    rng = np.random.default_rng(0)
    for split, examples in zip(("train", "dev"), map(list, parts), strict=True):
        with (folder / f"{split}.txt").open("w", encoding="utf-8") as file:
            for index in rng.permutation(len(examples)):
                example = examples[index]
                assert isinstance(example, TextExample)
                words = " ".join(tokenizer.encode(example.text).tokens).lower()
                if words:  # an empty one is not trained on either
                    file.write(f"__label__{example.labels[0]} {words}\n")


def _ragged(encoded: Sequence[Encoded]) -> dict[str, np.ndarray]:
    targets = [e.target for e in encoded if e.target is not None]
    return {
        "ids": np.concatenate([e.ids for e in encoded]),
        "lengths": np.array([len(e) for e in encoded]),
        "labels": np.array([int(t) for t in targets], dtype=np.int8),
    }


def _write_characters(_: recipes.Recipe, sources: corpora.Sources, folder: Path) -> None:
    parts = hold_out(list(_read(sources.train, sources)), sources.dev_fraction, arity="one-to-many")
    texts = ["".join(map(text_of, part)) for part in parts]
    ids = {character: i for i, character in enumerate(sorted(set("".join(texts))))}
    arrays = {"vocab_size": np.int64(len(ids))}
    for split, text in zip(("train", "dev"), texts, strict=True):
        (folder / f"{split}.txt").write_text(text, encoding="utf-8", newline="")
        arrays[split] = np.array([ids[character] for character in text], dtype=np.uint16)
    np.savez(folder / "ids.npz", **arrays)


def _write_tags(_: recipes.Recipe, sources: corpora.Sources, folder: Path) -> None:
    for split, paths in (("train", sources.train), ("dev", sources.dev)):
        with (folder / f"{split}.tsv").open("w", encoding="utf-8") as file:
            for example in _read(paths, sources):
                assert isinstance(example, TokensExample)
                rows = zip(example.tokens, example.tags, strict=True)
                file.writelines([f"{word}\t{tag}\n" for word, tag in rows])
                file.write("\n")


def _few_reviews(sources: corpora.Sources, folder: Path) -> None:
    counts: Counter[str] = Counter()
    for example in _read(sources.train, sources):
        assert isinstance(example, TextExample)
        label = example.labels[0]
        if counts[label] < _REVIEWS // 2:
            counts[label] += 1
            path = folder / "aclImdb" / "train" / label / f"{counts[label]}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(example.text, encoding="utf-8")


def _short_text(sources: corpora.Sources, folder: Path) -> None:
    folder.mkdir()
    text = "".join(text_of(e) for e in _read(sources.train, sources))
    (folder / "input.txt").write_text(text[:_CHARACTERS], encoding="utf-8", newline="")


def _few_sentences(sources: corpora.Sources, folder: Path) -> None:
    folder.mkdir()
    for paths, most in ((sources.train, _SENTENCES), (sources.dev, _SENTENCES // 4)):
        for source in paths:
            content = source.read_text(encoding="utf-8")
            sentences = content.split("\n\n")[:most]
            text = "".join(f"{sentence}\n\n" for sentence in sentences if sentence.strip())
            (folder / source.name).write_text(text, encoding="utf-8")
