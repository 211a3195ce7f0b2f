"""The page: all that was found out about a model's errors, as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import seqkit
from seqkit.decoding.base import Wrong
from seqkit.decoding.calibration import calibration_error
from seqkit.errorpage import charts, excerpt
from seqkit.errorpage.calibration import Bin, bins
from seqkit.errorpage.duplicates import ALIKE, MOST_TEXTS, Pair, near_duplicates
from seqkit.errorpage.markup import LABEL, SOURCE, Html, escape, paragraph, section, table
from seqkit.errorpage.matrix import confusions
from seqkit.errorpage.mislabels import Hint, hints
from seqkit.errorpage.slices import Slice, by_label, by_length, by_vocabulary
from seqkit.errorpage.survey import Hard, Progress, Survey
from seqkit.errors import UsageError
from seqkit.examples import Example, TextExample, text_of
from seqkit.reports import Explanation

if TYPE_CHECKING:
    from seqkit.model import TextModel

#: The most labels that a table has a row for.
MOST_ROWS = 200

#: Nothing is run and nothing is fetched, whatever a text holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_NAV = {
    "model": "Model",
    "scores": "Scores",
    "confusions": "Confusions",
    "confidence": "Confidence",
    "slices": "Slices",
    "mistakes": "Surest mistakes",
    "labels": "Doubtful labels",
    "duplicates": "Near-duplicates",
}


def render(model: TextModel, survey: Survey, *, data: str, on_progress: Progress) -> str:
    """The whole page.

    Args:
        model: Explains what it got wrong.
        survey: What it said of the data.
        data: What to call the data.
        on_progress: Told what is being done.
    """
    explained = []
    for number, hard in enumerate(survey.hardest):
        on_progress("explaining", number, len(survey.hardest))
        explained.append(_mistake(model, survey, number, hard))
    on_progress("looking for near-duplicates", 0, 0)
    pairs = near_duplicates(survey.examples)
    name = escape(_name(model), most=LABEL)
    parts = [
        _model(model, survey, data),
        _scores(survey),
        section("confusions", _NAV["confusions"], confusions(survey.evaluation))
        if survey.evaluation.confusion
        else "",
        _confidence(survey),
        _slices(survey),
        _mistakes(survey, explained),
        _labels(survey, hints(survey.decisions)),
        _duplicates(survey, pairs),
    ]
    anchors = "".join(
        f'<li><a href="#{anchor}">{title}</a></li>'
        for anchor, title in _NAV.items()
        if any(part.startswith(f'<section id="{anchor}"') for part in parts)
    )
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>Errors of {name}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><h1>Errors of {name}</h1>\n"
        f'<nav aria-label="Sections"><ul>{anchors}</ul></nav></header>\n'
        f"<main>\n{body}\n</main>\n"
        f"<footer>{paragraph(f'Made by seqkit {seqkit.__version__}.')}</footer>\n"
        "</body>\n</html>\n"
    )


def _name(model: TextModel) -> str:
    return model.path.resolve().name


def _model(model: TextModel, survey: Survey, data: str) -> Html:
    manifest, recipe = model.manifest, model.recipe
    count = recipe.encoder.layers
    layers = f"{count} layer{'s'[: count != 1]} of {recipe.encoder.hidden_size:,} units"
    ways = ", in both directions" if recipe.encoder.bidirectional else ""
    corpus = manifest.corpus
    rows: list[tuple[str, str | int]] = [
        ("task", model.task),
        ("language", manifest.language or "not known"),
        ("cell", f"{recipe.cell.name}, {layers}{ways}"),
        ("tokenizer", f"{recipe.tokenizer.name}, {manifest.vocab_size:,} ids"),
        ("parameters", manifest.parameters),
        ("labels", len(survey.labels)),
        ("trained on", f"{corpus.name or 'files'}, {corpus.train_examples:,} examples"),
        ("data of this page", data or "not named"),
        ("examples", len(survey.examples)),
    ]
    if survey.left_out:
        rows.append(("left out, without a token", survey.left_out))
    if survey.known is not None:
        rows.append(("words", len(survey.known)))
    return section("model", _NAV["model"], table("The model and the data", [], rows))


def _scores(survey: Survey) -> Html:
    found = survey.evaluation
    labels: list[list[str | int | float | None]] = [
        [escape(one.label, most=LABEL), one.precision, one.recall, one.f1, one.support]
        for one in found.per_label[:MOST_ROWS]
    ]
    return section(
        "scores",
        _NAV["scores"],
        table("Over all", ["score", "value"], found.scores.items()),
        *(paragraph(escape(note)) for note in found.notes),
        table(
            _first("By label", len(labels), len(found.per_label)),
            ["label", "precision", "recall", "F1", "support"],
            labels,
        )
        if labels
        else "",
    )


def _confidence(survey: Survey) -> Html:
    of_labels = survey.decisions.several
    forecasts = survey.decisions.forecasts()
    found, error = bins(*forecasts), calibration_error(*forecasts)
    what = (
        "the probability that it gives each label of each text and how often the label holds"
        if of_labels
        else "how sure it is of its answers and how often they are right"
    )
    return section(
        "confidence",
        _NAV["confidence"],
        paragraph(
            f"The expected calibration error is <strong>{error:.4f}</strong> (15 bins, Guo et al. "
            f"2017): the mean gap between {what}. Bars below the diagonal, and below the short "
            "lines, say that the model is too sure."
        ),
        '<div class="charts">'
        + charts.reliability(found, error=error, of_labels=of_labels)
        + charts.histogram(found, of_labels=of_labels)
        + "</div>",
        f"<details><summary>The numbers</summary>{_bins(found)}</details>",
    )


def _bins(found: list[Bin]) -> Html:
    return table(
        "Probabilities and what came of them",
        ["probability", "answers", "mean said", "came true"],
        [
            [
                f"{one.low:.3f} to {one.high:.3f}",
                one.count,
                one.confidence if one.count else None,
                one.accuracy if one.count else None,
            ]
            for one in found
        ],
    )


def _slices(survey: Survey) -> Html:
    labels = by_label(survey)
    return section(
        "slices",
        _NAV["slices"],
        _slice_table("By length of the text", by_length(survey)),
        _slice_table("By vocabulary", by_vocabulary(survey)),
        _slice_table(
            _first("By the label that the data give", min(MOST_ROWS, len(labels)), len(labels)),
            labels[:MOST_ROWS],
        ),
    )


def _slice_table(caption: str, parts: list[Slice]) -> str:
    if not parts:
        return ""
    return table(
        caption,
        ["slice", "items", "right", "mean confidence"],
        [
            [
                escape(one.name, most=LABEL),
                one.items,
                one.accuracy if one.items else None,
                one.confidence,
            ]
            for one in parts
        ],
    )


def _mistakes(survey: Survey, explained: list[Html]) -> Html:
    if not survey.mistakes:
        return section("mistakes", _NAV["mistakes"], paragraph("There is none."))
    legend = (
        'Words that speak for the prediction are <mark class="for3">blue and underlined</mark>, '
        'words that speak against it <mark class="against3">orange and dotted</mark>: their shares '
        "of its logit by integrated gradients (Sundararajan et al. 2017), against an input of "
        "zeros. Of a label that was missed, the shares are those of that label."
    )
    return section(
        "mistakes",
        _NAV["mistakes"],
        paragraph(
            f"{_shown(len(explained), survey.mistakes)}, those that the model is surest of first."
        ),
        paragraph(legend),
        *explained,
    )


def _mistake(model: TextModel, survey: Survey, number: int, hard: Hard) -> Html:
    example, wrong = survey.examples[hard.example], hard.wrong
    try:
        explanation = model.explain(example, label=wrong.prediction or wrong.truth, word=wrong.step)
        text, why = excerpt.coloured(explanation), _why(explanation)
    except UsageError as error:  # too long, or of a head whose logits are no labels'
        text = excerpt.plain(text_of(example), _place(example, wrong.step))
        why = paragraph(f"Not explained: {escape(str(error), most=SOURCE)}", kind="why")
    return Html(
        f'<article aria-labelledby="mistake-{number + 1}">\n'
        f'<h3 id="mistake-{number + 1}">{number + 1}. {_verdict(wrong)}</h3>\n'
        f'{_source(example)}\n<p class="text" dir="auto">{text}</p>\n{why}\n</article>'
    )


def _verdict(wrong: Wrong) -> Html:
    truth = escape(wrong.truth, most=LABEL) or "(no such label)"
    guess = escape(wrong.prediction, most=LABEL) or "(not told)"
    return Html(
        f'<span class="fact">truth</span> {truth} <span class="fact">prediction</span> {guess} '
        f'<span class="fact">probability</span> {wrong.probability:.4f}'
    )


def _why(found: Explanation) -> Html:
    label = escape(found.label, most=LABEL)
    total = sum(word.share for word in found.words)
    rough = (
        ""
        if found.complete
        else " <strong>(it jumps on the way: take the shares as a hint)</strong>"
    )
    return Html(
        f'<p class="why">For {label}: {excerpt.named(found, against=False)}.<br>\n'
        f"Against it: {excerpt.named(found, against=True)}.</p>\n"
        f'<p class="sum">logit {found.logit:.2f} = {found.baseline:.2f} without any word '
        f"{total:+.2f} by the words {found.residual:+.4f} not accounted for, in {found.steps} "
        f"steps{rough}</p>"
    )


def _labels(survey: Survey, found: list[Hint]) -> Html:
    shown = found[: survey.most]
    return section(
        "labels",
        _NAV["labels"],
        paragraph(
            "Hints, not verdicts: labels in the data that the model gives a probability far below "
            "that which it gives them elsewhere, while it is as sure of another as is usual for "
            "that (after Northcutt et al. 2021). They mean little on data that it was trained on."
        ),
        paragraph(f"{_shown(len(shown), len(found), what='hint')}, the most doubtful first."),
        *(_hint(survey, number, hint) for number, hint in enumerate(shown, 1)),
    )


def _hint(survey: Survey, number: int, hint: Hint) -> Html:
    decisions, k = survey.decisions, hint.decision
    example = survey.examples[decisions.example[k]]
    given, told = int(decisions.given[k]), int(decisions.told[k])
    if decisions.several:
        label = survey.labels[given // 2]
        names = [label if one % 2 else f"not {label}" for one in (given, given ^ 1)]
    else:
        names = [survey.labels[given], survey.labels[told]]
    in_data, by_model = (escape(name, most=LABEL) for name in names)
    word = int(decisions.word[k])
    text = excerpt.plain(text_of(example), _place(example, None if word < 0 else word))
    return Html(
        f'<article aria-labelledby="label-{number}">\n'
        f'<h3 id="label-{number}">{number}. <span class="fact">in the data</span> {in_data} '
        f'<span class="fact">by the model</span> {by_model}</h3>\n'
        f"{_source(example)}\n"
        f'<p class="text" dir="auto">{text}</p>\n'
        f'<p class="sum">{in_data} has a probability of {decisions.p_given[k]:.4f} here, and of '
        f"{hint.usual:.4f} on average where the data name it</p>\n</article>"
    )


def _duplicates(survey: Survey, pairs: list[Pair]) -> Html:
    shown = pairs[: survey.most]
    differ = sum(pair.differ for pair in pairs)
    looked = ""
    if len(survey.examples) > MOST_TEXTS:
        looked = f" Only the first {MOST_TEXTS:,} texts were looked at."
    articles = [
        Html(
            f'<article aria-labelledby="pair-{number}">\n'
            f'<h3 id="pair-{number}">{number}. {pair.alike:.0%} alike, '
            f"{'labelled differently' if pair.differ else 'labelled alike'}</h3>\n"
            + "".join(_twin(survey.examples[k]) for k in (pair.first, pair.second))
            + "</article>"
        )
        for number, pair in enumerate(shown, 1)
    ]
    return section(
        "duplicates",
        _NAV["duplicates"],
        paragraph(
            f"Texts of which {ALIKE:.0%} or more of all pairs of neighbouring words are the same; "
            f"{differ:,} of the pairs are labelled differently and come first.{looked}"
        ),
        paragraph(f"{_shown(len(shown), len(pairs), what='pair')}."),
        *articles,
    )


def _twin(example: Example) -> Html:
    names = ""
    if isinstance(example, TextExample):
        labels = escape(", ".join(example.labels) or "(none)", most=SOURCE)
        names = f'<span class="fact">label</span> {labels}'
        text = excerpt.plain(example.text)
    else:
        pairs = zip(example.tokens, example.tags, strict=True)
        text = excerpt.plain(" ".join(f"{token}/{tag}" for token, tag in pairs))
    return Html(f'{_source(example, names)}\n<p class="text" dir="auto">{text}</p>\n')


def _source(example: Example, more: str = "") -> Html:
    return paragraph(f"{escape(example.source, most=SOURCE)} {more}", kind="source")


def _place(example: Example, word: int | None) -> list[excerpt.Stretch]:
    """Where a given token stands in its sentence."""
    if word is None or isinstance(example, TextExample):
        return []
    start = sum(len(token) + 1 for token in example.tokens[:word])
    return [(start, start + len(example.tokens[word]))]


def _first(caption: str, shown: int, total: int) -> str:
    return caption if shown == total else f"{caption}, the first {shown:,} of {total:,}"


def _shown(shown: int, total: int, *, what: str = "mistake") -> str:
    return f"{shown:,} of {total:,} {what}{'s'[: total != 1]}"
