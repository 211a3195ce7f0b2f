"""``seqkit generate``: text that follows a seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from seqkit.cli.options import format_option, model_option, output_option, struct_options
from seqkit.decoding.sampling import Sampling

if TYPE_CHECKING:
    from seqkit.model import TextModel
    from seqkit.predictions import Generation


@click.command()
@model_option("generation")
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    metavar="TEXT",
    help="The text to go on from; several make a text each. Without one, the model begins.",
)
@click.option(
    "--tokens",
    type=click.IntRange(min=0),
    default=200,
    show_default=True,
    help="The most tokens that are drawn.",
)
@click.option(
    "--num", type=click.IntRange(min=1), default=1, show_default=True, help="Texts for each seed."
)
@click.option("--greedy", is_flag=True, help="Always take the likeliest token.")
@struct_options(Sampling)
@click.option(
    "--stop",
    "stops",
    multiple=True,
    metavar="TEXT",
    help="End before this text; may be repeated. In bash, $'\\n' is a line end.",
)
@click.option(
    "--random-seed",
    type=click.IntRange(0, 2**63 - 1),
    help="Seed of the draws: the same gives the same text.  [default: another each time]",
)
@format_option("text", "json", "jsonl")
@output_option
def generate(
    *,
    model: str,
    seeds: tuple[str, ...],
    tokens: int,
    num: int,
    greedy: bool,
    stops: tuple[str, ...],
    random_seed: int | None,
    form: str | None,
    output: Path | None,
    **drawing: Any,
) -> None:
    """Write text that follows a seed; on a terminal it appears as it is drawn.

    \b
    Example:
      seqkit generate --seed 'The king' --temperature 0.8
      seqkit generate --seed 'Once' --num 3 --random-seed 7 --format jsonl
    """
    from seqkit.cli import output as out

    if greedy:
        drawing["temperature"] = 0.0
    form = out.chosen(form, output, terminal="text")

    from seqkit import api

    options: dict[str, Any] = {
        "tokens": tokens,
        "sampling": msgspec.convert(drawing, Sampling),
        "stop": stops,
        "random_seed": random_seed,
    }
    loaded = api.load(model, task="generation")
    texts = _texts(loaded, seeds or ("",), num, options)
    match form:
        case "json":
            chunks = out.json_array(texts)
        case "jsonl":
            chunks = out.json_lines(texts)
        case _ if num == 1:
            chunks = _streamed(loaded, seeds or ("",), options)
        case _:
            chunks = _separated(texts)
    out.write(chunks, output)


def _texts(
    model: TextModel, seeds: tuple[str, ...], num: int, options: dict[str, Any]
) -> Iterator[Generation]:
    for seed in seeds:
        yield from model.generate(seed, num=num, **options)


def _streamed(model: TextModel, seeds: tuple[str, ...], options: dict[str, Any]) -> Iterator[str]:
    """Each seed with its text, piece by piece; an empty line between them."""
    before = ""
    for seed in seeds:
        yield before + seed
        yield from model.stream(seed, **options)
        before = "\n\n"
    yield "\n"


def _separated(texts: Iterator[Generation]) -> Iterator[str]:
    """Whole texts, an empty line between them."""
    before = ""
    for text in texts:
        yield f"{before}{text.seed}{text.text}"
        before = "\n\n"
    yield "\n"
