"""Labels for film reviews: documents a second at equal accuracy, beside other libraries."""

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
from seqkit.runtimes.choice import AUTO

TORCH = Environment(name="torch", requirements=("torch.txt",))
FASTTEXT = Environment(name="fasttext", requirements=("fasttext.txt",), light=True)
SKLEARN = Environment(name="sklearn", requirements=("sklearn.txt",), light=True)

#: Whose model all with the same weights take.
MODEL = Contender(name="seqkit's model", script="imdb_model.py", about="the recipe imdb/lstm")
RUNTIMES = ("compiled", "compiled-int8", "onnx", "torch")


def _seqkit(name: str, runtime: str, source: str, about: str) -> Contender:
    arguments = (runtime, source)
    return Contender(name=name, script="seqkit_classify.py", arguments=arguments, about=about)


CONTENDERS = (
    *(
        _seqkit(f"seqkit {name}", name, "ids", f"the {name} runtime, from ids to labels")
        for name in RUNTIMES
    ),
    _seqkit(
        "seqkit, from text",
        AUTO,
        "texts",
        "the whole of model.classify, with the fastest runtime that there is",
    ),
    Contender(
        name="Keras",
        script="keras_classify.py",
        environment=Environment(name="keras", requirements=("keras.txt",)),
        about="the same weights, compiled with jit_compile=True: predict(batch_size=256) on 500 "
        "words, padded at the end, with the state after the last word taken",
    ),
    Contender(
        name="PyTorch, padded",
        script="torch_classify.py",
        arguments=("padded",),
        environment=TORCH,
        about="the same weights in torch.nn.LSTM, batches of 256 padded to 500 words",
    ),
    Contender(
        name="PyTorch, bucketed",
        script="torch_classify.py",
        arguments=("bucketed",),
        environment=TORCH,
        about="the same in batches of about equally long reviews, padded to their longest",
    ),
    Contender(
        name="fastText",
        script="fasttext_classify.py",
        environment=FASTTEXT,
        about="its own linear model of words and bigrams, as in train-imdb, from text",
    ),
    Contender(
        name="scikit-learn",
        script="sklearn_classify.py",
        environment=SKLEARN,
        about="its own logistic regression on TF-IDF, as in train-imdb, from text",
    ),
)
MAKERS = {contender.name: MODEL for contender in CONTENDERS} | {
    "fastText": Contender(
        name="fastText's model",
        script="fasttext_imdb.py",
        environment=FASTTEXT,
        about="words and bigrams",
    ),
    "scikit-learn": Contender(
        name="scikit-learn's model",
        script="sklearn_imdb.py",
        environment=SKLEARN,
        about="TF-IDF of words and bigrams",
    ),
}
METRICS = (
    Metric(key="speed", title="documents/s", form=".0f", better="more", compared="ratio"),
    Metric(key="accuracy", title="accuracy", form=".4f", better="more", compared="difference"),
    Metric(
        key="different", title="labels unlike torch's", form=".0f", better="less", compared="ratio"
    ),
    Metric(key="peak", title="peak MB", form=".0f", better="less", compared="ratio"),
)
NOTES = (
    (
        "Documents are the corpus's 25,000 training reviews; accuracy is that on the fifth of them "
        "that was held out."
    ),
    (
        "documents/s counts the time from ids to labels, or from text where that is said, after "
        "batches that do not count. Loading, and reading the reviews, are left out."
    ),
    (
        "seqkit, Keras and PyTorch have the same weights, and get the same ids of each review's "
        "last 500 words. The labels of all reviews are compared with those of seqkit's torch "
        "runtime for the same input. fastText and scikit-learn have models of their own."
    ),
)


def run(settings: Settings) -> Report:
    """Let all label the reviews in turns."""
    data = prepared.imdb(quick=settings.quick)
    tell = functools.partial(say, "predict-classify")
    field, absent = equip(CONTENDERS, MAKERS, settings, data=data, say=tell)
    contest = hold(field, settings, data=data, small=data, absent=absent, say=tell)
    return report(
        "Labelling reviews: seqkit and its peers",
        contest,
        field,
        METRICS,
        measure,
        settings=settings,
        notes=NOTES,
    )


def measure(results: Mapping[str, Result]) -> dict[str, Figures]:
    """Each contender's figures in one round."""
    return {name: _figures(result) for name, result in results.items()}


def _figures(result: Result) -> Figures:
    point = result.said["points"][-1]
    return {
        "speed": result.said["documents"] / point["trained"],
        "accuracy": point["accuracy"],
        "different": result.said.get("different"),
        "peak": result.said["peak_bytes"] / 1e6,
    }
