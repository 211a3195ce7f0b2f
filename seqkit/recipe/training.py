"""The section of a recipe that says how weights are found, each key declared once."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit.specs import Options


class Training(Options, frozen=True, kw_only=True):
    """How the weights are found."""

    epochs: Annotated[int, Meta(ge=1, description="Passes over the training data.")] = 10
    batch_size: Annotated[
        int, Meta(ge=1, description="Examples a step; for generation, streams read side by side.")
    ] = 32
    bptt: Annotated[
        int,
        Meta(
            ge=1,
            description="For generation, steps that the gradient flows back through; the state is "
            "carried on.",
        ),
    ] = 64
    bptt_random: Annotated[
        bool,
        Meta(
            description="Draw each window's steps around bptt, and scale its learning rate by its "
            "length (Merity et al. 2018)."
        ),
    ] = False
    state_reset: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="For generation, the chance that a stream starts a window with an empty "
            "state, so that the model also learns to begin.",
        ),
    ] = 0.02
    accumulate: Annotated[
        int,
        Meta(
            ge=1,
            description="Batches whose gradients are summed up for one step, which is the step of "
            "one batch so many times as large in the memory of one.",
        ),
    ] = 1
    optimizer: Annotated[
        Literal["adam", "adamw", "sgd"], Meta(description="The optimisation method.")
    ] = "adam"
    learning_rate: Annotated[float, Meta(gt=0, le=1e6, description="The peak learning rate.")] = (
        0.001
    )
    weight_decay: Annotated[
        float, Meta(ge=0, description="Decay of the weights; decoupled with adamw.")
    ] = 0.0
    momentum: Annotated[float, Meta(ge=0, lt=1, description="Momentum of sgd.")] = 0.0
    layer_decay: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="The learning rate of each layer as a share of that of the layer above, "
            "from the head down to the embedding (Howard and Ruder 2018); 1 for the same in all.",
        ),
    ] = 1.0
    unfreeze_every: Annotated[
        int,
        Meta(
            ge=0,
            description="Train the head alone at first, and one layer more below it after each so "
            "many epochs (gradual unfreezing, Howard and Ruder 2018); 0 for all from the start.",
        ),
    ] = 0
    schedule: Annotated[
        Literal["constant", "linear", "cosine", "one-cycle", "slanted-triangular"],
        Meta(
            description="The learning rate's course: constant, warm-up then linear or cosine "
            "decay to zero, one cycle (Smith 2018), or a steep rise and a long fall (Howard and "
            "Ruder 2018)."
        ),
    ] = "constant"
    warmup: Annotated[
        float, Meta(ge=0, lt=1, description="Share of all steps in which the rate rises.")
    ] = 0.0
    clip_norm: Annotated[
        float, Meta(ge=0, description="Largest norm of the whole gradient; 0 for any.")
    ] = 1.0
    average: Annotated[
        Literal["none", "ema", "asgd"],
        Meta(
            description="Weights that are scored and kept: those of the latest step; ema, their "
            "exponential moving average (Polyak and Juditsky 1992); or asgd, the mean of all since "
            "the score stopped getting better (NT-ASGD, Merity et al. 2018)."
        ),
    ] = "none"
    average_decay: Annotated[
        float,
        Meta(
            gt=0,
            lt=1,
            description="Share that ema keeps of the average at each step; less in the first ones.",
        ),
    ] = 0.999
    average_interval: Annotated[
        int,
        Meta(
            ge=0,
            description="asgd begins once an epoch's score is worse than the best of those more "
            "than this many epochs before it.",
        ),
    ] = 5
    activation: Annotated[
        float,
        Meta(
            ge=0,
            description="Weight of a penalty on the size of the last layer's outputs (AR, Merity "
            "et al. 2017).",
        ),
    ] = 0.0
    temporal_activation: Annotated[
        float,
        Meta(
            ge=0,
            description="Weight of a penalty on how much the last layer's outputs change from step "
            "to step (TAR, Merity et al. 2017).",
        ),
    ] = 0.0
    language_loss: Annotated[
        float,
        Meta(
            ge=0,
            description="Weight of a language model's loss beside the task's: each direction also "
            "foretells its next token, so that the layers learn from the texts too (Rei 2017). "
            "What that needs is not kept in the bundle.",
        ),
    ] = 0.0
    adversarial: Annotated[
        Literal["none", "adversarial", "virtual"],
        Meta(
            description="Learn also from vectors moved to where the loss grows fastest "
            "(adversarial) or the answer changes fastest (virtual, which learns so from "
            "corpus.unlabelled too); Miyato, Dai and Goodfellow 2017. Takes two or three times as "
            "long."
        ),
    ] = "none"
    adversarial_epsilon: Annotated[
        float,
        Meta(
            gt=0,
            description="How far all the vectors of a text together are moved, in standard "
            "deviations of their features.",
        ),
    ] = 5.0
    patience: Annotated[
        int, Meta(ge=0, description="Stop after this many epochs without a better score; 0: never.")
    ] = 0
    max_seconds: Annotated[
        float,
        Meta(
            ge=0,
            description="Stop after so many seconds; the epoch in progress ends there and is "
            "scored, and the schedule has run its course by then. 0 for no limit.",
        ),
    ] = 0.0
    checkpoint_seconds: Annotated[
        float,
        Meta(
            ge=0,
            description="Least time between checkpoints within an epoch; each epoch ends with one.",
        ),
    ] = 60.0
    threads: Annotated[
        int, Meta(ge=0, description="Processor threads; 0 for as many as there are cores.")
    ] = 0
    precision: Annotated[
        Literal["float32", "bfloat16"],
        Meta(
            description="Precision of the head's products while training. With a vocabulary of "
            "tens of thousands bfloat16 halves the time of a step, where the processor has it "
            "(Kalamkar et al. 2019); weights and sums stay in single precision."
        ),
    ] = "float32"
    kernels: Annotated[
        bool,
        Meta(
            description="Let installed kernels compute what they are made for; they do the same "
            "faster. false leaves all to torch."
        ),
    ] = True
    baseline: Annotated[
        bool,
        Meta(
            description="For classification, score a bag of words and word pairs on the "
            "development data too, which takes seconds and tells what a network adds."
        ),
    ] = True
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        Meta(description="Where to train; auto takes a GPU where there is one."),
    ] = "auto"
