"""How fast a trained model predicts, through the runtime that it would be used with."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seqkit.errors import BundleError
from seqkit.examples import Example
from seqkit.predicting import size
from seqkit.readers.base import OnBad
from seqkit.specs import Arity

if TYPE_CHECKING:
    from seqkit.corpora import Sources
    from seqkit.model import TextModel

#: Examples that are predicted in a round, and characters in them, at most.
_EXAMPLES, _CHARACTERS = 2000, 1_000_000
#: Rounds at least, and seconds that they take together at least.
_ROUNDS, _SECONDS = 3, 0.5
#: Tokens that are written in a round, by a model that writes.
_TOKENS = 256
#: What is counted where it is not documents, by the head's arity.
_ITEMS = {"many-to-many": "sentences", "one-to-many": "tokens"}


class Speed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast a model predicts.

    Attributes:
        items_per_second: In the median round.
        items: What is counted: ``documents``, ``sentences``, or ``tokens`` that are written.
        runtime: What ran it.
    """

    items_per_second: float
    items: str
    runtime: str


def held_out(sources: Sources, arity: Arity, *, on_bad: OnBad) -> list[Example]:
    """The first of the development examples, as many as make a round."""
    # the spool is a part of training, whose package is torch's
    from seqkit.readers.files import read
    from seqkit.splits import hold_out
    from seqkit.training.spool import Examples

    def of(paths: Sequence[Path]) -> Iterable[Example]:
        return read(paths, reader=sources.reader, encoding=sources.encoding, on_bad=on_bad)

    found = of(sources.dev)
    if not sources.dev:
        _, found = hold_out(Examples(of(sources.train)), sources.dev_fraction, arity=arity)
    chosen: list[Example] = []
    characters = 0
    for example in found:
        chosen.append(example)
        characters += size(example)
        if len(chosen) == _EXAMPLES or characters >= _CHARACTERS:
            break
    return chosen


def measure(
    model: TextModel,
    examples: Sequence[Example],
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Predict some rounds, after one that does not count.

    Args:
        model: Just loaded.
        examples: To predict; of no use to a model that writes, which continues nothing.
        clock: Seconds that never go back.

    Raises:
        BundleError: No runtime can run it.
    """
    runtime = next((found.name for found in model.runtimes() if not found.obstacle), None)
    if runtime is None:
        raise BundleError(f"No runtime can run {model.path}", fix="See 'seqkit inspect'")
    rates, began = [], clock()
    for number in itertools.count():
        started = clock()
        done = _round(model, examples, number)
        seconds = clock() - started
        if number:
            rates.append(done / max(seconds, 1e-9))
        else:
            began = clock()
        if len(rates) >= _ROUNDS and clock() - began >= _SECONDS:
            break
    return Speed(
        items_per_second=statistics.median(rates),
        items=_ITEMS.get(model.recipe.head_spec.arity, "documents"),
        runtime=runtime,
    )


def _round(model: TextModel, examples: Sequence[Example], number: int) -> int:
    """Predict once; how many items that was."""
    if model.recipe.head_spec.arity == "one-to-many":
        return sum(g.tokens for g in model.generate("", tokens=_TOKENS, random_seed=number))
    return sum(1 for _ in model.predict(examples))
