"""The use cases: load a model, and train one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit import environment
from seqkit.errors import UsageError
from seqkit.readers.base import OnBad, stop_at_bad
from seqkit.recipe import Recipe

if TYPE_CHECKING:
    from seqkit.model import TextModel
    from seqkit.training.callbacks import Observer


def load(
    name_or_path: str | Path | Sequence[str | Path] = "",
    *,
    task: str = "",
    runtime: str = "auto",
    threads: int = 0,
) -> TextModel:
    """Open a trained model.

    Args:
        name_or_path: A bundle's directory, the name of an installed model, or nothing for the
            default model of ``task``. Several are one model, an
            :class:`~seqkit.ensemble.Ensemble`, whose answers are the mean of theirs.
        task: ``generation``, ``classification``, ``tagging`` or a plugin's head.
        runtime: What runs it to predict, by its name; ``auto`` for the fastest that can, which
            :meth:`TextModel.runtimes` tells.
        threads: Processor threads to predict with at most; 0 for as many as there are cores.

    Raises:
        BundleError: There is no such model, or it is damaged.
        PluginError: A plugin that it was trained with is not installed.
        UsageError: Several have no mean, since their tasks or labels differ; or there are none.
    """
    from seqkit.bundle.load import open_bundle, resolve
    from seqkit.ensemble import Ensemble
    from seqkit.model import TextModel

    environment.prepare()
    names = [name_or_path] if isinstance(name_or_path, str | Path) else name_or_path
    bundles = [open_bundle(resolve(name, task=task)) for name in names]
    if not bundles:
        raise UsageError("No model is named", fix="Name one at least")
    if len(bundles) == 1:
        return TextModel(bundles[0], runtime=runtime, threads=threads)
    return Ensemble(bundles, runtime=runtime, threads=threads)


def train(
    recipe: Recipe | Mapping[str, Any] | str | Path,
    *,
    out: str | Path,
    data: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    on_bad: OnBad = stop_at_bad,
    observers: Sequence[Observer] = (),
) -> TextModel:
    """Train a model and write it as a bundle.

    The first Ctrl-C ends training after the step in progress; the best epoch so far is written,
    and the run can be resumed.

    Args:
        recipe: A recipe, its tables, its file, or the name of one that seqkit brings along, such
            as ``imdb/lstm``.
        out: The bundle's directory.
        data: Where the recipe's corpus is, if not where :func:`seqkit.corpora.data_folder` looks.
        resume: Go on from the checkpoint in ``out``, to the same weights as without a break.
        overwrite: Replace a finished bundle.
        on_bad: What to do with a bad row of the corpus.
        observers: Told of each step and epoch.

    Returns:
        The trained model, loaded from what was written.

    Raises:
        RecipeError: The recipe does not make sense.
        DataError: The corpus is missing or has a bad row.
        BundleError: ``out`` may not be replaced, or there is nothing to resume.
        TrainingError: The loss is no number any more, or the disk is full.
    """
    environment.prepare()
    from seqkit import corpora
    from seqkit import recipe as recipes
    from seqkit.training.run import Run

    base = Path()
    if isinstance(recipe, str | Path):
        path = corpora.recipe_path(str(recipe))
        base, recipe = path.parent, recipes.load(path)
    elif isinstance(recipe, Mapping):
        recipe = recipes.parse(recipe)
    sources = corpora.sources(recipe, base=base, data=None if data is None else Path(data))
    run = Run(
        recipe,
        sources,
        Path(out),
        on_bad=on_bad,
        observers=observers,
        teacher=teacher_of(recipe),
    )
    run.train(resume=resume, overwrite=overwrite)
    return load(out)


def teacher_of(recipe: Recipe) -> TextModel | None:
    """The models that a recipe's ``teacher.models`` names, as one; none where it names none."""
    models = recipe.teacher.models
    return load(models, threads=recipe.training.threads) if models else None
