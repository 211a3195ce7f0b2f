"""The use case of writing a model's network as an ONNX file for other programs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.contextual import sentence
from seqkit.encoding import Encoded, ExampleEncoder
from seqkit.errors import BundleError, UsageError
from seqkit.examples import Example
from seqkit.runtimes.base import Runtime
from seqkit.runtimes.onnx import OnnxRuntime
from seqkit.spelling import drawn

if TYPE_CHECKING:
    from seqkit.lowering.network import Lowered

#: How far a logit may be from torch's, in shares of it, or of 1 where it is smaller.
TOLERANCE = 1e-4
#: How much of the score rounded weights may cost.
LOSS = 0.003
#: Lengths of the texts that both are given, side by side.
_BATCHES = ([1], [1, 1, 1], [2, 9, 5, 1], [40, 33])


@dataclass(frozen=True, slots=True)
class Score:
    """What rounding costs.

    Attributes:
        metric: The score that picks the task's best model.
        before: Its value with the weights as they are.
        after: Its value with the weights rounded.
        examples: How many examples it was measured on.
    """

    metric: str
    before: float
    after: float
    examples: int


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        path: The file.
        size: Its bytes.
        inputs: The graph's inputs, by name.
        outputs: Its outputs, by name.
        difference: The largest from torch, as :data:`TOLERANCE` counts it; before the weights
            became int8, where they did.
        score: What int8 weights cost; none where they are float32.
    """

    path: Path
    size: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    difference: float
    score: Score | None


def export_onnx(
    bundle: Bundle,
    path: Path,
    *,
    overwrite: bool = False,
    quantize_for: Iterable[Example] | None = None,
    force: bool = False,
) -> Exported:
    """Write a model's network as an ONNX file, having held it against torch.

    Args:
        bundle: An open bundle.
        path: The file, which appears under its name only when it is complete.
        overwrite: Whether it may be there already.
        quantize_for: Labelled examples to measure what int8 weights cost; none for float32.
        force: Write int8 weights whatever they cost.

    Raises:
        UsageError: The file exists, its folder does not, the model has a part that can't be
            written in ONNX, or int8 weights cost more than :data:`LOSS`.
        DataError: There is no labelled example, or one has a label that is unknown.
        BundleError: The bundle is damaged, or ONNX gives other numbers than torch.
    """
    # heavy, and wanted by this command alone
    import onnx

    from seqkit.lowering.network import lower

    check_free(path, overwrite=overwrite)
    if obstacle := OnnxRuntime.obstacle(bundle):
        raise UsageError(f"{bundle.path} can't be written in ONNX", why=obstacle)
    lowered = lower(bundle)
    onnx.checker.check_model(lowered.whole(), full_check=True)
    difference = difference_from_torch(bundle, lowered)
    if not difference <= TOLERANCE:
        raise BundleError(
            f"{bundle.path} in ONNX is not the same model",
            why=f"its logits differ from torch's by {difference:.1e} of their size, more than "
            f"{TOLERANCE:.0e}",
            fix="Use the bundle itself, with seqkit",
        )
    score = None
    if quantize_for is not None:
        lowered, score = _quantized(bundle, lowered, quantize_for)
        check_cost(bundle, score, "int8", "Leave out --quantize", force=force)
    data = lowered.whole().SerializeToString()
    _write(path, data)
    graph = lowered.model.graph
    return Exported(
        path=path,
        size=len(data),
        inputs=tuple(value.name for value in graph.input),
        outputs=tuple(value.name for value in graph.output),
        difference=difference,
        score=score,
    )


def _quantized(
    bundle: Bundle, lowered: Lowered, examples: Iterable[Example]
) -> tuple[Lowered, Score]:
    # as heavy as onnx, and wanted only with --quantize
    from seqkit.lowering.quantized import quantized

    recipe, decoder = bundle.recipe, bundle.decoder
    if lowered.states:
        raise UsageError(
            f"{bundle.path} can't have int8 weights",
            why=f"a {bundle.manifest.task} model has no labels to measure what they cost by",
            fix="Leave out --quantize",
        )
    encoder = ExampleEncoder(
        bundle.tokenizer,
        decoder,
        recipe.head_spec.arity,
        recipe.encoder,
        characters=recipe.embedding.spells,
        letters=bundle.letters,
    )
    encoded = [e for x in examples if len(e := encoder.encode(x, with_target=True))]
    targets = [e.target for e in encoded if e.target is not None]
    small = quantized(lowered)
    before, after = (
        decoder.score(OnnxRuntime(bundle, lowered=each).logits(encoded), targets)[decoder.metric]
        for each in (lowered, small)
    )
    return small, Score(decoder.metric, before, after, len(encoded))


def check_cost(bundle: Bundle, score: Score, weights: str, fix: str, *, force: bool) -> None:
    """Make sure that rounding costs little enough.

    Args:
        bundle: The model's.
        score: What it costs.
        weights: What the weights are rounded to.
        fix: What else to do than to force it.
        force: Whether it may cost whatever it does.

    Raises:
        UsageError: It costs more than :data:`LOSS`.
    """
    fall = score.before - score.after
    if not bundle.decoder.greater_is_better:
        fall = -fall
    if not (force or fall <= LOSS):
        raise UsageError(
            f"{weights} weights cost {bundle.path} too much",
            why=f"{score.metric} goes from {score.before:.4f} to {score.after:.4f} on "
            f"{score.examples:,} examples",
            fix=f"{fix}, or write it all the same with --force",
        )


def check_free(path: Path, *, overwrite: bool, option: str = "--output") -> None:
    """Make sure that a file can be written.

    Args:
        path: The file.
        overwrite: Whether it may be there already.
        option: What names it on the command line.

    Raises:
        UsageError: It exists and may not be overwritten, or its folder is missing.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists", fix=f"Name another with {option}, or add --overwrite")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}", fix="Make it first")


def difference_from_torch(bundle: Bundle, lowered: Lowered) -> float:
    """How far the logits of random texts are from torch's at most, as :data:`TOLERANCE` counts.

    The texts are of one token and of many, alone and side by side; a generator goes on from the
    states that each of the two has come to.
    """
    # only this check needs torch
    from seqkit.runtimes.torch import TorchRuntime

    ours, theirs = OnnxRuntime(bundle, lowered=lowered), TorchRuntime(bundle)
    if lowered.states:
        pairs = zip(_continued(ours, bundle), _continued(theirs, bundle), strict=True)
    else:
        examples = list(_texts(bundle))
        pairs = zip(ours.logits(examples), theirs.logits(examples), strict=True)
    apart = [np.max(np.abs(ours - its) / np.maximum(1, np.abs(its))) for ours, its in pairs]
    return float(np.max(apart))  # no number, where one of them is none


def _texts(bundle: Bundle) -> Iterator[Encoded]:
    tokenizer, rng = bundle.tokenizer, np.random.default_rng(0)
    tokens = bundle.recipe.head_spec.arity == "many-to-many"
    for n in itertools.chain(*_BATCHES):
        shape = n, tokenizer.feature_count
        yield Encoded(
            rng.integers(0, tokenizer.vocab_size, n),
            features=rng.integers(0, tokenizer.feature_buckets, shape) if shape[1] else None,
            steps=np.arange(n) if tokens else None,
            characters=drawn(rng, n) if bundle.recipe.embedding.spells else None,
            **sentence(rng, n, bundle.recipe.contextual),
        )


def _continued(runtime: Runtime, bundle: Bundle) -> Iterable[np.ndarray]:
    rng = np.random.default_rng(0)
    for lengths in _BATCHES:
        state = runtime.initial_state(len(lengths))
        for steps in (np.array(lengths), np.ones(len(lengths), dtype=np.int64)):
            ids = rng.integers(0, bundle.tokenizer.vocab_size, (int(steps.max()), len(lengths)))
            logits, state = runtime.advance(ids, steps, state)
            yield logits


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.seqkit-new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
