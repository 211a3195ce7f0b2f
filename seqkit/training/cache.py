"""Corpora in numbers, kept from one run to the next.

An entry is a folder: a raw file for each array of each split, the tokenizer's own files, and an
index that names them all with their sizes and checksums. It is written beside its place, flushed
to disk and renamed, so that there is never half of one; what is damaged later is noticed, and
made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import logging
import os
import secrets
import shutil
import time
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import seqkit
from seqkit import registry
from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.errors import SeqkitError
from seqkit.readers.base import Reader
from seqkit.recipe import Part, Recipe
from seqkit.tokenizers.base import Tokenizer
from seqkit.training.fingerprint import Fingerprints
from seqkit.training.places import folder_of, home_of
from seqkit.training.spool import CHUNK, release
from seqkit.training.store import Corpus, EncodedExamples

INDEX = "index.json"
_FORMAT = 3
_FILES = "files.json"
#: The folders of what was learnt from the corpus.
_TOKENIZER, _HEAD = "tokenizer", "head"
_SPLITS = ("train", "dev", "unlabelled")
#: Entries of one corpus that are kept, the latest used ones, and bytes of all but the latest.
MOST_ENTRIES, MOST_BYTES = 8, 4 << 30
#: Seconds after which what a killed process was writing is cleared away.
_ABANDONED = 24 * 3600.0
#: The parts of the package that decide what a corpus is in numbers.
_CODE = (
    *("splits.py", "documents.py", "encoding.py", "spelling.py", "contextual.py"),
    *("readers/*.py", "tokenizers/*.py", "decoding/*.py"),
    *("training/corpus.py", "training/spool.py", "training/store.py", "training/teaching.py"),
)

_log = logging.getLogger(__name__)


class _File(msgspec.Struct, frozen=True):
    bytes: int
    crc32: int


class _Array(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    crc32: int


class _Index(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    digest: str
    dev_characters: int
    labels: tuple[str, ...]
    arrays: dict[str, _Array]
    learnt: dict[str, _File]


class _DamagedError(Exception):
    """What is wrong with an entry."""


class Cache:
    """The entry of one corpus for one way to encode it, there or not.

    Args:
        folder: Holds the corpus's entries.
        key: The entry's name, made of everything that it depends on.
        known: What is remembered of the corpus's files, in the same folder.
    """

    def __init__(self, folder: Path, key: str, known: Fingerprints) -> None:
        self.folder = folder
        self._known = known
        self.path = folder / key

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        sources: Sources,
        tokenizer: Tokenizer,
        decoder: Decoder,
        *,
        vocabulary: str = "",
        teacher: str = "",
    ) -> Cache | None:
        """The entry for a recipe's corpus; none where the files can't be looked at.

        Args:
            recipe: What is trained.
            sources: The corpus's files.
            tokenizer: The recipe's.
            decoder: The head's.
            vocabulary: What tells vocabularies that are not the corpus's own from others.
            teacher: What stands for whoever answers texts; empty for nobody.
        """
        base = home_of(sources)
        folder = folder_of(base)
        known = Fingerprints(folder / _FILES)
        try:
            key = _key(
                recipe,
                sources,
                tokenizer=tokenizer,
                decoder=decoder,
                base=base,
                known=known,
                others={"vocabulary": vocabulary, "teacher": teacher},
            )
        except OSError:  # which reading them will put into words
            return None
        return cls(folder, key, known)

    def load(self, tokenizer: Tokenizer, decoder: Decoder) -> Corpus | None:
        """Take the entry, if it is there and whole.

        Args:
            tokenizer: Is given the vocabulary.
            decoder: Is given the labels, and what else it learnt.
        """
        try:
            index, corpus = self._read()
            decoder.labels = index.labels
            tokenizer.load(self.path / _TOKENIZER)
            decoder.load(self.path / _HEAD)
        except FileNotFoundError:
            if self.path.exists():
                self._damaged("a file is missing")
            return None
        except (OSError, _DamagedError, SeqkitError) as error:
            self._damaged(str(error))
            return None
        decoder.use(tokenizer)
        with contextlib.suppress(OSError):
            os.utime(self.path)  # the latest used ones are kept
        return corpus

    def _damaged(self, why: str) -> None:
        _log.warning("the corpus is read again: its cache %s can't be used: %s", self.path, why)

    def save(self, corpus: Corpus, tokenizer: Tokenizer, decoder: Decoder) -> Corpus:
        """Keep a corpus, if there is room.

        Returns:
            The same corpus, from the entry if it could be written.
        """
        staging = self.folder / f".new-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _clear(self.folder)
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            staging.mkdir()
            self._write(staging, corpus, tokenizer, decoder)
            self._swap(staging)
            _, corpus = self._read()
        except (OSError, ValueError, SeqkitError, _DamagedError) as error:
            _log.warning("the corpus is not cached in %s: %s", self.folder, error)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._known.write()
        self._prune()
        return corpus

    def _write(self, staging: Path, corpus: Corpus, tokenizer: Tokenizer, decoder: Decoder) -> None:
        arrays = {}
        for split, examples in zip(
            _SPLITS, (corpus.train, corpus.dev, corpus.unlabelled), strict=True
        ):
            for name, array in examples.arrays.items():
                crc = _write(staging / f"{split}.{name}", _parts(array))
                arrays[f"{split}.{name}"] = _Array(array.dtype.str, array.shape, crc)
        files = {}
        for part, learner in ((_TOKENIZER, tokenizer), (_HEAD, decoder)):
            (staging / part).mkdir()
            learner.save(staging / part)
            for file in sorted((staging / part).rglob("*")):
                if file.is_file():
                    _flush(file)
                    name = file.relative_to(staging).as_posix()
                    files[name] = _File(file.stat().st_size, _checksum(file))
        index = _Index(
            key=self.path.name,
            digest=corpus.digest,
            dev_characters=corpus.dev_characters,
            labels=decoder.labels,
            arrays=arrays,
            learnt=files,
        )
        content = msgspec.json.encode(index)
        _write(staging / INDEX, iter([_seal(content), content]))
        _flush(staging)

    def _swap(self, staging: Path) -> None:
        """Put a new entry in its place; what stands there is damaged, or the same."""
        old = staging.with_name(staging.name.replace(".new-", ".old-"))
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(old)
        try:
            staging.rename(self.path)
        except OSError:
            if not self.path.is_dir():  # otherwise another process was faster
                raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
        _flush(self.folder)

    def _read(self) -> tuple[_Index, Corpus]:
        sealed, _, content = (self.path / INDEX).read_bytes().partition(b"\n")
        if sealed + b"\n" != _seal(content):
            raise _DamagedError(f"{INDEX} is not as it was written")
        index = msgspec.json.decode(content, type=_Index)
        if index.key != self.path.name:
            raise _DamagedError(f"it is the one of {index.key}")
        for name, file in index.learnt.items():
            path = self.path / name
            if (path.stat().st_size, _checksum(path)) != (file.bytes, file.crc32):
                raise _DamagedError(f"{name} is not as it was written")
        arrays = {name: self._mapped(name, array) for name, array in index.arrays.items()}
        train, dev, unlabelled = (
            EncodedExamples(
                {
                    name.removeprefix(f"{split}."): array
                    for name, array in arrays.items()
                    if name.startswith(f"{split}.")
                }
            )
            for split in _SPLITS
        )
        return index, Corpus(train, dev, unlabelled, index.dev_characters, index.digest)

    def _mapped(self, name: str, array: _Array) -> np.ndarray:
        path, dtype = self.path / name, np.dtype(array.dtype)
        size = dtype.itemsize
        for length in array.shape:
            size *= length
        if path.stat().st_size != size or _checksum(path) != array.crc32:
            raise _DamagedError(f"{name} is not as it was written")
        if not size:  # which can't be mapped
            return np.empty(array.shape, dtype)
        return np.memmap(path, dtype, mode="r", shape=array.shape)

    def _prune(self) -> None:
        """Remove the entries that were not used for longest, and what killed processes left."""
        with contextlib.suppress(OSError):
            entries = sorted(
                (e for e in self.folder.iterdir() if (e / INDEX).is_file() and e.name[0] != "."),
                key=lambda e: -e.stat().st_mtime,
            )
            total = 0
            for place, entry in enumerate(entries):
                total += sum(file.stat().st_size for file in entry.iterdir()) if place else 0
                if place >= MOST_ENTRIES or total > MOST_BYTES:
                    shutil.rmtree(entry, ignore_errors=True)


def _key(
    recipe: Recipe,
    sources: Sources,
    *,
    tokenizer: Tokenizer,
    decoder: Decoder,
    base: Path,
    known: Fingerprints,
    others: dict[str, str],
) -> str:
    cls: type[Reader] = registry.load_target("reader", sources.reader.name)
    reader = cls(sources.reader.options, encoding=sources.encoding)

    def content(paths: tuple[Path, ...]) -> list[Any]:
        return [
            [os.path.relpath(path.absolute(), base), known.of(reader.files(path), base)]
            for path in paths
        ]

    parts: dict[str, Any] = {
        "format": _FORMAT,
        "version": seqkit.__version__,
        "unicode": unicodedata.unidata_version,
        "code": _code([type(reader), type(tokenizer), type(decoder)]),
        "train": content(sources.train),
        "dev": content(sources.dev),
        "unlabelled": content(sources.unlabelled),
        "dev_fraction": None if sources.dev else sources.dev_fraction,
        "encoding": sources.encoding,
        "reader": _part("reader", sources.reader),
        "tokenizer": _part("tokenizer", recipe.tokenizer),
        "head": [_part("head", recipe.head), recipe.head_spec.arity],
        "limits": [recipe.encoder.max_tokens, recipe.encoder.keep, recipe.encoder.reversed],
        "context": recipe.encoder.context,
        "characters": recipe.embedding.spells,
        "admitted": hashlib.sha256(repr(tokenizer.admitted).encode()).hexdigest(),
        **others,
    }
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:32]


def _part(kind: str, part: Part) -> list[Any]:
    found = registry.find(kind, part.name)
    return [found.qualified, found.version, part.options]


def _code(classes: list[type]) -> str:
    """A checksum of the code that reads and encodes, which may change without its version."""
    root = Path(seqkit.__file__).parent
    files = [file for pattern in _CODE for file in sorted(root.glob(pattern))]
    for cls in classes:
        with contextlib.suppress(TypeError, OSError):  # of a class that has no file
            files.append(Path(inspect.getfile(cls)))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _parts(array: np.ndarray) -> Iterator[memoryview]:
    flat = array.reshape(-1)
    step = max(1, CHUNK // array.itemsize)
    for start in range(0, len(flat), step):
        yield np.ascontiguousarray(flat[start : start + step]).view(np.uint8).data
        release(flat)


def _write(path: Path, parts: Iterator[bytes] | Iterator[memoryview]) -> int:
    """Write and flush a file; its checksum."""
    crc = 0
    with path.open("wb") as file:
        for part in parts:
            file.write(part)
            crc = zlib.crc32(part, crc)
        file.flush()
        os.fsync(file.fileno())
    return crc


def _checksum(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            crc = zlib.crc32(data, crc)
    return crc


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"


def _flush(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return  # only POSIX can open a folder
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    """Remove what processes that were killed long ago left half-written."""
    for entry in [*folder.glob(".new-*"), *folder.glob(".old-*")]:
        with contextlib.suppress(OSError):
            if time.time() - entry.stat().st_mtime > _ABANDONED:
                shutil.rmtree(entry)
