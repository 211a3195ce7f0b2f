"""``seqkit gradients``: how far back a model's gradient reaches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.options import PartName
from seqkit.errors import UsageError

if TYPE_CHECKING:
    from seqkit.bundle.load import Bundle
    from seqkit.comparing.gradients import Reach
    from seqkit.examples import Example

#: Places of a bar that stands for 1, and the power of ten that one of no places stands for.
_WIDTH, _LEAST = 30, -6
#: Below this share of what it is at the last step, the gradient is said to have faded.
_FADED = 0.01


@click.command()
@click.argument(
    "arguments", type=PartName("model"), nargs=-1, required=True, metavar="MODEL... [FILE]"
)
@click.option("--text", help="Look at this text.")
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    help="Look back so many steps at most.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Look at so many texts at most.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that holds the corpora; see 'seqkit corpora'.",
)
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the numbers to a .json file, or a picture to a .png file; may be repeated.",
)
def gradients(
    *,
    arguments: tuple[str, ...],
    text: str | None,
    steps: int,
    limit: int,
    data: Path | None,
    out: Sequence[Path],
) -> None:
    """Show how the gradient of MODEL, or of several, fades with the distance that it goes back.

    The loss is that of the last step, or of the whole text where a text has one answer. Its
    gradient by the input of each step is averaged over the texts of FILE, which is read as the
    model's recipe says, over --text, or over the recipe's development data. Of a model that writes
    the text is cut into windows of --steps tokens.

    \b
    Example:
      seqkit gradients models/tales-rnn models/tales-lstm --out fading.png
      seqkit gradients models/reviews --text "Not a single dull moment"
    """
    models, file = list(arguments), ""
    if len(models) > 1 and (models[-1] == "-" or Path(models[-1]).is_file()):
        file = models.pop()
    if file and text is not None:
        raise UsageError(f"There is both a FILE, {file}, and a --text", fix="Give one of them")
    strange = [path for path in out if path.suffix not in (".json", ".png")]
    if strange:
        raise UsageError(f"--out {strange[0]} is neither a .json nor a .png file", fix="Name one")
    from seqkit import environment

    environment.prepare()
    from seqkit.comparing import plots

    if any(path.suffix == ".png" for path in out):
        plots.check()
    from seqkit.bundle.load import open_bundle, resolve
    from seqkit.comparing.gradients import reach

    found = []
    for model in models:
        bundle = open_bundle(resolve(model))
        examples = _examples(bundle, file, text, data)
        found.append(reach(bundle, examples, limit=limit, steps=steps, name=model))
    for number, one in enumerate(found):
        if number:
            click.echo()
        _print(one)
    for path in out:
        _write(path, found)


def _examples(bundle: Bundle, file: str, text: str | None, data: Path | None) -> Iterable[Example]:
    from seqkit.cli.labelled import Labelled
    from seqkit.examples import TextExample

    if text is not None:
        return [TextExample(text, "--text")]
    labelled = Labelled(
        files=[file] if file else [],
        split="dev",
        encoding="",
        reader="",
        reader_settings=(),
        data=data,
        skip_bad=False,
    )
    examples, _ = labelled.read(bundle.recipe, context=0)
    return examples


def _print(found: Reach) -> None:
    from seqkit.cli.output import print_table

    items = found.items.removesuffix("s") if found.examples == 1 else found.items
    print_table(
        ["distance", found.items, "gradient", "share", ""],
        [
            [
                f"{distance}",
                f"{found.counts[distance]:,}",
                f"{found.norms[distance]:.1e}",
                f"{found.relative[distance]:.1e}",
                _bar(found.relative[distance]),
            ]
            for distance in _shown(len(found.norms))
        ],
        title=f"{found.model}: {found.cell}, loss of the {found.loss}, {found.examples:,} {items}",
        right=f"distance {found.items} gradient share",
    )
    click.echo("; ".join(_in_words(found.relative)))


def _in_words(relative: Sequence[float]) -> Iterator[str]:
    faded = next((d for d, share in enumerate(relative) if share < _FADED), None)
    if faded is None:
        yield f"over {len(relative) - 1} steps it does not fall below {_FADED:.0%}"
    else:
        yield f"below {_FADED:.0%} after {faded} steps"
    furthest = max((d for d, share in enumerate(relative) if share > 0), default=0)
    if furthest:
        yield f"a step back leaves {relative[furthest] ** (1 / furthest):.2f} of it on average"


def _shown(distances: int) -> Iterator[int]:
    """Distances ever further apart, and the last."""
    step, shown = 1, 0
    while shown < distances - 1:
        yield shown
        if shown >= 4 * step:
            step *= 2
        shown += step
    yield distances - 1


def _bar(share: float) -> str:
    if not share > 0:
        return ""
    places = round(_WIDTH * (1 - math.log10(share) / _LEAST))
    return "█" * max(0, min(places, 2 * _WIDTH))


def _write(path: Path, found: Sequence[Reach]) -> None:
    from seqkit.comparing import plots, records

    if path.suffix == ".json":
        records.write(path, found)
        return
    lines: dict[str, dict[int, Any]] = {}
    for one in found:
        name = f"{Path(one.model).name} ({one.cell})"
        lines[name if name not in lines else f"{one.model} ({one.cell})"] = {
            d: share for d, share in enumerate(one.relative) if share > 0
        }
    title = "gradient, as a share of that at the last step"
    picture = plots.of_lines({title: lines}, across="distance, steps", logarithmic=[title])
    records.write_bytes(path, picture)
