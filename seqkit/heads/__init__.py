"""Task heads: what stands on top of the encoder, with its loss. One file a head.

This page declares their options and imports no torch; each head's torch-free half is in
``seqkit.decoding``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit.specs import HeadSpec, Options

Dropout = Annotated[
    float, Meta(ge=0, lt=1, description="Share of features dropped before the output layer.")
]
MultiLabel = Annotated[bool, Meta(description="Several labels, or none, may hold of one text.")]
Threshold = Annotated[
    Annotated[float, Meta(gt=0, lt=1)] | Literal["tuned"],
    Meta(
        description="With multi_label, the probability from which a label holds; or tuned, which "
        "finds one for each label on the development data, where its F1 is highest (Yang 2001)."
    ),
]
LabelSmoothing = Annotated[
    float,
    Meta(
        ge=0,
        lt=1,
        description="Share of each target in training that is spread evenly over all labels "
        "(Szegedy et al. 2016), so that no logit is driven to extremes.",
    ),
]
Calibrate = Annotated[
    bool,
    Meta(
        description="Divide logits by one temperature, found on the development data after "
        "training, so that probabilities can be taken at their word (Guo et al. 2017). No label "
        "or tag changes."
    ),
]


class GenerationOptions(Options, frozen=True, kw_only=True):
    """Options of the ``generation`` head."""

    dropout: Dropout = 0.0
    tie_weights: Annotated[
        bool,
        Meta(description="Use the embedding as the output weights (Press and Wolf 2017)."),
    ] = False
    prior: Annotated[
        Literal["none", "unigram"],
        Meta(
            description="What is known before training: none, or unigram, how often each token "
            "occurs in the training text. Without tie_weights, tokens that never occur then share "
            "one probability and cost no time."
        ),
    ] = "none"
    samples: Annotated[
        int,
        Meta(
            ge=0,
            description="Tokens drawn by their frequency, for each step of training, in place of "
            "the whole vocabulary (Bengio and Senécal 2003): several times faster where that is "
            "large. Some thousands; 0 for all tokens.",
        ),
    ] = 0
    softmax: Annotated[
        Literal["full", "adaptive"],
        Meta(
            description="How a vocabulary becomes probabilities: one softmax of all tokens, or "
            "adaptive, rare ones in groups with fewer features, which with tens of thousands of "
            "words is several times as fast (Grave et al. 2017)."
        ),
    ] = "full"
    cutoffs: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...],
        Meta(
            description="With an adaptive softmax, how many of the most frequent tokens the first "
            "group has, the first and the second, and so on; the last group has the rest."
        ),
    ] = (2000, 10_000)


class ClassificationOptions(Options, frozen=True, kw_only=True):
    """Options of the ``classification`` head."""

    pooling: Annotated[
        Literal["last", "mean", "max", "attention", "concat"],
        Meta(
            description="How the steps of a text become one vector; concat joins last, max and "
            "mean (Howard and Ruder 2018)."
        ),
    ] = "last"
    dropout: Dropout = 0.0
    multi_label: MultiLabel = False
    threshold: Threshold = 0.5
    calibrate: Calibrate = False
    label_smoothing: LabelSmoothing = 0.0
    class_weights: Annotated[
        Literal["none", "balanced"] | dict[str, float],
        Meta(
            description="How much each label counts in the loss: all alike, inversely to its "
            "frequency, or as given by label."
        ),
    ] = "none"
    ngrams: Annotated[
        int,
        Meta(
            ge=0,
            le=5,
            description="Tokens of the longest n-gram that a linear model beside the encoder reads "
            "(Wang and Manning 2012); 0 for none.",
        ),
    ] = 0
    ngram_buckets: Annotated[
        int,
        Meta(ge=1, le=1 << 30, description="Weights a label that the n-grams are hashed to."),
    ] = 1 << 20
    ngram_share: Annotated[
        float,
        Meta(
            gt=0,
            lt=1,
            description="How much of each logit is the n-grams', rather than the encoder's.",
        ),
    ] = 0.5


class NBSVMOptions(Options, frozen=True, kw_only=True):
    """Options of the ``nbsvm`` head."""

    ngrams: Annotated[int, Meta(ge=1, le=5, description="Tokens of the longest n-gram.")] = 3
    ngram_buckets: Annotated[
        int,
        Meta(ge=1, le=1 << 30, description="Weights a label that the n-grams are hashed to."),
    ] = 1 << 20
    beta: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="How much of the support vectors is kept, rather than of naive Bayes.",
        ),
    ] = 0.25
    cost: Annotated[
        float,
        Meta(
            gt=0,
            description="How much a text on the wrong side of its margin costs, in shares of one "
            "over the mean square of a text's features.",
        ),
    ] = 1.0
    multi_label: MultiLabel = False
    threshold: Threshold = 0.5
    calibrate: Calibrate = True


class TaggingOptions(Options, frozen=True, kw_only=True):
    """Options of the ``tagging`` head."""

    dropout: Dropout = 0.0
    label_smoothing: LabelSmoothing = 0.0
    calibrate: Calibrate = False
    scheme: Annotated[
        Literal["auto", "tags", "bio", "bioes", "io"],
        Meta(
            description="Whether tags are independent or mark spans, and how; auto looks at the "
            "training tags."
        ),
    ] = "auto"
    crf: Annotated[
        bool,
        Meta(
            description="Score the tags of a sentence together, by which may follow which, rather "
            "than each by itself: a conditional random field (Lafferty et al. 2001; Lample et al. "
            "2016)."
        ),
    ] = False


HEADS = [
    HeadSpec(
        name="generation",
        target="seqkit.heads.generation:GenerationHead",
        decoder="seqkit.decoding.generation:GenerationDecoder",
        summary="predicts the next token: text from a seed, next-word suggestions",
        options=GenerationOptions,
        arity="one-to-many",
        command="generate",
        lowering="seqkit.lowering.heads:generation",
        starter={
            "tokenizer": {"name": "char"},
            "embedding": {"size": 64},
            "cell": {"name": "lstm"},
            "encoder": {"hidden_size": 384},
            "training": {
                "epochs": 8,
                "batch_size": 32,
                "bptt": 64,
                "learning_rate": 0.003,
                "schedule": "cosine",
            },
        },
    ),
    HeadSpec(
        name="classification",
        target="seqkit.heads.classification:ClassificationHead",
        decoder="seqkit.decoding.classification:ClassificationDecoder",
        summary="one label a text, or several: sentiment, topics, spam",
        options=ClassificationOptions,
        arity="many-to-one",
        command="classify",
        lowering="seqkit.lowering.heads:classification",
        pieces="seqkit.runtimes.gathering:Classifying",
        starter={
            "tokenizer": {"name": "word", "max_size": 30_000},
            "embedding": {"size": 64, "dropout": 0.3},
            "cell": {"name": "lstm"},
            "encoder": {"hidden_size": 64, "bidirectional": True},
            "head": {"pooling": "max", "dropout": 0.3},
            "training": {
                "epochs": 15,
                "batch_size": 32,
                "learning_rate": 0.004,
                "patience": 4,
            },
        },
    ),
    HeadSpec(
        name="nbsvm",
        target="seqkit.heads.nbsvm:NBSVMHead",
        decoder="seqkit.decoding.classification:ClassificationDecoder",
        summary="labels texts by their words and word groups alone, learnt in seconds",
        options=NBSVMOptions,
        arity="many-to-one",
        command="classify",
        lowering="seqkit.lowering.heads:nbsvm",
        reads="ids",
        starter={"tokenizer": {"name": "word", "max_size": 200_000}},
    ),
    HeadSpec(
        name="tagging",
        target="seqkit.heads.tagging:TaggingHead",
        decoder="seqkit.decoding.tagging:TaggingDecoder",
        summary="one tag a token: parts of speech, named entities",
        options=TaggingOptions,
        arity="many-to-many",
        command="tag",
        lowering="seqkit.lowering.heads:tagging",
        pieces="seqkit.runtimes.gathering:TaggingSteps",
        starter={
            "tokenizer": {"name": "word", "affixes": 4},
            "embedding": {"size": 64, "feature_size": 64, "dropout": 0.3},
            "cell": {"name": "lstm"},
            "encoder": {"hidden_size": 128, "bidirectional": True},
            "head": {"dropout": 0.3},
            "training": {"epochs": 12, "batch_size": 32, "patience": 3},
        },
    ),
]
