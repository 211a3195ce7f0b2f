"""Characters of Shakespeare: seqkit against a small GPT and a plain LSTM in PyTorch."""

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
from seqkit import corpora

GPT = "GPT"
_TORCH = Environment(name="torch", requirements=("torch.txt",))
#: The recipes of seqkit that take part, where they exist.
RECIPES = {
    "tinyshakespeare/lstm": ("seqkit", "the recipe tinyshakespeare/lstm"),
    "tinyshakespeare/fast": (
        "seqkit fast",
        "the recipe tinyshakespeare/fast, whose schedule ends at about the GPT's time",
    ),
}
PEERS = (
    Contender(
        name=GPT,
        script="gpt_char.py",
        environment=_TORCH,
        about="a transformer in plain PyTorch with nanoGPT's documented settings for a processor: "
        "4 layers, 4 heads, 128 features, windows of 64, batches of 12, 2,000 steps",
    ),
    Contender(
        name="PyTorch LSTM",
        script="lstm_char.py",
        environment=_TORCH,
        about="torch.nn.LSTM in a plain loop, with the sizes of tinyshakespeare/lstm",
    ),
)
METRICS = (
    Metric(key="training", title="training s", form=".1f", better="less", compared="ratio"),
    Metric(key="command", title="command s", form=".1f", better="less", compared="ratio"),
    Metric(key="zero", title="loss", form=".4f", better="less", compared="difference"),
    Metric(key="carried", title="loss, carried", form=".4f", better="less", compared="difference"),
    Metric(
        key="reached",
        title=f"s to {GPT}'s loss",
        form=".1f",
        better="less",
        compared="ratio",
    ),
    Metric(
        key="reached_carried",
        title=f"s to {GPT}'s loss, carried",
        form=".1f",
        better="less",
        compared="ratio",
    ),
    Metric(
        key="meanwhile",
        title=f"loss at {GPT}'s time",
        form=".4f",
        better="less",
        compared="difference",
    ),
    Metric(
        key="meanwhile_carried",
        title=f"loss at {GPT}'s time, carried",
        form=".4f",
        better="less",
        compared="difference",
    ),
    Metric(key="peak", title="peak MB", form=".0f", better="less", compared="ratio"),
)
NOTES = (
    "All train on the first 90 % of the text and are scored on the rest.",
    (
        "loss is in nats a character, the mean over consecutive windows of 64 characters, each "
        "begun without a state: the figure that a model with a window of 64 can be compared by. "
        "Where it says carried, the state goes on from window to window, in 32 streams."
    ),
    f"{GPT} carries no state, so that its loss without one stands for both.",
    (
        "Seconds are of training alone; reading the corpus, scoring and writing checkpoints are in "
        "command s. A loss counts from the first moment at which it was measured."
    ),
    f"The loss at {GPT}'s time is the lowest that was measured until then.",
)


def contenders() -> list[Contender]:
    """Seqkit's recipes that exist, and the peers."""
    known = corpora.recipes(corpora.find("tinyshakespeare"))
    ours = [
        Contender(name=name, script="seqkit_char.py", arguments=(recipe,), about=about)
        for recipe, (name, about) in RECIPES.items()
        if recipe in known
    ]
    return [*ours, *PEERS]


def run(settings: Settings) -> Report:
    """Train them all in turns."""
    small = prepared.tinyshakespeare(quick=True)
    data = small if settings.quick else prepared.tinyshakespeare(quick=False)
    field = contenders()
    contest = hold(
        field, settings, data=data, small=small, say=functools.partial(say, "train-char")
    )
    return report(
        "Training on characters: seqkit, a small GPT and a plain LSTM",
        contest,
        field,
        METRICS,
        measure,
        settings=settings,
        notes=NOTES,
    )


def measure(results: Mapping[str, Result]) -> dict[str, Figures]:
    """Each contender's figures in one round."""
    last = results[GPT].said["points"][-1] if GPT in results else None
    return {
        name: _own(result) | (_against(result.said["points"], last) if last else {})
        for name, result in results.items()
    }


def _own(result: Result) -> dict[str, float | None]:
    points = result.said["points"]
    return {
        "training": points[-1]["trained"],
        "command": result.seconds,
        "zero": points[-1]["zero"],
        "carried": _carried(points[-1]),
        "peak": result.said["peak_bytes"] / 1e6,
    }


def _against(
    points: Sequence[Mapping[str, float]], last: Mapping[str, float]
) -> dict[str, float | None]:
    """Figures that hang on where the GPT ended."""
    in_time = [p for p in points if p["trained"] <= last["trained"]]
    if points[-1] is last:  # the GPT itself needs all its time by definition
        points = [last]
    return {
        "reached": next((p["trained"] for p in points if p["zero"] <= last["zero"]), None),
        "reached_carried": next(
            (p["trained"] for p in points if _carried(p) <= last["zero"]), None
        ),
        "meanwhile": min((p["zero"] for p in in_time), default=None),
        "meanwhile_carried": min(map(_carried, in_time), default=None),
    }


def _carried(point: Mapping[str, float]) -> float:
    return point.get("carried", point["zero"])
