"""``seqkit train``: from a recipe, or from options alone, to a bundle."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from seqkit import recipe as recipes
from seqkit.cli.options import PartName, data_option, skip_bad_option, struct_options
from seqkit.errors import UsageError
from seqkit.recipe.sections import Encoder, Top
from seqkit.recipe.training import Training

#: Options that stand for recipe keys: those named after their key, by section ...
_TRAINING = ("epochs", "batch_size", "learning_rate", "threads")
_ENCODER = ("hidden_size", "layers", "bidirectional")
#: ... and those that choose a part.
_PARTS = ("cell", "tokenizer", "reader")


@click.command()
@click.argument("name", metavar="[RECIPE]", default="")
@click.option("--task", type=PartName("head"), help="What the model is for: its head.")
@click.option("--train", multiple=True, metavar="FILE", help="Training data; may be repeated.")
@click.option("--dev", multiple=True, metavar="FILE", help="Development data, likewise.")
@click.option("--test", multiple=True, metavar="FILE", help="Test data, likewise.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder of the trained model.  [default: models/ and the recipe's name]",
)
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option("--overwrite", is_flag=True, help="Replace a model that is there already.")
@click.option("--cell", type=PartName("cell"), help="The recurrent cell.")
@click.option("--tokenizer", type=PartName("tokenizer"), help="How text becomes tokens.")
@click.option("--reader", type=PartName("reader"), help="The format of the data.")
@struct_options(Encoder, _ENCODER, unset=True)
@struct_options(Training, _TRAINING, unset=True)
@struct_options(Top, unset=True)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Change any key of the recipe; may be repeated.",
)
@data_option
@skip_bad_option
def train(
    *,
    name: str,
    out: Path | None,
    resume: bool,
    overwrite: bool,
    data: Path | None,
    skip_bad: bool,
    **given: Any,
) -> None:
    """Train a model from RECIPE, or from options alone.

    RECIPE is a file, or one that comes with seqkit, such as imdb/lstm. Without one, --task and
    --train say what is learnt from which files, and everything else begins as in the recipe that
    'seqkit recipe new' prints. Ctrl-C ends training and keeps the best so far.

    \b
    Example:
      seqkit train imdb/lstm --cell gru --out models/imdb-gru
      seqkit train --task classification --train reviews.csv --out models/reviews
    """
    tables, path = _tables(name, given)
    recipe = recipes.parse(tables, source=str(path or "options"))
    if path is not None and data is None and not recipe.corpus.name:
        data = path.parent  # what the recipe's own files are relative to
    out = out or Path("models") / _title(recipe, path, given)

    from seqkit import api
    from seqkit.cli.input import Skipped
    from seqkit.cli.main import INTERRUPTED
    from seqkit.cli.progress import Watch, duration, in_words
    from seqkit.readers.base import stop_at_bad

    skipped = Skipped()
    click.echo(f"reading the data of {out}", err=True)
    with Watch() as watch:
        model = api.train(
            recipe,
            out=out,
            data=data,
            resume=resume,
            overwrite=overwrite,
            on_bad=skipped if skip_bad else stop_at_bad,
            observers=[watch],
        )
    skipped.report()
    end = watch.finished
    assert end is not None
    if end.best_epoch:
        scores = in_words(end.scores) or "no development data"
        click.echo(f"best epoch {end.best_epoch}: {scores} ({duration(end.seconds)} in all)")
        if end.scores and (beside := model.manifest.beside()):
            click.echo(beside)
    click.echo(f"saved in {out}")
    if end.reason == "interrupted":
        click.echo("interrupted; the same command with --resume goes on from there", err=True)
        raise click.exceptions.Exit(INTERRUPTED)
    if recipe.encoder.reversed:
        return  # it is for others to begin from
    last = "--seed WORD" if recipe.head_spec.arity == "one-to-many" else "FILE"
    click.echo(f"next: seqkit {recipe.head_spec.command} --model {shlex.quote(str(out))} {last}")


def _tables(name: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], Path | None]:
    """The recipe's tables with the options applied, and the file that it is from."""
    from seqkit import corpora

    path = corpora.recipe_path(name) if name else None
    if path is not None:
        tables = recipes.read(path)
    elif given["task"]:
        tables = recipes.starter(given["task"])
    else:
        raise UsageError(
            "There is neither a recipe nor a task",
            fix="Name a recipe ('seqkit corpora list' shows those that come with seqkit), "
            "or give --task and --train",
        )
    return recipes.override(tables, _assignments(given, has_recipe=path is not None)), path


def _assignments(given: Mapping[str, Any], *, has_recipe: bool) -> Iterator[str]:
    """The options as assignments to recipe keys, ``--set`` last."""
    if given["task"]:
        yield f"head.name={json.dumps(given['task'])}"
    for part in _PARTS:
        if given[part] is not None:
            yield f"{part}.name={json.dumps(given[part])}"
    for split in ("train", "dev", "test"):
        if files := given[split]:
            # A recipe's own files are relative to its folder; these to the working directory.
            names = [str(Path(file).absolute()) for file in files] if has_recipe else list(files)
            yield f"corpus.{split}={json.dumps(names, ensure_ascii=False)}"
    for section, keys in (("encoder", _ENCODER), ("training", _TRAINING)):
        for key in keys:
            if given[key] is not None:
                yield f"{section}.{key}={json.dumps(given[key])}"
    if given["random_seed"] is not None:
        yield f"random_seed={given['random_seed']}"
    yield from given["assignments"]


def _title(recipe: recipes.Recipe, path: Path | None, given: Mapping[str, Any]) -> str:
    """What a model is called that nobody named: its corpus or folder, and its recipe."""
    if path is None:
        words = [recipe.corpus.name, recipe.head.name]
    else:
        words = [recipe.corpus.name or path.absolute().parent.name, path.stem, given["cell"] or ""]
    return "-".join(dict.fromkeys(word.replace(":", "-") for word in words if word))
