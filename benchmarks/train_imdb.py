"""Film reviews, by the textbook's recipe: seqkit, Keras, PyTorch, fastText and scikit-learn."""

from __future__ import annotations

import functools
import itertools
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import prepared
from benchmarks.contest import Contender, Contest, Result, hold
from benchmarks.environments import Environment
from benchmarks.progress import say
from benchmarks.report import Report, Table, spread
from benchmarks.settings import Settings
from benchmarks.standings import Figures, Metric, report
from seqkit import corpora

TARGET = 0.88  # of the validation reviews told right
#: The recipes of seqkit that take part, where they exist.
RECIPES = {
    "imdb/lstm": ("seqkit", "the textbook's recipe (imdb/lstm), from the corpus's own archive"),
    "imdb/fast": ("seqkit fast", "seqkit's own recipe (imdb/fast), from the corpus's own archive"),
}
KERAS = "Keras"
PEERS = (
    Contender(
        name=KERAS,
        script="keras_imdb.py",
        environment=Environment(name="keras", requirements=("keras.txt",)),
        about="the textbook's program: 500 words padded on the left, Embedding 50, LSTM 32, "
        "dropout 0.25 twice, Adam, batch 256, 3 epochs",
    ),
    Contender(
        name="PyTorch",
        script="torch_imdb.py",
        environment=Environment(name="torch", requirements=("torch.txt",)),
        about="the same with torch.nn.LSTM in a plain loop over padded batches",
    ),
    Contender(
        name="fastText",
        script="fasttext_imdb.py",
        environment=Environment(name="fasttext", requirements=("fasttext.txt",), light=True),
        about="a linear model of words and bigrams, all of each review",
    ),
    Contender(
        name="scikit-learn",
        script="sklearn_imdb.py",
        environment=Environment(name="sklearn", requirements=("sklearn.txt",), light=True),
        about="logistic regression on the TF-IDF of words and bigrams, all of each review",
    ),
)
METRICS = (
    Metric(key="epoch", title="s/epoch", form=".2f", better="less", compared="ratio"),
    Metric(key="training", title="training s", form=".1f", better="less", compared="ratio"),
    Metric(key="command", title="command s", form=".1f", better="less", compared="ratio"),
    Metric(key="began", title="s to first step", form=".1f", better="less", compared="ratio"),
    Metric(key="reached", title=f"s to {TARGET}", form=".1f", better="less", compared="ratio"),
    Metric(
        key="accuracy",
        title="accuracy",
        form=".4f",
        better="more",
        compared="difference",
        mean=True,
    ),
    Metric(
        key="meanwhile",
        title=f"accuracy in {KERAS}'s time",
        form=".4f",
        better="more",
        compared="difference",
    ),
    Metric(key="peak", title="peak MB", form=".0f", better="less", compared="ratio"),
)
NOTES = (
    (
        "All validate on the same 20 % of the training reviews, those that seqkit holds out; the "
        "test reviews are not used."
    ),
    (
        "All read the same words. Keras and PyTorch are given the ids that seqkit's recipe makes, "
        "fastText and scikit-learn the words themselves; seqkit's command also reads the archive, "
        "splits it into words and makes the vocabulary, so its whole command does more than theirs."
    ),
    (
        "s/epoch is the median epoch's training without validation. training s is from where "
        f"training begins to the last validation, and s to {TARGET} to the first that is as good. "
        "Counting words and bigrams is training for fastText and scikit-learn."
    ),
    (
        f"accuracy is that after the last epoch. That in {KERAS}'s time is the best that was "
        f"reached within {KERAS}'s training s of the same round."
    ),
)


def contenders() -> list[Contender]:
    """Seqkit's recipes that exist, and the peers."""
    known = corpora.recipes(corpora.find("imdb"))
    ours = [
        Contender(name=name, script="seqkit_examples.py", arguments=(recipe,), about=about)
        for recipe, (name, about) in RECIPES.items()
        if recipe in known
    ]
    return [*ours, *PEERS]


def run(settings: Settings) -> Report:
    """Train them all in turns."""
    small = prepared.imdb(quick=True)
    data = small if settings.quick else prepared.imdb(quick=False)
    field = contenders()
    contest = hold(
        field, settings, data=data, small=small, say=functools.partial(say, "train-imdb")
    )
    return report(
        "Training on IMDb: seqkit and its peers",
        contest,
        field,
        METRICS,
        measure,
        settings=settings,
        extra=[by_epoch(contest, field)],
        notes=NOTES,
    )


def measure(results: Mapping[str, Result]) -> dict[str, Figures]:
    """Each contender's figures in one round."""
    limit = results[KERAS].said["points"][-1]["passed"] if KERAS in results else None
    return {name: _figures(result, limit) for name, result in results.items()}


def _figures(result: Result, limit: float | None) -> Figures:
    said = result.said
    points: list[dict[str, float]] = said["points"]
    starts = [0.0, *(point["trained"] for point in points)]
    epochs = [end - start for start, end in itertools.pairwise(starts)]
    return {
        "epoch": statistics.median(epochs),
        "training": points[-1]["passed"],
        "command": result.seconds,
        "began": said["began"],
        "reached": next((p["passed"] for p in points if p["accuracy"] >= TARGET), None),
        "accuracy": points[-1]["accuracy"],
        "meanwhile": None if limit is None else _best(points, limit),
        "peak": said["peak_bytes"] / 1e6,
    }


def _best(points: Sequence[Mapping[str, Any]], limit: float) -> float | None:
    return max((p["accuracy"] for p in points if p["passed"] <= limit), default=None)


def by_epoch(contest: Contest, field: Sequence[Contender]) -> Table:
    """The validation accuracy after each epoch."""
    rows, most = [], 0
    for contender in field:
        runs = [
            [point["accuracy"] for point in results[contender.name].said["points"]]
            for results in contest.rounds
            if contender.name in results
        ]
        # with early stopping, rounds may have different numbers of epochs
        columns = [
            [run[epoch] for run in runs if epoch < len(run)]
            for epoch in range(max(map(len, runs), default=0))
        ]
        if len(columns) > 1:
            cells = [spread(statistics.median(c), min(c), max(c), ".4f") for c in columns]
            rows.append([contender.name, *cells])
            most = max(most, len(cells))
    return Table(
        header=("after epoch", *map(str, range(1, most + 1))),
        rows=tuple((*row, *[""] * (most + 1 - len(row))) for row in rows),
        caption="The validation accuracy after each epoch, of those that have several.",
    )
