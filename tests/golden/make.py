"""Makes a golden bundle of the present format: ``python tests/golden/make.py``.

A golden bundle is written once, when its format is new, and never again: the tests prove that it
still opens and still computes the same. Its model is tiny, and drawn at random instead of trained.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import seqkit
from seqkit import recipe as recipes
from seqkit.bundle.manifest import FORMAT_VERSION, CorpusRecord, MachineRecord, Manifest
from seqkit.bundle.save import record_parts, write_bundle
from seqkit.decoding.classification import ClassificationDecoder
from seqkit.nn.network import Network
from seqkit.tokenizers.char import CharTokenizer

LABELS = ("bad", "good")
TEXTS = ["a good day", "a bad night"]
TABLES = {
    "tokenizer": {"name": "char"},
    "embedding": {"size": 3},
    "cell": {"name": "gru"},
    "encoder": {"hidden_size": 4, "bidirectional": True},
    "head": {"name": "classification"},
    "bundle": {"language": "en"},
}


def main() -> int:
    """Write the bundle, unless one of this format is there."""
    recipe = recipes.parse(TABLES)
    tokenizer = CharTokenizer(recipe.tokenizer.options)
    tokenizer.train(TEXTS)
    decoder = ClassificationDecoder(recipe.head.options, LABELS)
    network = Network(recipe, vocab_size=tokenizer.vocab_size, output_size=decoder.output_size)
    network.reset_parameters(torch.Generator().manual_seed(recipe.random_seed))
    write_bundle(
        Path(__file__).with_name(f"format-{FORMAT_VERSION}"),
        manifest=Manifest(
            seqkit_version=seqkit.__version__,
            task="classification",
            language="en",
            parts=record_parts(recipe),
            labels=LABELS,
            vocab_size=tokenizer.vocab_size,
            parameters=sum(p.numel() for p in network.parameters()),
            random_seed=recipe.random_seed,
            scores={"accuracy": 0.5, "loss": 0.7},
            best_epoch=1,
            seconds=0.0,
            corpus=CorpusRecord(
                name="", licence="Apache-2.0", train_examples=2, dev_examples=2, sources=()
            ),
            created="2024-01-01T00:00:00+00:00",
            weights="float32",
            machine=MachineRecord(torch=str(torch.__version__), threads=1, device="cpu"),
        ),
        recipe=recipe,
        tokenizer=tokenizer,
        weights={name: w.numpy() for name, w in network.state_dict().items()},
        overwrite=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
