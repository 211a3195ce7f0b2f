"""Texts that are searched for: the likeliest that follow a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from seqkit.decoding.beam import Beam, BeamSearch
from seqkit.decoding.numerics import refuse_nan
from seqkit.decoding.stopping import StopStrings
from seqkit.generating.feeding import feed
from seqkit.generating.writing import Writing
from seqkit.predictions import Generation
from seqkit.runtimes.base import Runtime
from seqkit.tokenizers.base import Tokenizer


def search(
    runtime: Runtime,
    tokenizer: Tokenizer,
    seeds: Iterable[str],
    *,
    num: int,
    tokens: int,
    beam: BeamSearch,
    stop: Sequence[str],
) -> Iterator[list[Generation]]:
    """The continuations of seeds that a beam search finds to be the likeliest.

    Args:
        runtime: Runs the model.
        tokenizer: The model's.
        seeds: The texts to go on from, read as their continuations are asked for.
        num: How many of each, at most the beam's width.
        tokens: Tokens of each at most.
        beam: How to search.
        stop: Strings that end a text; they are not part of it.

    Returns:
        ``num`` of each seed, the best first; fewer where the model allows no more.

    Raises:
        UsageError: An option is out of its range, or a stop string is empty.
    """
    StopStrings(stop)
    eos, banned = tokenizer.eos_id, (tokenizer.pad_id, tokenizer.unk_id)
    Beam(beam, num=num, tokens=tokens, eos_id=eos)

    def found(seed: str) -> list[Generation]:
        seed_ids = tokenizer.encode_ids(seed)

        def written(ids: Sequence[int]) -> Writing:
            text = Writing(tokenizer, seed, seed_ids, tokens=tokens, stop=stop)
            for token in ids:
                text.push(token)
            return text

        def stopped(ids: Sequence[int]) -> bool:
            return written(ids).finish_reason == "stop"

        paths = Beam(
            beam,
            num=num,
            tokens=tokens,
            eos_id=eos,
            banned=banned,
            ends=stopped if stop else None,
        )
        logits, state = feed(runtime, [[eos, *seed_ids]])
        while not paths.finished:
            refuse_nan(logits)
            parents, last = paths.grow(logits)
            if not paths.finished:
                state = runtime.select(state, parents)
                ones = np.ones(len(last), dtype=np.int64)
                logits, state = runtime.advance(np.array([last]), ones, state)
        return [written(ids).result() for ids in paths.best()]

    return map(found, seeds)
