"""``seqkit.compare``: candidates trained one after the other, with a table of what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from seqkit import environment
from seqkit.comparing import plan as plans
from seqkit.comparing import plots, records, table
from seqkit.comparing.plan import Equal
from seqkit.comparing.records import OWN, RunEnded, RunRecord, RunStarted, tell
from seqkit.comparing.runs import Run
from seqkit.comparing.sizes import told_already
from seqkit.comparing.speed import held_out
from seqkit.comparing.table import Comparison
from seqkit.corpora import Sources
from seqkit.errors import MissingDependency
from seqkit.readers.base import OnBad, stop_at_bad
from seqkit.recipe import Recipe

if TYPE_CHECKING:
    from seqkit.training.callbacks import Observer

#: Who is compared where nobody is named.
CELLS = ("rnn", "gru", "lstm")


def compare(
    recipe: Recipe | Mapping[str, Any] | str | Path,
    *,
    out: str | Path,
    cells: Sequence[str] = CELLS,
    tokenizers: Sequence[str] = (),
    seeds: int = 3,
    equal: Equal = "parameters",
    budget: float = 0.0,
    data: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    on_bad: OnBad = stop_at_bad,
    observers: Sequence[Observer] = (),
) -> Comparison:
    """Train each cell with each tokenizer and each seed, and compare them.

    What is done is kept in ``out``: called again with the same arguments, this goes on where it
    was interrupted, also within a run. Each run's model stays in ``out/runs``. A run that diverges
    is told of in the table and ends nothing else. Ctrl-C ends after the step in progress.

    Args:
        recipe: A recipe, its tables, its file, or the name of one that seqkit brings along.
        out: The comparison's folder.
        cells: Names of cells.
        tokenizers: Names of tokenizers; none for the recipe's own.
        seeds: How many times each is trained: with the recipe's seed and those that follow it.
        equal: With ``parameters`` each candidate has the hidden size that brings it nearest to the
            recipe's number of parameters; with ``time`` all have the recipe's hidden size, and
            train until the budget is used up.
        budget: Seconds that a run may take; 0 for no limit.
        data: Where the recipe's corpus is, as :func:`seqkit.train` has it.
        resume: Refuse to begin a new comparison.
        overwrite: Throw away the comparison in ``out`` and begin anew.
        on_bad: What to do with a bad row of the corpus.
        observers: Told of each run, step and epoch.

    Returns:
        The table, which is also written to ``out``, with ``runs_left`` where it was interrupted.

    Raises:
        UsageError: The comparison in ``out`` is another one, or an argument makes no sense.
        RecipeError: The recipe does not make sense, or a candidate does not go with it.
        PluginError: A cell or tokenizer is not there.
        DataError: The corpus is missing, or has a bad row or no development data.
        BundleError: ``out`` holds other files, or there is nothing to go on with.
        TrainingError: The disk is full.
    """
    environment.prepare()
    from seqkit import corpora
    from seqkit import recipe as recipes

    base = Path()
    if isinstance(recipe, str | Path):
        path = corpora.recipe_path(str(recipe))
        base, recipe = path.parent, recipes.load(path)
    elif isinstance(recipe, Mapping):
        recipe = recipes.parse(recipe)
    sources = corpora.sources(recipe, base=base, data=None if data is None else Path(data))
    plan, candidates = plans.make(
        recipe,
        sources,
        cells=cells,
        tokenizers=tokenizers,
        seeds=seeds,
        equal=equal,
        budget=budget,
        on_bad=on_bad,
    )
    folder = Path(out)
    records.begin(folder, plan, resume=resume, overwrite=overwrite)
    # every candidate once before any a second time, so that a part of it is a comparison too
    runs = [
        Run(candidate=candidate, seed=seed, out=folder)
        for seed in range(seeds)
        for candidate in candidates
    ]
    ended = _do(runs, sources, observers)
    return _save(folder, table.compared(plan, candidates, ended))


def _do(runs: Sequence[Run], sources: Sources, observers: Sequence[Observer]) -> list[RunRecord]:
    """Do what is not done yet; all records, up to Ctrl-C."""
    ended: list[RunRecord] = []
    try:
        arity = runs[0].recipe.head_spec.arity
        writes = arity == "one-to-many"
        examples = [] if writes else held_out(sources, arity, on_bad=told_already)
        for number, run in enumerate(runs, 1):
            record = run.recorded()
            again = record is not None
            if record is None:
                tell(observers, RunStarted(name=run.name, number=number, of=len(runs)))
                record = run.do(sources, examples, observers)
            ended.append(record)
            told = _in_words(record, run.candidate.metric)
            tell(observers, RunEnded(name=run.name, text=told, again=again))
    except KeyboardInterrupt:
        pass  # what is done is told, with how many runs are left
    return ended


def _in_words(record: RunRecord, metric: str) -> str:
    if record.problem:
        return f"failed: {record.problem}"
    return f"{metric} {record.score:.4f}, {record.epochs} epochs in {record.seconds:.1f} s"


def _save(out: Path, comparison: Comparison) -> Comparison:
    """Write the table in all its forms, and its picture where one can be drawn.

    Returns:
        The comparison, with a note where the picture is left out.
    """
    picture = f"{OWN}png"
    try:
        records.write_bytes(out / picture, plots.of_scores(comparison))
    except MissingDependency as error:
        picture, note = "", f"There is no picture. {error}"
        comparison = msgspec.structs.replace(comparison, notes=[*comparison.notes, note])
    records.write(out / f"{OWN}json", comparison)
    records.write_bytes(out / f"{OWN}csv", table.as_csv(comparison).encode())
    page = table.markdown(comparison, picture=picture)
    records.write_bytes(out / f"{OWN}md", page.encode())
    return comparison
