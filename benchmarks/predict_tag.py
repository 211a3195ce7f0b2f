"""Parts of speech of English web text: words a second that are tagged, beside flair and spaCy."""

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

TARGET = 0.85  # of the words tagged right, with which flair's training ends
FLAIR = Environment(name="flair", requirements=("torch.txt", "flair.txt"))
SPACY = Environment(name="spacy", requirements=("spacy.txt",))
CONTENDERS = (
    *(
        Contender(
            name=f"seqkit {runtime}",
            script="seqkit_predict_tag.py",
            arguments=(runtime,),
            about=f"the model english-pos with the {runtime} runtime",
        )
        for runtime in ("compiled", "compiled-int8", "onnx", "torch")
    ),
    Contender(
        name="spaCy",
        script="spacy_predict_tag.py",
        environment=SPACY,
        about="the small tagger of train-tag, with nlp.pipe",
    ),
    Contender(
        name="flair",
        script="flair_predict_tag.py",
        environment=FLAIR,
        about=f"the tagger of train-tag, which is trained only until {TARGET} are right: that "
        "doesn't change its speed",
    ),
)
MAKERS = {
    "spaCy": Contender(
        name="spaCy's tagger",
        script="spacy_tag.py",
        environment=SPACY,
        about="a convolutional network",
    ),
    "flair": Contender(
        name="flair's tagger",
        script="flair_tag.py",
        arguments=(str(TARGET),),
        environment=FLAIR,
        about="an LSTM and a CRF",
    ),
}
#: Who can't take part, and why.
ABSENT = {"stanza": "its package has no tagger: that is downloaded when it is first used"}
METRICS = (
    Metric(key="speed", title="words/s", form=".0f", better="more", compared="ratio"),
    Metric(key="accuracy", title="accuracy", form=".4f", better="more", compared="difference"),
    Metric(key="peak", title="peak MB", form=".0f", better="less", compared="ratio"),
)
NOTES = (
    (
        "All tag the words of the corpus's development sentences as they are given, again and "
        "again until 3 seconds have passed; a few sentences before that do not count. Loading and "
        "reading are left out."
    ),
)


def run(settings: Settings) -> Report:
    """Let all tag the sentences in turns."""
    data = prepared.ewt(quick=settings.quick)
    tell = functools.partial(say, "predict-tag")
    field, absent = equip(CONTENDERS, MAKERS, settings, data=data, say=tell)
    contest = hold(field, settings, data=data, small=data, absent=absent | ABSENT, say=tell)
    return report(
        "Tagging words: seqkit and its peers",
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
        "speed": result.said["words"] / point["trained"],
        "accuracy": point["accuracy"],
        "peak": result.said["peak_bytes"] / 1e6,
    }
