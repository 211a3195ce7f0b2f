"""What this machine can do at most, and how near to it the textbook's recipe trains."""

from __future__ import annotations

import functools
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks import arithmetic, machine, prepared
from benchmarks.arithmetic import Sizes, Work
from benchmarks.peaks import DTYPES, Product, Rate, copies, products, sizes_to_copy, using
from benchmarks.phases import PHASES, stepped, watch
from benchmarks.progress import say
from benchmarks.report import Report, Table, spread
from benchmarks.settings import Settings
from benchmarks.workload import kernels_of, network
from seqkit import corpora, registry
from seqkit import recipe as recipes
from seqkit.encoding import Encoded
from seqkit.recipe import Recipe
from seqkit.training.batching import Examples
from seqkit.training.checkpoint import Progress
from seqkit.training.events import Evaluated, Event
from seqkit.training.loop import Trainer
from seqkit.training.memory import keep_large_buffers

RECIPE = "imdb/lstm"
LARGE = 4096, 512  # rows of the square matrices that show the peak, and those of a quick run
NOTES = (
    (
        "GFLOP/s are thousand millions of multiplications and additions a second, GB/s thousand "
        "millions of bytes, read and written together."
    ),
    (
        "The bound is the time of the products alone, at the rate of the fastest: a word's "
        "with all weights of the cell, forward, for the gradient of its input, and for that of the "
        "weights. Nothing that a step does besides is in it. Real words are counted, without "
        "padding; the bound with padding is that of the batches as they are drawn."
    ),
    (
        "Adam's bound is the time in which the memory moves the weights, their gradients and both "
        "moments, where every step updates every weight; it comes on top."
    ),
    "An epoch is seqkit's own training loop over the prepared reviews, without scoring.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A measured epoch.

    Attributes:
        threads: Processor threads.
        seconds: Wall time of its training.
        shares: Of each phase.
    """

    threads: int
    seconds: float
    shares: dict[str, float]


def run(settings: Settings) -> Report:
    """Measure the peaks, count the epoch's work, and train for it."""
    tell = functools.partial(say, "limits")
    folder = prepared.imdb(quick=settings.quick)
    recipe = recipes.load(corpora.recipe_path(RECIPE), ["training.epochs=1"])
    threads = sorted({1, settings.threads})
    examples, vocabulary = reviews(folder)
    sizes = sizes_of(recipe, vocabulary)
    data = Examples(examples, batch_size=recipe.training.batch_size)
    work = arithmetic.work(data.batches(np.random.default_rng([recipe.random_seed, 0])))
    once = 0.02 if settings.quick else 0.3
    tell("products of matrices")
    shapes = shapes_of(sizes, work, recipe, large=LARGE[settings.quick])
    rates = products(shapes, threads=threads, rounds=settings.rounds, seconds=once)
    tell("copies")
    where = sizes_to_copy(quick=settings.quick)
    moved = copies(where, threads=threads, rounds=settings.rounds, seconds=once)
    epochs = []
    for number in range(settings.rounds):
        for count in threads:
            epochs.append(epoch(recipe, data, vocabulary, threads=count))
            took = f"an epoch took {epochs[-1].seconds:.1f} s with {_threads(count)}"
            tell(f"round {number + 1}: {took}")
    conditions = machine.conditions(threads=settings.threads, rounds=settings.rounds)
    conditions |= {
        "torch": str(torch.__version__),
        "kernels": kernels_of(recipe.cell.name),
        "recipe": f"{RECIPE}: {work.batches} batches, {work.examples:,} reviews, {work.tokens:,} "
        f"words, {work.steps / work.tokens - 1:.1%} padding besides",
        "an epoch's products": f"{work.operations(sizes) / 1e9:,.0f} GFLOP, with padding "
        f"{work.operations(sizes, padded=True) / 1e9:,.0f}",
    }
    if settings.quick:
        conditions["quick"] = "little data and one round: the numbers mean nothing"
    return Report(
        title="The limits of this machine, and what seqkit makes of them",
        conditions=conditions,
        tables=(
            _products(rates, shapes),
            _copies(moved, where),
            bounds(epochs, rates, moved, work, sizes),
            profile(epochs),
        ),
        data={
            "products": [asdict(rate) for rate in rates],
            "copies": [asdict(rate) for rate in moved],
            "work": asdict(work),
            "sizes": asdict(sizes),
            "epochs": [asdict(e) for e in epochs],
        },
        notes=NOTES,
    )


def reviews(folder: Path) -> tuple[list[Encoded], int]:
    """The training reviews in numbers, and how many words the vocabulary has."""
    with np.load(folder / "ids.npz") as stored:
        ends = np.cumsum(stored["train_lengths"])
        ids = np.split(stored["train_ids"].astype(np.int32), ends[:-1])
        labels = stored["train_labels"].astype(np.int64)
        vocabulary = int(stored["vocab_size"])
    return [Encoded(i, target=np.array(y)) for i, y in zip(ids, labels, strict=True)], vocabulary


def sizes_of(recipe: Recipe, vocabulary: int) -> Sizes:
    """The model's sizes: one layer, one direction, and a logit for two labels."""
    return Sizes(
        vocabulary=vocabulary,
        embedding=recipe.embedding.size,
        hidden=recipe.encoder.hidden_size,
        gates=registry.find("cell", recipe.cell.name).spec.gates,
        outputs=1,
    )


def shapes_of(sizes: Sizes, work: Work, recipe: Recipe, *, large: int) -> list[Product]:
    """A large square, the peak; then the products of the textbook's recipe and of larger ones."""
    batch = recipe.training.batch_size
    steps = max(1, round(work.steps / work.batches))  # of a batch, sequences side by side
    rows = sizes.gates * sizes.hidden
    return [
        Product(name=f"square of {large}", m=large, k=large, n=large),
        Product(name=f"{RECIPE}, inputs of a batch", m=steps, k=sizes.embedding, n=rows),
        Product(name=f"{RECIPE}, state of a step", m=batch, k=sizes.hidden, n=rows),
        Product(name="tinyshakespeare/lstm, inputs of a batch", m=64 * 32, k=64, n=4 * 384),
        Product(name="tinyshakespeare/lstm, state of a step", m=32, k=384, n=4 * 384),
    ]


def epoch(recipe: Recipe, data: Examples, vocabulary: int, *, threads: int) -> Epoch:
    """Train a fresh network for one epoch in seqkit's loop."""
    keep_large_buffers()
    generator = torch.Generator().manual_seed(recipe.random_seed)
    model = network(recipe, vocab_size=vocabulary, output_size=1)
    model.reset_parameters(generator)
    seconds = []

    def tell(event: Event) -> None:
        stepped(phases, event)
        if isinstance(event, Evaluated):
            seconds.append(event.seconds)

    with tempfile.TemporaryDirectory() as folder, using(threads):
        trainer = Trainer(
            model,
            data,
            recipe.training,
            random_seed=recipe.random_seed,
            generator=generator,
            score=None,
            metric="accuracy",
            greater_is_better=True,
            directory=Path(folder),
            progress=Progress(recipe="", data=""),
            tell=tell,
        )
        phases = watch(model, trainer.optimizer)
        trainer.run()
    return Epoch(threads=threads, seconds=seconds[0], shares=phases.shares())


def _products(rates: Sequence[Rate], shapes: Sequence[Product]) -> Table:
    columns = list(dict.fromkeys((rate.threads, rate.dtype) for rate in rates))
    by_key = {(rate.name, rate.threads, rate.dtype): rate for rate in rates}
    return Table(
        header=("product", "shape", *(f"{d}, {_threads(n)}" for n, d in columns)),
        rows=tuple(
            (
                shape.name,
                f"{shape.m} x {shape.k} x {shape.n}",
                *(_rate(by_key[shape.name, *column]) for column in columns),
            )
            for shape in shapes
        ),
        caption="GFLOP/s of matrix products.",
    )


def _copies(rates: Sequence[Rate], sizes: dict[str, int]) -> Table:
    columns = list(dict.fromkeys(rate.threads for rate in rates))
    by_key = {(rate.name, rate.threads): rate for rate in rates}
    return Table(
        header=("copied within", "MB", *map(_threads, columns)),
        rows=tuple(
            (name, f"{size / 1e6:,.1f}", *(_rate(by_key[name, n]) for n in columns))
            for name, size in sizes.items()
        ),
        caption="GB/s of a copy; source and target together have the size named.",
    )


def _rate(rate: Rate) -> str:
    return spread(rate.median, min(rate.rounds), max(rate.rounds), ".1f")


def _threads(number: int) -> str:
    return f"{number} thread{'s' * (number > 1)}"


def bounds(
    epochs: Sequence[Epoch],
    rates: Sequence[Rate],
    moved: Sequence[Rate],
    work: Work,
    sizes: Sizes,
) -> Table:
    """The least time of an epoch by its products, beside the time that it takes.

    Args:
        epochs: The measured ones.
        rates: Of products; the fastest of each type and number of threads is the peak.
        moved: Of copies; the last of each number of threads is that of the memory.
        work: What an epoch is made of.
        sizes: The model's.
    """
    rows = []
    for threads in dict.fromkeys(e.threads for e in epochs):
        taken = [e.seconds for e in epochs if e.threads == threads]
        middle = statistics.median(taken)
        memory = [rate.median for rate in moved if rate.threads == threads][-1]
        adam = work.adam_bytes(sizes) / memory / 1e9
        for dtype in DTYPES:
            peak = max(r.median for r in rates if (r.threads, r.dtype) == (threads, dtype))
            least = work.operations(sizes) / peak / 1e9
            padded = work.operations(sizes, padded=True) / peak / 1e9
            rows.append(
                (
                    f"{dtype}, {_threads(threads)}",
                    f"{peak:.0f}",
                    f"{least:.2f}",
                    f"{padded:.2f}",
                    f"{adam:.2f}",
                    spread(middle, min(taken), max(taken), ".2f"),
                    f"{least / middle:.0%}",
                )
            )
    return Table(
        header=(
            "at the peak of",
            "GFLOP/s",
            "bound, s",
            "with padding, s",
            "Adam's, s",
            "measured s",
            "bound/measured",
        ),
        rows=tuple(rows),
        caption=f"An epoch of {RECIPE}: the least time by the peak, and what seqkit takes in "
        "float32 as it trains.",
    )


def profile(epochs: Sequence[Epoch]) -> Table:
    """A row a phase, a column a number of threads: percent of an epoch's time."""
    columns = list(dict.fromkeys(e.threads for e in epochs))
    rows = []
    for phase in PHASES:
        cells = []
        for threads in columns:
            percent = [100 * e.shares[phase] for e in epochs if e.threads == threads]
            cells.append(spread(statistics.median(percent), min(percent), max(percent), ".1f"))
        rows.append((phase, *cells))
    return Table(
        header=("phase", *(f"%, {_threads(n)}" for n in columns)),
        rows=tuple(rows),
        caption="Where the time of an epoch goes.",
    )
