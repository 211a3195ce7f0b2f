"""How well a model does on labelled data, and what it gets wrong."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.decoding.adapting import FIXED, Adapting
from seqkit.decoding.base import Decoder
from seqkit.decoding.metrics import SUGGESTIONS, text_scores
from seqkit.decoding.numerics import log_softmax
from seqkit.encoding import Encoded, ExampleEncoder, join
from seqkit.errors import DataError, UsageError
from seqkit.examples import Example, text_of, words_of
from seqkit.predicting import GivesLogits, Predictor, blocks
from seqkit.reports import Evaluation, Mistake
from seqkit.runtimes.base import Runtime
from seqkit.runtimes.choice import AUTO

if TYPE_CHECKING:
    from seqkit.engine import Engine

#: Texts that are read side by side at most, and the steps of each at least, as each begins with an
#: empty state; torch's scores are counted so too.
_SIDE_BY_SIDE = 64
_LEAST_STEPS = 2000


def evaluate(engine: Engine, examples: Iterable[Example], *, adapting: Adapting) -> Evaluation:
    """The scores of a model, with the loss unless it was loaded for a runtime by its name.

    Args:
        engine: The model's.
        examples: As :meth:`seqkit.model.TextModel.evaluate` has them.
        adapting: The same.

    Raises:
        DataError: There are none, or a label is missing or unknown.
        UsageError: Another model, or another runtime than torch, is to learn from them.
    """
    examples = some(examples)
    bundle, encoder, name = engine.bundle, engine.encoder, engine.runtime_name
    if adapting.learns:
        check_adapting(bundle, name)
    if name == AUTO or adapting.learns:
        return evaluate_with_torch(
            bundle, encoder, examples, threads=engine.threads, adapting=adapting
        )
    return evaluate_with(engine.runtime, bundle, encoder, examples)


def some(examples: Iterable[Example]) -> list[Example]:
    """All examples.

    Raises:
        DataError: There are none.
    """
    if not (read := list(examples)):
        raise DataError("There is nothing to evaluate", why="no example was read")
    return read


def check_adapting(bundle: Bundle, runtime: str) -> None:
    """Make sure that a model can learn from what it is scored on.

    Args:
        bundle: An open bundle.
        runtime: The name of what is to run it.

    Raises:
        UsageError: Another head than generation, or another runtime than torch.
    """
    task = bundle.recipe.head.name
    if bundle.recipe.head_spec.arity != "one-to-many":
        raise UsageError(
            f"{bundle.path} can't learn from what it is scored on",
            why=f"its task is {task}, and a cache and dynamic evaluation are for generation",
            fix="Leave out --cache and --dynamic",
        )
    if runtime not in (AUTO, "torch"):
        raise UsageError(
            f"The runtime '{runtime}' can't learn from what it is scored on",
            why="torch alone has the layers' outputs and gradients",
            fix="Leave out --runtime",
        )


def evaluate_with_torch(
    bundle: Bundle,
    encoder: ExampleEncoder,
    examples: Sequence[Example],
    *,
    threads: int,
    adapting: Adapting = FIXED,
) -> Evaluation:
    """All scores, with the loss, which is the head's and which only torch knows.

    Args:
        bundle: An open bundle.
        encoder: The model's.
        examples: At least one.
        threads: As :class:`seqkit.runtimes.base.Runtime` has it.
        adapting: What a generation model learns from them as it reads.

    Raises:
        DataError: A label is missing or unknown, or there is nothing to score.
        UsageError: What is learnt makes the loss no number.
    """
    # heavy, and wanted only here
    from seqkit.runtimes.torch import TorchRuntime
    from seqkit.training.adapting import score_adapting
    from seqkit.training.scoring import score_examples, score_streams

    network = TorchRuntime(bundle, threads=threads).network
    if bundle.recipe.head_spec.arity == "one-to-many":
        documents = [encoder.encode(e, with_target=False) for e in examples]
        characters = _characters(examples)
        if adapting.learns:
            scores = score_adapting(network, documents, characters=characters, adapting=adapting)
        else:
            scores = score_streams(network, documents, characters=characters)
        return Evaluation(scores=scores, examples=len(examples))
    encoded = [encoder.encode(e, with_target=True) for e in examples]
    scored = score_examples(network, encoded, bundle.decoder, search=True)
    return evaluation_of(
        bundle.decoder, scored.scores, scored.logits, scored.targets, notes=_beside(bundle)
    )


def evaluate_with(
    runtime: Runtime, bundle: Bundle, encoder: ExampleEncoder, examples: Sequence[Example]
) -> Evaluation:
    """The scores that a model has as one of its runtimes runs it.

    Args:
        runtime: Made for the bundle.
        bundle: An open bundle.
        encoder: The model's.
        examples: At least one.

    Raises:
        DataError: A label is missing or unknown, or there is nothing to score.
    """
    if bundle.recipe.head_spec.arity == "one-to-many":
        documents = [encoder.encode(e, with_target=False) for e in examples]
        scores = score_text(runtime, documents, characters=_characters(examples))
        return Evaluation(scores=scores, examples=len(examples))
    return evaluate_labelled(runtime, bundle.decoder, encoder, examples, notes=_beside(bundle))


def evaluate_labelled(
    runtime: GivesLogits,
    decoder: Decoder,
    encoder: ExampleEncoder,
    examples: Sequence[Example],
    *,
    notes: Iterable[str] = (),
) -> Evaluation:
    """The scores of a model that has labels, without the loss.

    Args:
        runtime: What gives the logits.
        decoder: What scores them.
        encoder: What makes the runtime's input.
        examples: At least one; empty ones are left out.
        notes: What is to be said of the scores, beside the decoder's own notes.

    Raises:
        DataError: A label is missing or unknown, or there is nothing to score.
    """
    encoded = [e for x in examples if len(e := encoder.encode(x, with_target=True))]
    targets = [e.target for e in encoded if e.target is not None]
    logits = runtime.logits(encoded)
    scores = dict(decoder.score(logits, targets))
    return evaluation_of(decoder, scores, logits, targets, notes=notes)


def score_text(
    runtime: Runtime, documents: Sequence[Encoded], *, characters: int
) -> dict[str, float]:
    """The scores of :func:`seqkit.decoding.metrics.text_scores`, with state carried on.

    Args:
        runtime: Of a generation model.
        documents: Scored as one text, each ended by the end symbol.
        characters: How many characters they have, each end counted as one.
    """
    ids = join(documents)
    count = len(ids) - 1
    B = max(1, min(_SIDE_BY_SIDE, count // _LEAST_STEPS))
    n = -(-count // B)
    state, total, suggested = runtime.initial_state(B), 0.0, 0
    for step in range(n):
        places = step + n * np.arange(B)
        real = places < count
        places = np.minimum(places, count - 1)
        ones = np.ones(B, dtype=np.int64)
        logits, state = runtime.advance(ids[np.newaxis, places], ones, state)
        told = log_softmax(logits[real])
        right = np.take_along_axis(told, ids[places + 1][real][:, np.newaxis], axis=1)
        total -= float(right.sum(dtype=np.float64))
        suggested += int(((told > right).sum(axis=1) < SUGGESTIONS).sum())
    return text_scores(total, tokens=count, suggested=suggested, characters=characters)


def worst_mistakes(
    predictor: Predictor, examples: Iterable[Example], *, limit: int
) -> list[Mistake]:
    """What a model gets wrong, the most confident first.

    Args:
        predictor: The model's.
        examples: Labelled; empty ones are left out.
        limit: How many mistakes at most; 0 for all.

    Raises:
        DataError: A label is missing or unknown.
    """
    found = mistakes(predictor, examples)
    if limit:
        # no more than these are held at once
        return heapq.nsmallest(limit, found, key=lambda m: -m.probability)
    return sorted(found, key=lambda m: -m.probability)


def mistakes(predictor: Predictor, examples: Iterable[Example]) -> Iterator[Mistake]:
    """What a model gets wrong, in the order of the examples; empty ones are left out.

    Args:
        predictor: The model's.
        examples: Labelled, read as mistakes are asked for.

    Raises:
        DataError: A label is missing or unknown.
    """
    for example, logits, target in answered(predictor, examples):
        for wrong in predictor.decoder.mistakes(logits, target):
            yield Mistake(
                source=example.source,
                text=_context(example, wrong.step),
                truth=wrong.truth,
                prediction=wrong.prediction,
                probability=wrong.probability,
            )


def answered(
    predictor: Predictor, examples: Iterable[Example]
) -> Iterator[tuple[Example, np.ndarray, np.ndarray]]:
    """Each example with its logits and its target; empty ones are left out.

    Args:
        predictor: The model's.
        examples: Labelled, read as answers are asked for.

    Raises:
        DataError: A label is missing or unknown.
    """
    for block in blocks(examples):
        encoded = [predictor.encoder.encode(e, with_target=True) for e in block]
        for example, e, logits in zip(block, encoded, predictor.logits(encoded), strict=True):
            if logits is not None and e.target is not None:
                yield example, logits, e.target


def evaluation_of(
    decoder: Decoder,
    scores: dict[str, float],
    logits: Sequence[np.ndarray],
    targets: Sequence[np.ndarray],
    *,
    notes: Iterable[str] = (),
) -> Evaluation:
    """The scores of labelled examples, by label too.

    Args:
        decoder: What reads the logits.
        scores: Of all together.
        logits: Those of each example.
        targets: What the decoder gave for each.
        notes: What is to be said of the scores, beside the decoder's own notes.
    """
    return Evaluation(
        scores=scores,
        examples=len(targets),
        labels=decoder.labels,
        per_label=decoder.report(logits, targets),
        confusion=decoder.confusion(logits, targets),
        calibration=dict(decoder.calibration(logits, targets)),
        notes=(*decoder.notes(), *notes),
    )


def _beside(bundle: Bundle) -> Iterator[str]:
    """On what the model was developed with, not on what it is scored on now."""
    if told := bundle.manifest.beside():
        yield f"on the development data of its training {told}"


def _characters(examples: Iterable[Example]) -> int:
    return sum(len(text_of(e)) + 1 for e in examples)


def _context(example: Example, step: int | None) -> str:
    if step is None:
        return text_of(example)
    words = list(words_of(example))
    return " ".join([*words[:step], f">{words[step]}<", *words[step + 1 :]])
