"""Bundles of every format that was ever released still open and compute the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import FORMAT_VERSION
from seqkit.nn.network import Network

FOLDER = Path(__file__).parents[1] / "golden"
FORMATS = range(1, FORMAT_VERSION + 1)


@pytest.mark.parametrize("version", FORMATS)
def test_it_opens(version):
    bundle = open_bundle(FOLDER / f"format-{version}")
    assert bundle.manifest.task == "classification"
    assert bundle.manifest.scores == {"accuracy": 0.5, "loss": 0.7}
    assert bundle.decoder.labels == ("bad", "good")
    assert bundle.recipe.cell.name == "gru"


@pytest.mark.parametrize("version", FORMATS)
def test_it_computes_what_it_did(version):
    bundle = open_bundle(FOLDER / f"format-{version}")
    ids = bundle.tokenizer.encode_ids("a good day")
    assert ids == [260, 259, 262, 263, 263, 261, 259, 261, 260, 269]
    network = Network(
        bundle.recipe,
        vocab_size=bundle.tokenizer.vocab_size,
        output_size=bundle.decoder.output_size,
    ).eval()
    network.load_state_dict({k: torch.from_numpy(v) for k, v in bundle.weights().items()})
    with torch.no_grad():
        logits = network(torch.tensor(ids)[:, None], torch.tensor([len(ids)]))
    assert logits.item() == pytest.approx(-0.03358348, abs=1e-6)
