"""The use case of writing a finished model once more, with its weights rounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from seqkit import registry
from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import WEIGHTS, RoundingRecord, Storage
from seqkit.bundle.save import check_target, extra_files, write_bundle
from seqkit.bundle.weights import rounded
from seqkit.errors import DataError, UsageError
from seqkit.examples import Example
from seqkit.export import Score, check_cost
from seqkit.model import TextModel

#: From the largest to the smallest.
_STORAGES: tuple[Storage, ...] = ("float32", "float16", "int8")


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What was written.

    Attributes:
        path: The bundle's directory.
        before: Bytes of the weights as they were.
        after: Bytes of the weights as they are.
        score: What rounding costs.
    """

    path: Path
    before: int
    after: int
    score: Score


class _Rounded(Bundle):
    """A bundle as it would be if its weights were stored otherwise."""

    def __init__(self, bundle: Bundle, how: Storage) -> None:
        super().__init__(bundle.path, bundle.manifest, bundle.recipe)
        self._how = how

    def weights(self) -> dict[str, np.ndarray]:
        """The bundle's, rounded."""
        return rounded(super().weights(), self._how)


def shrink(
    bundle: Bundle,
    path: Path,
    *,
    weights: Storage,
    examples: Iterable[Example],
    overwrite: bool = False,
    force: bool = False,
) -> Shrunk:
    """Write a bundle with its weights rounded, having scored both.

    The scores in its manifest stay those of the weights before, and the manifest says so, with
    what rounding costs.

    Args:
        bundle: An open bundle, whose weights were not rounded so before.
        path: The new one's directory.
        weights: How it is to store them.
        examples: Labelled, or texts for a generation model; those to measure the cost on.
        overwrite: Whether a bundle may stand there already.
        force: Write it whatever rounding costs.

    Raises:
        BundleError: The directory may not be replaced, or a weight can't be stored so.
        DataError: There is no example, or one has a label that is unknown.
        PluginError: A plugin that trained the bundle is not installed.
        UsageError: The weights are as small already, the bundle is the outcome of rounding, or
            rounding costs more than :data:`seqkit.export.LOSS`.
    """
    manifest = bundle.manifest
    if isinstance(manifest.rounding, RoundingRecord):
        raise UsageError(
            f"The weights of {bundle.path} were rounded already",
            why="its scores are of the model that it was made from",
            fix="Round that one",
        )
    if _STORAGES.index(weights) <= _STORAGES.index(manifest.weights):
        raise UsageError(
            f"Stored as {weights}, {bundle.path} would not be smaller",
            why=f"its weights are {manifest.weights}",
        )
    for part in manifest.parts:  # the recipe, which is written anew, lacks those that are missing
        registry.find(part.kind, f"{part.distribution}:{part.name}")
    extra = {name: file.read_bytes() for name, file in extra_files(bundle.path).items()}
    check_target(path, overwrite=overwrite, extra=extra)
    score = _score(bundle, _Rounded(bundle, weights), list(examples))
    check_cost(bundle, score, weights, "Leave the bundle as it is", force=force)
    cost = RoundingRecord(
        before=manifest.weights,
        metric=score.metric,
        score_before=score.before,
        score_after=score.after,
        examples=score.examples,
    )
    before = (bundle.path / WEIGHTS).stat().st_size
    recipe = bundle.recipe
    write_bundle(
        path,
        manifest=msgspec.structs.replace(manifest, weights=weights, rounding=cost),
        recipe=replace(recipe, bundle=msgspec.structs.replace(recipe.bundle, weights=weights)),
        tokenizer=bundle.tokenizer,
        weights=bundle.weights(),
        decoder=bundle.decoder,
        letters=bundle.letters,
        extra=extra,
        overwrite=overwrite,
    )
    return Shrunk(path, before, (path / WEIGHTS).stat().st_size, score)


def _score(bundle: Bundle, small: Bundle, examples: list[Example]) -> Score:
    if not examples:
        raise DataError("There is nothing to score", why="no example was read")
    metric = bundle.decoder.metric
    before, after = (TextModel(each).evaluate(examples) for each in (bundle, small))
    return Score(metric, before.scores[metric], after.scores[metric], before.examples)
