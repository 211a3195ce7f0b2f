"""Corpora and bundles for tests that are made in a second, of each built-in task.

They need nothing but seqkit itself; the fixtures ``tiny_corpus`` and ``tiny_bundle`` hand them out.
"""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import load_file, save_file

from seqkit import api, registry
from seqkit.bundle.manifest import WEIGHTS
from seqkit.examples import Example, TextExample, TokensExample

#: The tasks that there are corpora and bundles of.
TASKS = ("generation", "classification", "tagging")

_ANIMALS, _PLACES = ("fox", "owl", "hen", "goat"), ("barn", "wood", "yard", "shed")
_KINDS = {
    **dict.fromkeys((*_ANIMALS, *_PLACES), "NOUN"),
    **dict.fromkeys(("likes", "hates"), "VERB"),
    "the": "DET",
}


class TinyCorpus(NamedTuple):
    """Files of JSON lines.

    Attributes:
        train: Examples to train on.
        dev: Some of them again, to score.
    """

    train: Path
    dev: Path


def examples(task: str) -> list[Example]:
    """The sixteen examples of a task's corpus."""
    sentences = [
        f"the {animal} {verb} the {place}"
        for index, animal in enumerate(_ANIMALS)
        for place in (_PLACES[:2] if index % 2 else _PLACES[2:])
        for verb in ("likes", "hates")
    ]
    if task == "tagging":
        words = [tuple(sentence.split()) for sentence in sentences]
        return [TokensExample(found, "", tuple(_KINDS[w] for w in found)) for found in words]
    if task == "classification":
        return [TextExample(s, "", ("good" if "likes" in s else "bad",)) for s in sentences]
    return [TextExample(f"{sentence}. ", "") for sentence in sentences]


def write_corpus(task: str, folder: Path) -> TinyCorpus:
    """Write a task's corpus into a folder that exists."""
    return write(examples(task), folder, task)


def write(examples: Sequence[Example], folder: Path, name: str) -> TinyCorpus:
    """Write examples as JSON lines, and every fourth of them once more to score."""
    corpus = TinyCorpus(folder / f"{name}.jsonl", folder / f"{name}-dev.jsonl")
    for path, chosen in zip(corpus, (examples, examples[::4]), strict=True):
        lines = [json.dumps(_row(example)) + "\n" for example in chosen]
        path.write_text("".join(lines), encoding="utf-8")
    return corpus


def _row(example: Example) -> dict[str, Any]:
    if isinstance(example, TokensExample):
        return {"tokens": example.tokens, "tags": example.tags}
    return {"text": example.text, **({"label": example.labels} if example.labels else {})}


def tables(task: str, corpus: TinyCorpus, **sections: Any) -> dict[str, Any]:
    """A recipe's tables that train in a second.

    Args:
        task: One of :data:`TASKS`.
        corpus: What to train on.
        sections: Sections whose keys are laid over the recipe's own; what is no table replaces.
    """
    made: dict[str, Any] = {
        "corpus": {"train": [str(corpus.train)], "dev": [str(corpus.dev)], "cache": False},
        "tokenizer": {"name": "char" if task == "generation" else "word"},
        "embedding": {"size": 6},
        "encoder": {"hidden_size": 8},
        "head": {"name": task},
        "training": {
            "epochs": 2,
            "batch_size": 4,
            "bptt": 8,
            "learning_rate": 0.01,
            "threads": 1,
            "device": "cpu",
        },
    }
    chosen = sections.get("head", {}).get("name", task)
    if registry.find("head", chosen).spec.reads == "ids":
        del made["embedding"], made["encoder"]
    for section, values in sections.items():
        before = made.get(section, {})
        # another part does not take the options of the one that it replaces
        laid = isinstance(values, Mapping) and values.get("name") in (None, before.get("name"))
        made[section] = {**before, **values} if laid else values
    return made


def train(task: str, out: Path, **sections: Any) -> Path:
    """Train a bundle.

    Args:
        task: One of :data:`TASKS`.
        out: Its directory.
        sections: As :func:`tables` has them.
    """
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_corpus(task, Path(folder))
        api.train(tables(task, corpus, **sections), out=out).close()
    return out


@functools.cache
def bundle(task: str) -> Path:
    """A bundle of a task, trained once a process; nothing may be written to it."""
    return train(task, _folder() / task)


def jolt(path: Path) -> None:
    """Move a bundle's weights far enough that what is computed with them differs visibly."""
    rng = np.random.default_rng(0)
    weights = load_file(path / WEIGHTS)
    save_file(
        {
            name: (w + rng.normal(0, 0.4, w.shape)).astype(w.dtype) if w.dtype.kind == "f" else w
            for name, w in sorted(weights.items())
        },
        path / WEIGHTS,
    )


@functools.cache
def _folder() -> Path:
    """Where bundles of this process stand; removed at its end."""
    folder = tempfile.mkdtemp(prefix="seqkit-tiny-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
