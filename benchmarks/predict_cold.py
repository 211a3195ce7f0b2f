"""The first answer: the whole of a command from its start, beside other libraries."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from benchmarks import prepared
from benchmarks.contest import Contender, Result, hold
from benchmarks.environments import Environment
from benchmarks.models import equip
from benchmarks.progress import say
from benchmarks.report import Report
from benchmarks.settings import Settings
from benchmarks.standings import Figures, Metric, report

#: The libraries that load a model: their environments and what their models are.
LIBRARIES = {
    "Keras": (
        Environment(name="keras", requirements=("keras.txt",)),
        "load_model and predict of a saved text classifier, Embedding 50 and LSTM 32",
    ),
    "spaCy": (
        Environment(name="spacy", requirements=("spacy.txt",)),
        "spacy.load and a call of the textcat that 'spacy init config' sets up",
    ),
    "flair": (
        Environment(name="flair", requirements=("torch.txt", "flair.txt")),
        "TextClassifier.load and predict, Embedding 50 and LSTM 32",
    ),
}


def _cold(name: str, what: str, about: str, environment: Environment | None = None) -> Contender:
    return Contender(
        name=name, script="cold.py", arguments=(what,), environment=environment, about=about
    )


CONTENDERS = (
    _cold("seqkit classify", "classify", "'seqkit classify FILE' with the default model"),
    _cold("seqkit --help", "help", "'seqkit --help'"),
    _cold(
        "import torch",
        "torch",
        "'python -c \"import torch\"', which whatever is built on torch can't do without",
        Environment(name="torch", requirements=("torch.txt",)),
    ),
    *(
        _cold(name, name.lower(), about, environment)
        for name, (environment, about) in LIBRARIES.items()
    ),
)
MAKERS = {
    name: Contender(
        name=f"the model of {name}",
        script=f"{name.lower()}_textcat.py",
        environment=environment,
        about=about,
    )
    for name, (environment, about) in LIBRARIES.items()
}
METRICS = (
    Metric(key="seconds", title="s", form=".3f", better="less", compared="ratio"),
    Metric(key="peak", title="peak MB", form=".0f", better="less", compared="ratio"),
)
NOTES = (
    (
        "A run is a process of its own, from before its start to after its end; one before them "
        "does not count, so that all files are in memory. s is the median of a round's runs, and "
        "peak MB the most memory of any."
    ),
    "Those that label are given the same review in a file.",
)


def run(settings: Settings) -> Report:
    """Start them all in turns."""
    data = prepared.imdb(quick=settings.quick)
    tell = functools.partial(say, "predict-cold")
    field, absent = equip(CONTENDERS, MAKERS, settings, data=data, say=tell)
    contest = hold(field, settings, data=data, small=data, absent=absent, say=tell)
    return report(
        "From a cold start to the first answer: seqkit and its peers",
        contest,
        field,
        METRICS,
        measure,
        settings=settings,
        notes=NOTES,
    )


def measure(results: Mapping[str, Result]) -> dict[str, Figures]:
    """Each contender's figures in one round."""
    return {
        name: {"seconds": result.said["answered"], "peak": result.said["held"] / 1e6}
        for name, result in results.items()
    }
