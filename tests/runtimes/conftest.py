"""Bundles that are drawn rather than trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from seqkit import recipe as recipes
from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import WEIGHTS
from seqkit.nn.network import Network

V, L, F, BUCKETS = 11, 3, 5, 13


class Tokenizer:
    vocab_size, feature_count, feature_buckets = V, F, BUCKETS


class Decoder:
    output_size = L


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[..., Bundle]:
    """Makes a bundle of a recipe with weights drawn at random: ``drawn(**sections)``."""

    def make(**tables: Any) -> Bundle:
        recipe = recipes.parse(tables)
        bundle = Bundle(tmp_path, None, recipe)  # type: ignore[arg-type]
        bundle.__dict__.update(tokenizer=Tokenizer(), decoder=Decoder())
        network = Network(recipe, vocab_size=V, output_size=L, feature_buckets=BUCKETS)
        generator = torch.Generator().manual_seed(1)
        for parameter in network.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator) / 2
        save_file(network.state_dict(), tmp_path / WEIGHTS)
        told = {"task": recipe.head.name, "labels": ("a", "b"), "parameters": 1}
        bundle.manifest = type(  # type: ignore[assignment]
            "Manifest", (), {**told, "weights": "float32"}
        )
        return bundle

    return make
