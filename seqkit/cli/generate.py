"""``seqkit generate``: text that follows a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from seqkit.cli.options import (
    format_option,
    model_option,
    output_option,
    runtime_options,
    struct_options,
)
from seqkit.decoding.beam import BeamSearch
from seqkit.decoding.sampling import Sampling
from seqkit.errors import UsageError
from seqkit.examples import text_of

if TYPE_CHECKING:
    from seqkit.model import TextModel
    from seqkit.predictions import Generation


@click.command()
@model_option("generation")
@runtime_options
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    metavar="TEXT",
    help="The text to go on from; several make a text each. Without one, the model begins.",
)
@click.option(
    "--seeds",
    "file",
    metavar="FILE",
    help="A file with a seed on each line, or '-' for standard input.",
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
@struct_options(BeamSearch, unset=True)
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
    runtime: str,
    threads: int,
    seeds: tuple[str, ...],
    file: str | None,
    tokens: int,
    num: int,
    greedy: bool,
    beam: int | None,
    length_penalty: float | None,
    stops: tuple[str, ...],
    random_seed: int | None,
    form: str | None,
    output: Path | None,
    **drawing: Any,
) -> None:
    """Write text that follows a seed; on a terminal it appears as it is drawn.

    Several seeds are continued side by side, which takes less time, and have their texts in the
    order of the seeds, those of --seed first.

    \b
    Example:
      seqkit generate --seed 'The king' --temperature 0.8
      seqkit generate --seed 'Once' --num 3 --random-seed 7 --format jsonl
      seqkit generate --seeds openings.txt --beam 4 --format jsonl
    """
    from seqkit.cli import output as out

    if greedy:
        drawing["temperature"] = 0.0
    sampling = _search(beam, length_penalty, drawing, random_seed)
    form = out.chosen(form, output, terminal="text")
    several = file is not None or len(seeds) > 1

    from seqkit import api

    options: dict[str, Any] = {
        "tokens": tokens,
        "sampling": sampling,
        "stop": stops,
        "random_seed": random_seed,
    }
    loaded = api.load(model, task="generation", runtime=runtime, threads=threads)
    if form == "text" and num == 1 and beam is None and not several:
        out.write(_streamed(loaded, "".join(seeds), options), output)
        return
    texts = chain.from_iterable(loaded.generate(_seeds(seeds, file), num=num, **options))
    match form:
        case "json":
            chunks = out.json_array(texts)
        case "jsonl":
            chunks = out.json_lines(texts)
        case _:
            chunks = _separated(texts)
    out.write(chunks, output)


def _search(
    beam: int | None,
    length_penalty: float | None,
    drawing: dict[str, Any],
    random_seed: int | None,
) -> Sampling | BeamSearch:
    """What the options say of how texts are made.

    Raises:
        UsageError: Options of drawing stand beside those of searching.
    """
    sampling = msgspec.convert(drawing, Sampling)
    if beam is None:
        if length_penalty is not None:
            raise UsageError("--length-penalty needs --beam", why="it weighs what a search finds")
        return sampling
    plain = msgspec.structs.asdict(Sampling())
    given = [key for key, value in drawing.items() if value != plain[key]]
    if random_seed is not None:
        given.append("random_seed")
    if given:
        flags = ", ".join(f"--{key.replace('_', '-')}" for key in given)
        raise UsageError(
            f"--beam does not go with {flags}",
            why="a beam search draws nothing: it looks for the likeliest text",
            fix="Leave one of them out; --greedy counts as --temperature 0",
        )
    if length_penalty is None:
        return BeamSearch(beam=beam)
    return BeamSearch(beam=beam, length_penalty=length_penalty)


def _seeds(seeds: Sequence[str], file: str | None) -> Iterator[str]:
    """The seeds of the command line, and those of a file, a line each."""
    from seqkit.cli import input as source

    yield from seeds or (() if file else ("",))
    if file:
        yield from map(text_of, source.Documents(source.named([file]), lines=True))


def _streamed(model: TextModel, seed: str, options: dict[str, Any]) -> Iterator[str]:
    """A seed with its text, piece by piece."""
    yield seed
    yield from model.stream(seed, **options)
    yield "\n"


def _separated(texts: Iterator[Generation]) -> Iterator[str]:
    """Whole texts, an empty line between them."""
    before = ""
    for text in texts:
        yield f"{before}{text.seed}{text.text}"
        before = "\n\n"
    yield "\n"
