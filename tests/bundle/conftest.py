"""A tiny bundle to write and spoil."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from seqkit import manager, registry
from seqkit import recipe as recipes
from seqkit.bundle.manifest import CorpusRecord, MachineRecord, Manifest
from seqkit.bundle.save import record_parts, write_bundle

Write = Callable[..., dict[str, np.ndarray]]


@pytest.fixture(autouse=True)
def house() -> Iterator[None]:
    """The built-in parts alone, whatever is installed."""
    with manager.isolated():
        yield


@pytest.fixture
def write() -> Write:
    """Write a bundle of a character tokenizer and random weights; returns the weights."""

    def write(
        directory: Path,
        *,
        seed: int = 1,
        tables: dict[str, Any] | None = None,
        weights: dict[str, np.ndarray] | None = None,
        dtype: str = "float32",
        extra: dict[str, bytes] | None = None,
        overwrite: bool = False,
        **changes: Any,
    ) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(seed).standard_normal
        if weights is None:
            weights = {
                "encoder.W": draw((6, 4), dtype=np.float32),
                "head.bias": draw(2, dtype=np.float32),
            }
        recipe = recipes.parse(
            {
                "tokenizer": {"name": "char"},
                "cell": {"name": "gru"},
                "head": {"name": "classification"},
                **(tables or {}),
            }
        )
        tokenizer = registry.load_target("tokenizer", recipe.tokenizer.name)(
            recipe.tokenizer.options
        )
        tokenizer.train(["abc", "cab"])
        manifest = Manifest(
            seqkit_version="0.1.0",
            task=registry.find("head", recipe.head.name).spec.name,
            language="en",
            parts=record_parts(recipe),
            labels=("bad", "good"),
            vocab_size=tokenizer.vocab_size,
            parameters=26,
            random_seed=1,
            scores={"loss": 0.5, "accuracy": 0.75},
            best_epoch=3,
            seconds=12.5,
            corpus=CorpusRecord(
                name="tiny", licence="CC0-1.0", train_examples=8, dev_examples=4, sources=("a.txt",)
            ),
            created="2024-05-06T07:08:09+00:00",
            weights=dtype,
            machine=MachineRecord(torch="2.13.0", threads=2, device="cpu"),
        )
        write_bundle(
            directory,
            manifest=msgspec.structs.replace(manifest, **changes),
            recipe=recipe,
            tokenizer=tokenizer,
            weights=weights,
            extra=extra or {},
            overwrite=overwrite,
        )
        return weights

    return write


@pytest.fixture
def bundle(write: Write, tmp_path: Path) -> Path:
    """A finished bundle."""
    path = tmp_path / "model"
    write(path)
    return path


@pytest.fixture
def edit_manifest(bundle: Path) -> Callable[[dict[str, Any]], None]:
    """Change top-level keys of the bundle's manifest; a value of ``...`` removes its key."""

    def edit(changes: dict[str, Any]) -> None:
        file = bundle / "manifest.json"
        document = {**msgspec.json.decode(file.read_bytes()), **changes}
        kept = {key: value for key, value in document.items() if value is not ...}
        file.write_bytes(msgspec.json.encode(kept))

    return edit
