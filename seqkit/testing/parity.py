"""Holds what one runtime gives against what torch gives, for the same bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqkit import lazy, registry
from seqkit.bundle.load import Bundle, open_bundle
from seqkit.contextual import sentence
from seqkit.encoding import Encoded
from seqkit.runtimes.base import Runtime
from seqkit.spelling import drawn
from seqkit.testing.contract import ContractError

#: Lengths of the texts in each batch: one, three and five at once, equal and not.
BATCHES = ((1,), (9,), (4, 4, 4), (6, 1, 3), (2, 7, 1, 7, 5))


def make(name: str, bundle: Bundle) -> Runtime:
    """The runtime of that name for a bundle, on one thread."""
    runtime: Runtime = lazy.load(registry.find("runtime", name).spec.target)(bundle, threads=1)
    return runtime


def require_equal_to_torch(name: str, path: Path, *, tolerance: float) -> None:
    """Compare a runtime's logits with torch's, for batches of several sizes and lengths.

    Args:
        name: What chooses the runtime.
        path: A bundle that it can run.
        tolerance: How far each logit may lie from torch's, for one and the largest of them.

    Raises:
        ContractError: One lies further away, or is no float32.
    """
    bundle = open_bundle(path)
    ours, torchs = make(name, bundle), make("torch", bundle)
    if bundle.recipe.head_spec.arity == "one-to-many":
        _require_equal_streams(ours, torchs, bundle, tolerance)
        return
    for lengths in BATCHES:
        given = texts(bundle, lengths)
        got, wanted = ours.logits(given), torchs.logits(given)
        if len(got) != len(wanted):
            raise ContractError(f"logits of {len(wanted)} texts came as {len(got)} arrays")
        for index, (one, other) in enumerate(zip(got, wanted, strict=True)):
            where = f"the logits of text {index} of a batch of lengths {list(lengths)}"
            require_close(one, other, f"{where} ({bundle.manifest.task})", tolerance)


def _require_equal_streams(
    ours: Runtime, torchs: Runtime, bundle: Bundle, tolerance: float
) -> None:
    rng = np.random.default_rng(0)
    for size in (1, 3, 5):
        state, its = ours.initial_state(size), torchs.initial_state(size)
        for T in (1, 6, 3):
            ids = rng.integers(3, bundle.tokenizer.vocab_size, (T, size))
            lengths = rng.integers(1, T + 1, size)
            got, state = ours.advance(ids, lengths, state)
            wanted, its = torchs.advance(ids, lengths, its)
            where = f"the logits of {size} streams that were fed {T} tokens at most"
            require_close(got, wanted, where, tolerance)


def texts(bundle: Bundle, lengths: Sequence[int]) -> list[Encoded]:
    """Texts of random ids of the bundle's tokenizer, of the given lengths."""
    rng = np.random.default_rng(sum(lengths))
    tokenizer, words = bundle.tokenizer, bundle.recipe.head_spec.arity == "many-to-many"
    return [
        Encoded(
            rng.integers(3, tokenizer.vocab_size, n, dtype=np.int32),
            features=_features(rng, tokenizer, n),
            steps=np.arange(n) if words else None,
            characters=drawn(rng, n) if bundle.recipe.embedding.spells else None,
            **sentence(rng, n, bundle.recipe.contextual),
        )
        for n in lengths
    ]


def _features(rng: np.random.Generator, tokenizer: Any, n: int) -> np.ndarray | None:
    if not tokenizer.feature_count:
        return None
    shape = (n, tokenizer.feature_count)
    return rng.integers(0, tokenizer.feature_buckets, shape, dtype=np.int32)


def require_close(
    got: np.ndarray, wanted: np.ndarray, what: str, tolerance: float, whose: str = "torch's"
) -> None:
    """Compare logits.

    Args:
        got: What there is.
        wanted: What there should be.
        what: How the message begins.
        tolerance: How far each may lie from the wanted one, for one and the largest of them.
        whose: What the message calls the wanted ones.

    Raises:
        ContractError: They differ by more than the tolerance, or are no float32.
    """
    if got.dtype != np.float32 or got.shape != wanted.shape:
        raise ContractError(f"{what} are {got.dtype} {got.shape}, {whose} float32 {wanted.shape}")
    # sums of large numbers that come out small are no more precise than the numbers
    if not np.abs(got - wanted).max() <= tolerance * (1 + np.abs(wanted).max()):
        raise ContractError(
            f"{what} lie up to {np.abs(got - wanted).max():.3g} from {whose} "
            f"(tolerance {tolerance:g})"
        )
