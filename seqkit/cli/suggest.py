"""``seqkit suggest``: the likeliest next words, as a phone offers them."""

from __future__ import annotations

import click

from seqkit.cli.options import format_option, model_option, runtime_options


@click.command()
@click.argument("text")
@model_option("generation")
@runtime_options
@click.option(
    "--num", type=click.IntRange(min=1), default=5, show_default=True, help="How many words."
)
@format_option("table", "json", "jsonl")
def suggest(
    *, text: str, model: str, runtime: str, threads: int, num: int, form: str | None
) -> None:
    """Suggest the words that are likeliest to come after TEXT, with their probabilities.

    A word that TEXT ends with counts as complete.

    \b
    Example:
      seqkit suggest 'I would like to '
    """
    from seqkit import api
    from seqkit.cli import output as out

    suggestions = api.load(model, task="generation", runtime=runtime, threads=threads).suggest(
        text, num=num
    )
    match out.chosen(form, None):
        case "json":
            out.write(out.json_array(suggestions), None)
        case "jsonl":
            out.write(out.json_lines(suggestions), None)
        case _:
            out.print_table(["word", "probability"], [[s.word, s.probability] for s in suggestions])
