"""The model card: the README.md of a bundle, for whoever is handed one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqkit import recipe as recipes
from seqkit.bundle.manifest import Manifest, OriginRecord, RoundingRecord
from seqkit.recipe import Recipe

_MOST_LABELS = 60

#: By command: what comes after ``seqkit COMMAND --model PATH``, and a line of Python with its gist.
_EXAMPLES = {
    "generate": ("--seed 'The'", 'print(model.generate("The ", tokens=100)[0].text)'),
    "classify": ("file.txt", 'print(model.classify("The text to be labelled.").label)'),
    "tag": ("file.txt", 'print([(t.text, t.tag) for t in model.tag("Some words.").tokens])'),
}
_MULTI_LABEL = 'print(model.classify("The text to be labelled.").labels)'

_UNCALIBRATED = "Its probabilities rank answers; they are not calibrated, and tend to be too sure."
_CALIBRATED = (
    "Its probabilities were calibrated on the development data; of texts unlike those they are "
    "worth less."
)

_TUNED = (
    "For these scores, each label's threshold was found on every second of the examples and used "
    "on the others, and the other way round; the model's own are of all of them."
)

#: By command: what its output is not good for.
_LIMITS = {
    "generate": (
        "What it writes is made up: it may read well and be false, senseless or offensive.",
        "It may repeat passages of the texts that it was trained on.",
        "It writes in their manner; a seed unlike them gives worse text.",
    ),
    "classify": (
        "It answers with one of its labels even where none of them fits the text.",
        "Texts of another kind, length or time than those it learnt from are labelled worse.",
        "It has learnt prejudices too where its texts hold any; don't let it judge people alone.",
        _UNCALIBRATED,
    ),
    "tag": (
        "Text split into tokens otherwise than in its corpus, or of another kind, is tagged worse.",
        "Words that it has not met are tagged by context and shape alone, with more mistakes.",
        _UNCALIBRATED,
    ),
}


def model_card(manifest: Manifest, recipe: Recipe, *, name: str, size: int) -> str:
    """Write the model card.

    Args:
        manifest: What is in the bundle.
        recipe: What made it.
        name: The bundle's directory, for the examples.
        size: Bytes of the weights as they are stored.

    Returns:
        Markdown, ended by a line feed; the same arguments give the same text.
    """
    sections = [
        f"# {name}\n\n{_summary(manifest, recipe, size)}",
        f"## Use it\n\n{_usage(recipe, name)}",
        f"## Scores\n\n{_scores(manifest, recipe)}",
        f"## Trained on\n\n{_corpus(manifest)}",
        f"## Limits\n\n{_bullets(_limits(manifest, recipe))}",
        f"## How it was made\n\n{_making(manifest)}\n\n```toml\n{recipes.to_toml(recipe)}```",
    ]
    return "\n\n".join(sections) + "\n"


def _summary(manifest: Manifest, recipe: Recipe, size: int) -> str:
    lines = [
        f"A seqkit model for {manifest.task}: {recipe.head_spec.summary}.",
        "",
        f"- language: {manifest.language or 'not stated'}",
        f"- network: {_network(recipe)}",
        f"- tokenizer: {recipe.tokenizer.name}, {manifest.vocab_size:,} entries",
        f"- size: {manifest.parameters:,} parameters, {_bytes(size)} as {manifest.weights}",
    ]
    if manifest.labels and recipe.head_spec.arity != "one-to-many":
        shown = ", ".join(f"`{label}`" for label in manifest.labels[:_MOST_LABELS])
        more = len(manifest.labels) - _MOST_LABELS
        lines.append(f"- labels: {shown}" + (f" and {more:,} more" if more > 0 else ""))
    return "\n".join(lines)


def _network(recipe: Recipe) -> str:
    if recipe.head_spec.reads == "ids":
        return "a head alone"
    encoder = recipe.encoder
    layers = "1 layer" if encoder.layers == 1 else f"{encoder.layers} layers"
    directions = "both directions" if encoder.bidirectional else "one direction"
    return f"{recipe.cell.name}, {layers} of {encoder.hidden_size}, {directions}"


def _usage(recipe: Recipe, name: str) -> str:
    arguments, line = _EXAMPLES.get(recipe.head_spec.command, ("", ""))
    if getattr(recipe.head.options, "multi_label", False):
        line = _MULTI_LABEL
    command = f"seqkit {recipe.head_spec.command} --model {name} {arguments}".rstrip()
    python = f'import seqkit\n\nmodel = seqkit.load("{name}")\n{line}'.rstrip()
    return f"```sh\n{command}\n```\n\n```python\n{python}\n```"


def _scores(manifest: Manifest, recipe: Recipe) -> str:
    if not manifest.scores:
        return "It has not been scored."
    examples = f"{manifest.corpus.dev_examples:,} development examples"
    lines = [
        f"On {examples}, which also picked the best epoch; fresh text will score a little lower:",
        "",
        "| score | value |",
        "|---|---|",
        *(f"| {score} | {value:.4g} |" for score, value in sorted(manifest.scores.items())),
    ]
    if getattr(recipe.head.options, "threshold", None) == "tuned":
        lines += ["", _TUNED]
    if isinstance(manifest.calibration, dict):
        lines += ["", "How far its probabilities can be taken at their word (0 is best):", ""]
        lines += ["| | calibrated | before |", "|---|---|---|"]
        lines += _calibration(manifest.calibration)
    if isinstance(rounding := manifest.rounding, RoundingRecord):
        before = f"the weights before they were rounded to {manifest.weights}"
        lines += ["", f"All of these are of {before}, by which the {rounding.told()}."]
    if told := manifest.beside():
        lines += ["", f"On the same examples {told}."]
    lines += _by_label(manifest)
    return "\n".join(lines)


def _by_label(manifest: Manifest) -> Iterator[str]:
    """A table of the labels, the most frequent first, and what is taken for what."""
    if manifest.by_label:
        yield from ("", "| label | precision | recall | F1 | examples |", "|---|---|---|---|---|")
    ordered = sorted(manifest.by_label, key=lambda score: -score.support)
    for score in ordered[:_MOST_LABELS]:
        values = f"{score.precision:.3f} | {score.recall:.3f} | {score.f1:.3f}"
        yield f"| {_code(score.label)} | {values} | {score.support:,} |"
    if manifest.confusions:
        told = (
            f"{_code(c.truth)} for {_code(c.prediction)} ({c.count:,} times)"
            for c in manifest.confusions
        )
        yield from ("", f"Most often it takes {', '.join(told)}.")


def _code(label: str) -> str:
    """A label as code that ends no cell of a table."""
    return f"`{label.replace('|', chr(92) + '|')}`"


def _calibration(found: Mapping[str, float]) -> Iterator[str]:
    for name, value in found.items():
        if (before := found.get(f"{name}_before")) is not None:
            yield f"| {name.replace('_', ' ')} | {value:.4g} | {before:.4g} |"


def _corpus(manifest: Manifest) -> str:
    corpus = manifest.corpus
    lines = [
        f"- corpus: {corpus.name or 'files of its maker'}",
        f"- licence: {corpus.licence or 'not stated; ask its maker before passing it on'}",
        f"- training examples: {corpus.train_examples:,}",
        *(
            [f"- texts without a label: {corpus.unlabelled_examples:,}"]
            if corpus.unlabelled_examples
            else []
        ),
        *(f"- source: {source}" for source in corpus.sources),
        *(
            f"- {'learnt from' if origin.kind == 'teacher' else 'began from'}: {_origin(origin)}"
            for origin in manifest.origins
        ),
    ]
    return "\n".join(lines)


def _origin(origin: OriginRecord) -> str:
    trained = f", itself trained on {origin.corpus}" if origin.corpus else ""
    licence = origin.licence or "not stated"
    return f"{origin.name} ({origin.kind}){trained}; licence: {licence}; sha256: {origin.sha256}"


def _limits(manifest: Manifest, recipe: Recipe) -> list[str]:
    limits = list(_LIMITS.get(recipe.head_spec.command, ()))
    if manifest.calibration and _UNCALIBRATED in limits:
        limits[limits.index(_UNCALIBRATED)] = _CALIBRATED
    if manifest.language:
        limits.append(f"It was made for the language '{manifest.language}' and no other.")
    if recipe.encoder.max_tokens:
        limits.append(
            f"Of each text it reads {recipe.encoder.max_tokens:,} tokens at the "
            f"{recipe.encoder.keep}, and nothing else."
        )
    if recipe.encoder.context:
        limits.append(
            f"It reads each sentence with up to {recipe.encoder.context:,} words of its document "
            "on either side; one that is given without them may be told worse."
        )
    if recipe.encoder.reversed:
        limits.append("It reads texts from their end and writes none; others begin from it.")
    limits.append("It was judged by the scores above and nothing else.")
    return limits


def _making(manifest: Manifest) -> str:
    machine = manifest.machine
    parts = [
        f"{part.kind} {part.name} ({part.distribution} {part.version})" for part in manifest.parts
    ]
    lines = [
        f"- made with: seqkit {manifest.seqkit_version}, at {manifest.created}",
        f"- time: {manifest.seconds:,.0f} seconds",
        f"- parts: {', '.join(parts)}",
        f"- best epoch: {manifest.best_epoch or 'none was finished'}",
        f"- random seed: {manifest.random_seed}",
    ]
    if machine.torch:
        lines.append(
            f"- machine: torch {machine.torch}, device {machine.device}, threads {machine.threads};"
            " the same give the same weights"
        )
    return "\n".join(lines)


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
