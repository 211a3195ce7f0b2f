"""Continuations of seeds, as they are asked of a model: drawn, or searched for."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from seqkit.decoding.beam import BeamSearch
from seqkit.decoding.sampling import Sampling
from seqkit.errors import at_least
from seqkit.generating.drawing import Writer
from seqkit.generating.searching import search
from seqkit.predictions import Generation

if TYPE_CHECKING:
    from seqkit.engine import Engine


def continuations(
    engine: Engine,
    seeds: Iterable[str],
    *,
    tokens: int,
    sampling: Sampling | BeamSearch,
    stop: Sequence[str],
    num: int,
    random_seed: int | None,
) -> Iterator[list[Generation]]:
    """The texts of each seed, in the order of the seeds.

    Args:
        engine: Of a generation model.
        seeds: Read as their texts are asked for, some ahead.
        tokens: As :meth:`seqkit.model.TextModel.generate` has it, like all that follow.
        sampling: The same.
        stop: The same.
        num: The same.
        random_seed: The same.

    Raises:
        UsageError: An argument is out of range.
    """
    _check(tokens, num, random_seed)
    runtime, tokenizer = engine.runtime, engine.bundle.tokenizer
    if isinstance(sampling, BeamSearch):
        return search(runtime, tokenizer, seeds, num=num, tokens=tokens, beam=sampling, stop=stop)
    return Writer(
        runtime,
        tokenizer,
        num=num,
        tokens=tokens,
        sampling=sampling,
        stop=stop,
        random_seed=random_seed,
    ).many(seeds)


def streamed(
    engine: Engine,
    seed: str,
    *,
    tokens: int,
    sampling: Sampling,
    stop: Sequence[str],
    random_seed: int | None,
) -> Generator[str, None, Generation]:
    """The pieces of the one text of a seed, which is returned at the end.

    Args:
        engine: Of a generation model.
        seed: The text to go on from.
        tokens: As :meth:`seqkit.model.TextModel.stream` has it, like all that follow.
        sampling: The same.
        stop: The same.
        random_seed: The same.

    Raises:
        UsageError: An argument is out of range; at once.
    """
    _check(tokens, 1, random_seed)
    return Writer(
        engine.runtime,
        engine.bundle.tokenizer,
        num=1,
        tokens=tokens,
        sampling=sampling,
        stop=stop,
        random_seed=random_seed,
    ).stream(seed)


def _check(tokens: int, num: int, random_seed: int | None) -> None:
    at_least(0, tokens=tokens, random_seed=random_seed or 0)
    at_least(1, num=num)
