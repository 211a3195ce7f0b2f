"""Decoders, one that breaks the contract and one that learns from few examples."""

from __future__ import annotations

from collections.abc import Iterable

from seqkit.decoding.tagging import TaggingDecoder
from seqkit.errors import DataError
from seqkit.examples import Example


class LosesLabels(TaggingDecoder):
    """Calls its labels by other names each time that it is made."""

    def __init__(self, options, labels=()):
        super().__init__(options, [f"{label}-saved" for label in labels])


class Choosy(TaggingDecoder):
    """Takes no tag but its own."""

    def fit(self, examples: Iterable[Example]) -> None:
        raise DataError("train.jsonl:1: the tag is none of: A, B")


class OtherMetric(TaggingDecoder):
    """Is to be judged by what it does not score."""

    metric = "luck"
