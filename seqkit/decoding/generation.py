"""The torch-free half of generation: how well a model foretells the next token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from seqkit.decoding.base import Decoder
from seqkit.decoding.metrics import nothing_to_score, perplexity
from seqkit.decoding.numerics import log_softmax, refuse_nan
from seqkit.examples import Example


class GenerationDecoder(Decoder):
    """Scores next-token predictions; the tokenizer's vocabulary stands in place of labels.

    Text is drawn step by step with :class:`seqkit.decoding.sampling.Sampler`.

    Args:
        options: :class:`seqkit.heads.GenerationOptions`.
        labels: None.
    """

    greater_is_better = False

    @property
    def metric(self) -> str:
        """``loss``, in nats a token; the lower, the better."""
        return "loss"

    def fit(self, examples: Iterable[Example]) -> None:
        """Learn nothing: the tokenizer has the vocabulary."""

    def score(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """How likely the model thought the tokens that came.

        Args:
            logits: ``(steps, vocabulary)`` for each stretch of text.
            targets: int64 ``(steps,)`` for each, the ids that came next.

        Returns:
            ``loss``, the mean negative log-likelihood in nats a token, and its ``perplexity``.

        Raises:
            DataError: There is nothing to score.
            BundleError: A logit is no number.
        """
        nats, steps = 0.0, 0
        for rows, ids in zip(logits, targets, strict=True):
            refuse_nan(rows)
            nats -= float(log_softmax(rows)[np.arange(len(ids)), ids].sum(dtype=np.float64))
            steps += len(ids)
        if not steps:
            raise nothing_to_score()
        return {"loss": nats / steps, "perplexity": perplexity(nats / steps)}
