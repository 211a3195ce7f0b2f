"""What a bundle's manifest says of the run that made it."""

from __future__ import annotations

import datetime
from typing import Any

import torch

import seqkit
from seqkit.bundle.manifest import CorpusRecord, MachineRecord, Manifest, OriginRecord
from seqkit.bundle.save import record_parts
from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.nn.network import Network
from seqkit.recipe import Recipe
from seqkit.training.checkpoint import Progress
from seqkit.training.details import details
from seqkit.training.scoring import score_examples
from seqkit.training.store import Corpus


def make_manifest(
    recipe: Recipe,
    sources: Sources,
    corpus: Corpus,
    network: Network,
    progress: Progress,
    *,
    decoder: Decoder,
    vocab_size: int,
    device: torch.device,
    origins: tuple[OriginRecord, ...],
) -> Manifest:
    """The manifest, but for what :func:`examine` finds and the baseline.

    Args:
        recipe: What was trained.
        sources: From which files.
        corpus: The same in numbers.
        network: With the weights that are kept.
        progress: Where training ended.
        decoder: Knows the labels.
        vocab_size: Ids of the tokenizer.
        device: Where it was trained.
        origins: What it began from or learnt from beside its corpus.
    """
    return Manifest(
        seqkit_version=seqkit.__version__,
        task=recipe.head_spec.name,
        language=recipe.bundle.language or sources.language,
        parts=record_parts(recipe),
        labels=decoder.labels,
        vocab_size=vocab_size,
        parameters=parameters_of(network),
        random_seed=recipe.random_seed,
        scores=progress.best_scores,
        best_epoch=progress.best_epoch,
        seconds=round(progress.total_seconds, 3),
        corpus=CorpusRecord(
            name=sources.name,
            licence=sources.licence,
            train_examples=len(corpus.train),
            dev_examples=len(corpus.dev),
            sources=sources.origins,
            unlabelled_examples=len(corpus.unlabelled),
        ),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        weights=recipe.bundle.weights,
        machine=MachineRecord(
            torch=str(torch.__version__), threads=torch.get_num_threads(), device=device.type
        ),
        origins=origins,
    )


def examine(
    network: Network, corpus: Corpus, decoder: Decoder, device: torch.device
) -> dict[str, Any]:
    """What the best weights say of the development data, for the manifest.

    A decoder that tunes learns from their logits how to read them.

    Args:
        network: With the best weights.
        corpus: Of examples with targets.
        decoder: The head's.
        device: The network's.

    Returns:
        Fields of the manifest; none without development data, or where the head searches.
    """
    if not corpus.dev or network.head.searches:
        return {}
    scored = score_examples(network.eval(), corpus.dev, decoder, device)
    found = details(decoder, scored.logits, scored.targets)
    if not decoder.tunes:
        return found
    decoder.tune(scored.logits, scored.targets)
    calibration = dict(decoder.calibration(scored.logits, scored.targets))
    if any(name.endswith("_before") for name in calibration):
        found["calibration"] = calibration
    return found


def parameters_of(network: Network) -> int:
    """How many numbers a network has."""
    return sum(p.numel() for p in network.parameters())
