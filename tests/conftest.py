"""Fixtures that every test may use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seqkit.model import TextModel


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept between runs is neither found in the user's cache nor left there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real corpora: ``SEQKIT_TEST_DATA``, or ``shared/data`` beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SEQKIT_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip("the real corpora are not here: set SEQKIT_TEST_DATA to their folder")
    return folder


SENTENCES = [
    ("the cat sat on a mat", "n"),
    ("a dog ran to the park", "y"),
    ("my cat saw the dog there", "y"),
    ("the mat is in the park", "n"),
    ("a cat ran", "y"),
    ("dogs sat on my mat all day long", "n"),
    ("we saw a park", "y"),
    ("the day is long", "n"),
]
NOUNS = {"cat", "mat", "dog", "park", "dogs", "day"}
VERBS = {"sat", "ran", "saw", "is"}
ROWS = {
    "classification": [{"text": text, "label": label} for text, label in SENTENCES],
    "tagging": [
        {
            "tokens": text.split(),
            "tags": ["N" if w in NOUNS else "V" if w in VERBS else "X" for w in text.split()],
        }
        for text, _ in SENTENCES
    ],
    "generation": [{"text": f"{text}. "} for text, _ in SENTENCES],
}
TABLES = {
    "embedding": {"size": 6},
    "encoder": {"hidden_size": 8},
    "training": {"epochs": 2, "batch_size": 3, "bptt": 6, "learning_rate": 0.01, "threads": 1},
}


class Tiny:
    """Recipes that train in milliseconds, on rows of JSON."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for task, rows in ROWS.items():
            self.write(f"{task}.jsonl", rows)
            self.write(f"{task}-dev.jsonl", rows[1::2])

    def write(self, name: str, rows: list[dict[str, Any]]) -> str:
        """Write rows as JSON lines; the path."""
        path = self.folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    def tables(self, task: str, **changes: Any) -> dict[str, Any]:
        """A recipe's tables: the task's own with those of ``changes`` laid over them."""
        tables: dict[str, Any] = {
            **TABLES,
            "corpus": {
                "train": [str(self.folder / f"{task}.jsonl")],
                "dev": [str(self.folder / f"{task}-dev.jsonl")],
            },
            "tokenizer": {"name": "char" if task == "generation" else "word"},
            "head": {"name": task},
        }
        for section, values in changes.items():
            before = tables.get(section)
            laid = isinstance(values, Mapping) and isinstance(before, Mapping)
            tables[section] = {**before, **values} if laid else values
        return tables

    def train(self, task: str, out: Path, **changes: Any) -> TextModel:
        """Train; ``resume``, ``overwrite`` and ``observers`` are handed on."""
        from seqkit import api

        options = {k: changes.pop(k) for k in ("resume", "overwrite", "observers") if k in changes}
        return api.train(self.tables(task, **changes), out=out, **options)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Makes and trains tiny recipes."""
    return Tiny(tmp_path_factory.mktemp("tiny"))
