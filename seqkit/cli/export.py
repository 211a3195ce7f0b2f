"""``seqkit export``: a model as a file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqkit.cli.labelled import Labelled, labelled_options
from seqkit.cli.options import model_argument
from seqkit.errors import UsageError


@click.command()
@model_argument
@labelled_options
@click.option("--to", type=click.Choice(["onnx"]), required=True, help="The kind of file.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file.  [default: MODEL's name with .onnx, in this folder]",
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@click.option(
    "--quantize", type=click.Choice(["int8"]), help="Round the weights, for a smaller file."
)
@click.option("--force", is_flag=True, help="Write rounded weights whatever they cost.")
def export(
    *,
    model: str,
    to: str,  # noqa: ARG001 -- there is one kind so far
    output: Path | None,
    overwrite: bool,
    quantize: str | None,
    force: bool,
    **data: Any,
) -> None:
    """Write the network of MODEL, a bundle's folder or an installed model, as an ONNX file.

    The file takes ids and gives logits; the tokenizer and the labels' meaning stay in the bundle.
    It is held against torch before it is written, and the largest difference is printed.

    With --quantize the model is scored on labelled data, before and after: on each FILE, read as
    its recipe says, or on the data that its recipe names. Nothing is written where the score falls
    by more than 0.003.

    \b
    Example:
      seqkit export models/imdb-lstm --to onnx
      seqkit export models/imdb-lstm --to onnx --quantize int8
    """
    from seqkit.bundle.load import open_bundle, resolve
    from seqkit.cli.output import print_table
    from seqkit.export import export_onnx

    if not quantize and (data["files"] or force):
        given = f"The file {data['files'][0]}" if data["files"] else "--force"
        raise UsageError(
            f"{given} has no use here",
            why="only rounded weights are scored",
            fix="Leave it out, or add --quantize int8",
        )
    bundle = open_bundle(resolve(model))
    path = output or Path(f"{bundle.path.resolve().name}.onnx")
    examples, skipped = Labelled(**data).read(bundle.recipe) if quantize else (None, None)
    exported = export_onnx(bundle, path, overwrite=overwrite, quantize_for=examples, force=force)
    if skipped:
        skipped.report()
    rows = [
        ["file", str(exported.path)],
        ["bytes", f"{exported.size:,}"],
        ["inputs", ", ".join(exported.inputs)],
        ["outputs", ", ".join(exported.outputs)],
        ["largest difference from torch", f"{exported.difference:.7f}"],
    ]
    if score := exported.score:
        rows += [
            ["scored on", f"{score.examples:,} examples"],
            [f"{score.metric} with float32", f"{score.before:.4f}"],
            [f"{score.metric} with int8", f"{score.after:.4f}"],
        ]
    print_table(["export", ""], rows)
