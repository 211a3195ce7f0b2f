"""Parts of speech of English web text: seqkit, flair, and spaCy's convolutional tagger."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from benchmarks import prepared
from benchmarks.contest import Contender, Result, hold
from benchmarks.environments import Environment
from benchmarks.progress import say
from benchmarks.report import Report
from benchmarks.settings import Settings
from benchmarks.standings import Figures, Metric, report

TARGET = 0.92  # of the development words tagged right
SEQKIT = "seqkit"
CONTENDERS = (
    Contender(
        name=SEQKIT,
        script="seqkit_examples.py",
        arguments=("ud-english-ewt/upos",),
        about="the recipe ud-english-ewt/upos",
    ),
    Contender(
        name="flair",
        script="flair_tag.py",
        arguments=(str(TARGET),),
        environment=Environment(name="flair", requirements=("torch.txt", "flair.txt")),
        about="its tutorial's part-of-speech tagger (LSTM 256, CRF, SGD, batch 32) on the word "
        f"and character embeddings that it trains itself, for 10 epochs or until it has {TARGET}",
    ),
    Contender(
        name="spaCy",
        script="spacy_tag.py",
        environment=Environment(name="spacy", requirements=("spacy.txt",)),
        about="the tagger and convolutional network that 'spacy init config' sets up, trained "
        "for 10 epochs or until it gets no better",
    ),
)
METRICS = (
    Metric(key="speed", title="words/s", form=".0f", better="more", compared="ratio"),
    Metric(key="training", title="training s", form=".1f", better="less", compared="ratio"),
    Metric(key="command", title="command s", form=".1f", better="less", compared="ratio"),
    Metric(key="reached", title=f"s to {TARGET}", form=".1f", better="less", compared="ratio"),
    Metric(
        key="accuracy",
        title="accuracy",
        form=".4f",
        better="more",
        compared="difference",
        mean=True,
    ),
    Metric(
        key="meanwhile",
        title=f"accuracy in {SEQKIT}'s time",
        form=".4f",
        better="more",
        compared="difference",
    ),
    Metric(key="peak", title="peak MB", form=".0f", better="less", compared="ratio"),
)
NOTES = (
    (
        "All train and are scored on the same words and tags of the corpus's own splits, with no "
        "pretrained vectors."
    ),
    "Seconds and words/s are of training alone; reading, scoring and saving are in command s.",
    (
        f"accuracy is the best of all epochs; that in {SEQKIT}'s time is the best within as many "
        f"seconds of training as {SEQKIT} took in the same round."
    ),
)


def run(settings: Settings) -> Report:
    """Train them all in turns."""
    small = prepared.ewt(quick=True)
    data = small if settings.quick else prepared.ewt(quick=False)
    contest = hold(
        CONTENDERS, settings, data=data, small=small, say=functools.partial(say, "train-tag")
    )
    return report(
        "Training a part-of-speech tagger: seqkit and its peers",
        contest,
        CONTENDERS,
        METRICS,
        measure,
        settings=settings,
        notes=NOTES,
    )


def measure(results: Mapping[str, Result]) -> dict[str, Figures]:
    """Each contender's figures in one round."""
    limit = results[SEQKIT].said["points"][-1]["trained"] if SEQKIT in results else None
    return {name: _figures(result, limit) for name, result in results.items()}


def _figures(result: Result, limit: float | None) -> Figures:
    points: Sequence[Mapping[str, float]] = result.said["points"]
    trained = points[-1]["trained"]
    in_time = [p["accuracy"] for p in points if limit is not None and p["trained"] <= limit]
    return {
        "speed": result.said["words"] / trained,
        "training": trained,
        "command": result.seconds,
        "reached": next((p["trained"] for p in points if p["accuracy"] >= TARGET), None),
        "accuracy": max(p["accuracy"] for p in points),
        "meanwhile": max(in_time, default=None),
        "peak": result.said["peak_bytes"] / 1e6,
    }
