"""``seqkit inspect``: what is in a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seqkit.cli.options import format_option, model_argument

if TYPE_CHECKING:
    from seqkit.model import TextModel


@click.command()
@model_argument
@format_option("table", "json", default="table")
def inspect(*, model: str, form: str) -> None:
    """Show what MODEL, a bundle's folder or an installed model, is made of.

    That is what its manifest says, its development scores, and each tensor of its weights with
    shape and number of parameters. Nothing in it is run.

    \b
    Example:
      seqkit inspect models/imdb-lstm
    """
    from seqkit import api

    loaded = api.load(model)
    if form == "json":
        from seqkit.cli.output import to_json

        facts = {
            "path": str(loaded.path),
            "manifest": loaded.manifest,
            "runtimes": list(loaded.runtimes()),
            "layers": loaded.layers(),
        }
        click.echo(to_json(facts, indent=2))
    else:
        _print(loaded)


def _print(model: TextModel) -> None:
    from seqkit.bundle.manifest import RoundingRecord
    from seqkit.cli.output import print_table
    from seqkit.cli.progress import duration

    manifest = model.manifest
    corpus, rounding = manifest.corpus, manifest.rounding
    facts = {
        "path": str(model.path),
        "task": manifest.task,
        "language": manifest.language,
        "parts": ", ".join(f"{part.kind} {part.name}" for part in manifest.parts),
        "packages": ", ".join(
            dict.fromkeys(f"{part.distribution} {part.version}" for part in manifest.parts)
        ),
        "labels": _listed(manifest.labels),
        "vocabulary": f"{manifest.vocab_size:,}",
        "weights": f"{manifest.parameters:,} parameters, {manifest.weights}",
        "corpus": ", ".join(filter(None, [corpus.name or "own files", corpus.licence])),
        "examples": f"{corpus.train_examples:,} to train, {corpus.dev_examples:,} to score",
        "trained": f"{manifest.created}, {duration(manifest.seconds)} on "
        f"{manifest.machine.device or 'cpu'}, random seed {manifest.random_seed}",
        "runtime": _runtime(model),
        "best epoch": str(manifest.best_epoch or "none finished"),
        "baseline": manifest.beside(),
        "rounding": rounding.told() if isinstance(rounding, RoundingRecord) else "",
        "format": f"{manifest.format_version}, by seqkit {manifest.seqkit_version}",
    }
    print_table(["model", ""], [[name, text] for name, text in facts.items() if text])
    if manifest.scores:
        click.echo()
        print_table(["development score", "value"], list(manifest.scores.items()))
    tensors = model.layers()
    layers: list[list[str | int]] = [
        [layer.name, " x ".join(map(str, layer.shape)), layer.parameters] for layer in tensors
    ]
    layers.append(["all", "", sum(layer.parameters for layer in tensors)])
    click.echo()
    print_table(["layer", "shape", "parameters"], layers)


def _runtime(model: TextModel) -> str:
    """What runs it to predict, and why none of the faster ones does."""
    before: list[str] = []
    for candidate in model.runtimes():
        if not candidate.obstacle:
            return "; not ".join([candidate.name, *before])
        before.append(f"{candidate.name}: {candidate.obstacle}")
    return "none; not " + "; not ".join(before)


def _listed(labels: tuple[str, ...]) -> str:
    if len(labels) <= 12:
        return ", ".join(labels)
    return f"{', '.join(labels[:10])}, and {len(labels) - 10} more"
