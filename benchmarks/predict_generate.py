"""Text from a model of characters: tokens a second, beside other libraries and what is possible."""

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

TORCH = Environment(name="torch", requirements=("torch.txt",))
BOUND = "the bound"
#: Whose model all have.
MODEL = Contender(name="the model", script="character_model.py", about="two LSTM layers of 512")


def _torch(name: str, way: str, about: str) -> Contender:
    return Contender(
        name=name, script="torch_generate.py", arguments=(way,), environment=TORCH, about=about
    )


CONTENDERS = (
    *(
        Contender(
            name=f"seqkit {runtime}",
            script="seqkit_generate.py",
            arguments=(runtime,),
            about=f"model.generate with the {runtime} runtime",
        )
        for runtime in ("compiled", "compiled-int8", "onnx", "torch")
    ),
    _torch("nn.LSTM", "lstm", "a loop that feeds each character to torch.nn.LSTM with its state"),
    _torch("nn.LSTM, no oneDNN", "plain", "the same with torch.backends.mkldnn switched off"),
    _torch("nn.LSTMCell", "cells", "the same loop with two torch.nn.LSTMCell"),
    _torch("torch.compile", "compiled", "the same with that step compiled, its weights frozen"),
    _torch(
        "the last 100 again",
        "window",
        "a loop that keeps no state, but feeds the last 100 characters for each new one",
    ),
    Contender(
        name="Keras",
        script="keras_generate.py",
        environment=Environment(name="keras", requirements=("keras.txt",)),
        about="a loop of predict_on_batch with a stateful model",
    ),
    Contender(
        name=BOUND,
        script="weights_read.py",
        environment=TORCH,
        about="reading the weights once a token, and nothing else",
    ),
)
MAKERS = {contender.name: MODEL for contender in CONTENDERS}
#: Who can't take part, and why.
ABSENT = {
    "textgenrnn": "its version 2.0.0 can't be imported with a TensorFlow of today, which has no "
    "multi_gpu_model"
}
METRICS = (
    Metric(key="one", title="tokens/s, 1 text", form=".0f", better="more", compared="ratio"),
    Metric(key="many", title="tokens/s, 64 texts", form=".0f", better="more", compared="ratio"),
    Metric(key="share", title="share of the bound", form=".3f", better="more", compared="ratio"),
    Metric(key="peak", title="peak MB", form=".0f", better="less", compared="ratio"),
)
NOTES = (
    (
        "The model is untrained: an embedding of 64, two LSTM layers of 512 and a logit for each "
        "character. All have the same weights, and have shown that they give the same logits "
        "after a seed: in float32 but for rounding, with eight bits within a tenth of the largest."
    ),
    (
        "tokens/s is end to end: the seed of 16 tokens, then 100 for each text, drawn at "
        "temperature 0.8, and the text made of them. With 64 texts side by side, all tokens count."
    ),
    (
        "The bound is how often a second this machine reads as many bytes as the layers and the "
        "logits have in float32, with as many threads; the share is that of the tokens/s of 1 text."
    ),
)


def run(settings: Settings) -> Report:
    """Let all write in turns."""
    data = prepared.tinyshakespeare(quick=settings.quick)
    tell = functools.partial(say, "predict-generate")
    field, absent = equip(CONTENDERS, MAKERS, settings, data=data, say=tell)
    contest = hold(field, settings, data=data, small=data, absent=absent | ABSENT, say=tell)
    return report(
        "Writing text: seqkit and its peers",
        contest,
        field,
        METRICS,
        measure,
        settings=settings,
        notes=NOTES,
    )


def measure(results: Mapping[str, Result]) -> dict[str, Figures]:
    """Each contender's figures in one round."""
    bound = results[BOUND].said["speed_1"] if BOUND in results else None
    return {name: _figures(result, bound) for name, result in results.items()}


def _figures(result: Result, bound: float | None) -> Figures:
    said = result.said
    return {
        "one": said["speed_1"],
        "many": said.get("speed_64"),
        "share": said["speed_1"] / bound if bound else None,
        "peak": said["peak_bytes"] / 1e6,
    }
