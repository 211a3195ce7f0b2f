"""How many numbers a network trains, and the hidden size that brings it near to a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from seqkit import lazy
from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.errors import DataError
from seqkit.pretrained.beginning import Beginning
from seqkit.readers.base import OnBad
from seqkit.recipe import Recipe
from seqkit.recipe.sections import Contextual

#: No hidden size is looked for beyond this.
_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a network's size depends on beside its recipe, and what its models are judged by.

    Attributes:
        vocab_size: Ids of the tokenizer.
        output_size: Logits of the head.
        feature_buckets: Rows of the tokenizer's feature table.
        contextual: The recipe's section, with the sizes of the models that it names.
        digest: A checksum of the corpus as the tokenizer reads it.
        metric: The decoder's score.
        greater_is_better: Whether a greater one is better.
    """

    vocab_size: int
    output_size: int
    feature_buckets: int
    contextual: Contextual
    digest: str
    metric: str
    greater_is_better: bool


def outside(recipe: Recipe, sources: Sources, on_bad: OnBad) -> Outside:
    """Read the corpus and train the tokenizer, or take what was kept of that.

    Raises:
        DataError: A row is bad, or there is no development data to compare by.
        RecipeError: A model that it begins from does not fit the recipe.
    """
    # the store of corpora is a part of training, whose batches are torch's
    from seqkit.training.corpus import prepare

    beginning = Beginning(recipe)
    recipe, spec = beginning.recipe, recipe.head_spec
    tokenizer = beginning.make_tokenizer()
    decoder: Decoder = lazy.load(spec.decoder)(recipe.head.options)
    corpus = prepare(
        recipe,
        sources,
        tokenizer=tokenizer,
        decoder=decoder,
        on_bad=on_bad,
        vocabulary=beginning.vocabulary,
        letters=beginning.letters,
    )
    if not corpus.dev:
        raise DataError(
            "There is no development data to compare by",
            fix="Set corpus.dev or corpus.dev_fraction",
        )
    streams = spec.arity == "one-to-many"
    return Outside(
        vocab_size=tokenizer.vocab_size,
        output_size=tokenizer.vocab_size if streams else decoder.output_size,
        feature_buckets=tokenizer.feature_buckets,
        contextual=recipe.contextual,
        digest=corpus.digest,
        metric=decoder.metric,
        greater_is_better=decoder.greater_is_better,
    )


def told_already(_: DataError) -> None:
    """What to do with a bad row that an earlier reading has met: leave it out."""


def parameters(recipe: Recipe, around: Outside) -> int:
    """How many numbers the recipe's network trains, without training or drawing any."""
    import torch

    from seqkit.nn.network import Network

    with torch.device("meta"):  # shapes alone take no memory
        network = Network(
            replace(recipe, contextual=around.contextual),
            vocab_size=around.vocab_size,
            output_size=around.output_size,
            feature_buckets=around.feature_buckets,
        )
    return sum(p.numel() for p in network.parameters())


def nearest_size(count: Callable[[int], int], target: int) -> int:
    """The size whose count is nearest to a target; of two as near, the smaller.

    Args:
        count: Grows with the size, which is at least 1.
        target: The count to come near to.
    """
    low, high = 1, 2  # count(low) <= target < count(high), but for the first low
    while high < _LARGEST and count(high) <= target:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) <= target else (low, middle)
    below, above = abs(count(low) - target), abs(count(high) - target)
    return high if above < below else low
