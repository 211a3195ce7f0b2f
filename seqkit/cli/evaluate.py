"""``seqkit evaluate``: scores on labelled data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.labelled import Labelled, labelled_options
from seqkit.cli.options import (
    format_option,
    model_argument,
    runtime_options,
    struct_options,
    with_option,
)
from seqkit.decoding.adapting import Adapting

if TYPE_CHECKING:
    from seqkit.reports import Evaluation

#: The most labels whose whole confusion matrix fits a screen.
_WIDE = 12


@click.command()
@model_argument
@labelled_options
@with_option
@runtime_options
@struct_options(Adapting)
@format_option("table", "json", default="table")
def evaluate(
    *,
    model: str,
    others: tuple[str, ...],
    runtime: str,
    threads: int,
    cache: int,
    cache_theta: float,
    cache_lambda: float,
    dynamic: float,
    form: str,
    **data: Any,
) -> None:
    """Score MODEL, a bundle's folder or an installed model, on labelled data.

    Each FILE is read as the model's recipe says. Without any, the model is scored on the data that
    its recipe names. With --runtime, the scores are those that the model has as that runs it, and
    without the loss where torch alone knows it. With --with, they are those of the mean of several
    models' probabilities, without a loss.

    \b
    Example:
      seqkit evaluate models/imdb-lstm
      seqkit evaluate models/reviews test.csv --format json
      seqkit evaluate models/novel test.txt --cache 2000
    """
    from seqkit import api
    from seqkit.cli.output import to_json

    loaded = api.load([model, *others], runtime=runtime, threads=threads)
    examples, skipped = Labelled(**data).read(loaded.recipe, context=loaded.context)
    adapting = Adapting(
        cache=cache, cache_theta=cache_theta, cache_lambda=cache_lambda, dynamic=dynamic
    )
    evaluation = loaded.evaluate(examples, adapting=adapting)
    skipped.report()
    if form == "json":
        click.echo(to_json(evaluation, indent=2))
    else:
        _print(evaluation)


def _print(evaluation: Evaluation) -> None:
    from seqkit.cli.output import print_table
    from seqkit.cli.progress import in_words

    rows: list[Sequence[str | float]] = [("examples", evaluation.examples)]
    rows += evaluation.scores.items()
    print_table(["score", "value"], rows, right="value")
    if evaluation.calibration:
        click.echo(f"probabilities: {in_words(evaluation.calibration)}")
    for note in evaluation.notes:
        click.echo(note)
    if evaluation.per_label:
        click.echo()
        print_table(
            ["label", "precision", "recall", "f1", "support"],
            [[s.label, s.precision, s.recall, s.f1, s.support] for s in evaluation.per_label],
        )
    if not evaluation.confusion:
        return
    labels = evaluation.labels
    click.echo()
    if len(labels) <= _WIDE:
        matrix = zip(labels, evaluation.confusion, strict=True)
        print_table(["truth \\ prediction", *labels], [[name, *row] for name, row in matrix])
        return
    confused = [
        (count, truth, labels[index])
        for truth, row in zip(labels, evaluation.confusion, strict=True)
        for index, count in enumerate(row)
        if count and labels[index] != truth
    ]
    confused.sort(reverse=True)
    rows = [[truth, prediction, times] for times, truth, prediction in confused[:20]]
    print_table(["truth", "prediction", "times"], rows)
