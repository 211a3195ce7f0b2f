"""``seqkit export``: a model as a file for other programs, or as a smaller bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.labelled import Labelled, labelled_options
from seqkit.cli.options import model_argument
from seqkit.errors import UsageError

if TYPE_CHECKING:
    from seqkit.bundle.load import Bundle
    from seqkit.bundle.manifest import Storage
    from seqkit.export import Score


@click.command()
@model_argument
@labelled_options
@click.option(
    "--to", type=click.Choice(["onnx", "bundle"]), required=True, help="A file, or a bundle."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="The file, or the bundle's folder.  [default: in this folder, MODEL's name with .onnx, "
    "or with what the weights are]",
)
@click.option("--overwrite", is_flag=True, help="Replace the file, or the bundle, if it exists.")
@click.option(
    "--quantize", type=click.Choice(["int8"]), help="Round the weights, for a smaller file."
)
@click.option(
    "--weights",
    type=click.Choice(["float16", "int8"]),
    help="What the weights of a bundle are rounded to.",
)
@click.option("--force", is_flag=True, help="Write rounded weights whatever they cost.")
def export(
    *,
    model: str,
    to: str,
    output: Path | None,
    overwrite: bool,
    quantize: str | None,
    weights: Storage | None,
    force: bool,
    **data: Any,
) -> None:
    """Write MODEL, a bundle's folder or an installed model, as an ONNX file or a smaller bundle.

    The file is the network alone: it takes ids and gives logits; the tokenizer and the labels'
    meaning stay in the bundle. It is held against torch before it is written, and the largest
    difference is printed. A bundle with smaller weights is used as any other.

    Where weights are rounded, with --quantize or --weights, the model is scored on labelled data,
    before and after: on each FILE, read as its recipe says, or on the data that its recipe names.
    Nothing is written where the score falls by more than 0.003.

    \b
    Example:
      seqkit export models/imdb-lstm --to onnx
      seqkit export models/imdb-lstm --to onnx --quantize int8
      seqkit export models/imdb-lstm --to bundle --weights int8
    """
    from seqkit.bundle.load import open_bundle, resolve
    from seqkit.cli.output import print_table

    given = {"--quantize": quantize, "--weights": weights}
    wanted, other = ("--quantize", "--weights") if to == "onnx" else ("--weights", "--quantize")
    if given[other]:
        raise UsageError(
            f"{other} has no use here",
            why=f"it is not for --to {to}",
            fix=f"Leave it out, or write {wanted}",
        )
    if to == "bundle" and not weights:
        raise UsageError(
            "A bundle would be written as it is",
            why="nothing says what its weights are to become",
            fix="Add --weights int8 or --weights float16",
        )
    if to == "onnx" and not quantize and (data["files"] or force):
        unused = f"The file {data['files'][0]}" if data["files"] else "--force"
        raise UsageError(
            f"{unused} has no use here",
            why="only rounded weights are scored",
            fix="Leave it out, or add --quantize int8",
        )
    bundle = open_bundle(resolve(model))
    name = bundle.path.resolve().name
    labelled = Labelled(**data)
    if weights:
        rows = _smaller(
            bundle,
            output or Path(f"{name}-{weights}"),
            weights,
            labelled,
            overwrite=overwrite,
            force=force,
        )
    else:
        rows = _onnx(
            bundle,
            output or Path(f"{name}.onnx"),
            labelled if quantize else None,
            overwrite=overwrite,
            force=force,
        )
    print_table(["export", ""], rows)


def _smaller(
    bundle: Bundle,
    path: Path,
    weights: Storage,
    labelled: Labelled,
    *,
    overwrite: bool,
    force: bool,
) -> list[list[str]]:
    from seqkit.shrinking import shrink

    context = bundle.recipe.encoder.context
    examples, skipped = labelled.read(bundle.recipe, context=context)
    shrunk = shrink(
        bundle, path, weights=weights, examples=examples, overwrite=overwrite, force=force
    )
    skipped.report()
    return [
        ["bundle", str(shrunk.path)],
        ["bytes of weights", f"{shrunk.after:,}, before {shrunk.before:,}"],
        *_cost(shrunk.score, bundle.manifest.weights, weights),
    ]


def _onnx(
    bundle: Bundle, path: Path, labelled: Labelled | None, *, overwrite: bool, force: bool
) -> list[list[str]]:
    from seqkit.export import export_onnx

    examples = skipped = None
    if labelled:
        context = bundle.recipe.encoder.context
        examples, skipped = labelled.read(bundle.recipe, context=context)
    exported = export_onnx(bundle, path, overwrite=overwrite, quantize_for=examples, force=force)
    if skipped:
        skipped.report()
    return [
        ["file", str(exported.path)],
        ["bytes", f"{exported.size:,}"],
        ["inputs", ", ".join(exported.inputs)],
        ["outputs", ", ".join(exported.outputs)],
        ["largest difference from torch", f"{exported.difference:.7f}"],
        *(_cost(exported.score, "float32", "int8") if exported.score else []),
    ]


def _cost(score: Score, before: str, after: str) -> list[list[str]]:
    return [
        ["scored on", f"{score.examples:,} example{'s' * (score.examples != 1)}"],
        [f"{score.metric} with {before}", f"{score.before:.4f}"],
        [f"{score.metric} with {after}", f"{score.after:.4f}"],
    ]
