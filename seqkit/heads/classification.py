"""Many-to-one: a text's steps pooled into one vector, then a logit a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.decoding.base import Decoder
from seqkit.encoding import Encoded
from seqkit.errors import RecipeError, did_you_mean
from seqkit.heads import ClassificationOptions
from seqkit.heads.base import Head
from seqkit.nn.dropout import Dropout
from seqkit.nn.ngrams import NGrams
from seqkit.nn.pooling import pooling


class ClassificationHead(Head):
    """One label of several, or several at once.

    Two labels share one sigmoid unit, more get a softmax, and with ``multi_label`` each has a
    sigmoid unit of its own; the loss is the cross-entropy of each.

    With ``ngrams`` a linear model of the text's n-grams stands beside the encoder. Each learns by
    itself, as if there were no other: a sum that is trained as one leaves the encoder nothing to
    learn, for the n-grams know every training text by heart. Where they answer, their logits are
    mixed, which is the logarithmic pool of the two opinions (Hinton 2002, "Training products of
    experts by minimizing contrastive divergence").
    """

    options: ClassificationOptions
    soft_targets = True

    def __init__(
        self,
        input_size: int,
        output_size: int,
        options: ClassificationOptions,
        *,
        directions: int = 1,
    ) -> None:
        super().__init__(input_size, output_size, options, directions=directions)
        self.pooling = pooling(options.pooling, input_size, directions=directions)
        self.dropout = Dropout(options.dropout, per="element")
        self.output = nn.Linear(self.pooling.output_size, output_size)
        self.binary = output_size == 1 and not options.multi_label
        self.ngrams: NGrams | None = None
        if options.ngrams:
            self.ngrams = NGrams(options.ngrams, options.ngram_buckets, output_size)
        #: ``(labels,)``, how much each label counts in training; none for all alike.
        self.label_weights: Tensor | None = None

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Glorot-uniform output weights, zero biases."""
        self.pooling.reset_parameters(generator)
        nn.init.xavier_uniform_(self.output.weight, generator=generator)
        nn.init.zeros_(self.output.bias)
        if self.ngrams is not None:
            self.ngrams.reset_parameters()

    def prepare(self, decoder: Decoder, targets: Sequence[Tensor]) -> None:
        """Set the labels' weights, scaled so that the examples weigh one on average.

        Raises:
            RecipeError: A label that is not there has a weight, or there are ``multi_label`` texts.
        """
        choice = self.options.class_weights
        if choice == "none":
            return
        if self.options.multi_label:
            raise RecipeError(
                "head.class_weights is set together with head.multi_label",
                why="labels that do not exclude each other have no share of the examples",
                fix="Leave one of them out; head.threshold balances several labels",
            )
        indices = torch.stack(list(targets)).long()
        counts = torch.bincount(indices, minlength=len(decoder.labels)).double()
        if isinstance(choice, dict):
            for label in choice:
                if label not in decoder.labels:
                    raise RecipeError(
                        f"head.class_weights names the label '{label}'",
                        why="no training example has it",
                        fix=did_you_mean(label, decoder.labels),
                    )
            weights = torch.tensor([choice.get(label, 1.0) for label in decoder.labels]).double()
        else:
            weights = 1 / counts.clamp(min=1)  # a label of empty texts alone has none left
        mean = (weights * counts).sum() / counts.sum()
        self.label_weights = (weights / mean).to(self.output.weight)

    def study(self, examples: Sequence[Encoded], generator: torch.Generator) -> None:
        """Have the n-grams learn, where there are any."""
        if self.ngrams is None:
            return
        targets = torch.from_numpy(np.stack([e.target for e in examples if e.target is not None]))
        importance = torch.ones(len(targets))
        if self.label_weights is not None:
            importance = _importance(self.label_weights.cpu(), targets)
        if targets.is_floating_point():
            targets = targets[:, 1:] if self.binary else targets
        elif self.binary:
            targets = targets.unsqueeze(1)
        else:
            targets = F.one_hot(targets, self.output.out_features)
        self.ngrams.fit(
            examples,
            targets,
            exclusive=not (self.binary or self.options.multi_label),
            importance=importance,
            generator=generator,
        )

    def directly(self, ids: Tensor, lengths: Tensor) -> Tensor | None:
        """The share of the n-grams, ``(B, L)``; none in training, where each learns by itself."""
        if self.ngrams is None or self.training:
            return None
        return self.options.ngram_share * self.ngrams(ids, lengths)  # type: ignore[no-any-return]

    def credit(self, ids: Tensor) -> Tensor | None:
        """The share of the n-grams that each token is part of, ``(T, L)``."""
        if self.ngrams is None:
            return None
        return self.options.ngram_share * self.ngrams.credit(ids)

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """``(T, B, D)`` to ``(B, L)``; beside n-grams and not in training, the encoder's share."""
        logits: Tensor = self.output(self.dropout(self.pooling(encoded, lengths)))
        if self.ngrams is None or self.training:
            return logits
        return (1 - self.options.ngram_share) * logits

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy summed over the batch, and the number of texts; weighted in training."""
        count = torch.tensor(len(logits), device=logits.device)
        losses = classification_loss(
            logits,
            targets,
            multi_label=self.options.multi_label,
            smoothing=self.options.label_smoothing if self.training else 0.0,
        )
        if self.training and self.label_weights is not None:
            losses = losses * _importance(self.label_weights, targets)  # (B,)
        return losses.sum(), count

    def divergence(self, logits: Tensor, answers: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Summed over the batch and its labels, and the number of texts."""
        count = torch.tensor(len(logits), device=logits.device)
        if self.binary or self.options.multi_label:
            # of a label that holds and one that doesn't
            logits, answers = (torch.stack([x, torch.zeros_like(x)]) for x in (logits, answers))
            told, given = logits.log_softmax(dim=0), answers.log_softmax(dim=0)
        else:
            told, given = logits.log_softmax(dim=1), answers.log_softmax(dim=1)
        return F.kl_div(told, given, reduction="sum", log_target=True), count


def classification_loss(
    logits: Tensor, targets: Tensor, *, multi_label: bool, smoothing: float = 0.0
) -> Tensor:
    """Cross-entropy of each text, or with ``multi_label`` of each text and label.

    With smoothing the target of one of ``L`` labels is ``(1 - s) y + s / L`` (Szegedy, Vanhoucke,
    Ioffe, Shlens and Wojna 2016, "Rethinking the inception architecture for computer vision"). A
    sigmoid tells two labels apart, the one and its absence.

    Args:
        logits: ``(B, L)``; of two labels that exclude each other ``(B, 1)``.
        targets: int64 ``(B,)``; or each label's probability, ``(B, labels)``, which with
            ``multi_label`` is 1 for each that holds.
        multi_label: Whether any number of the labels may hold.
        smoothing: ``s``.

    Returns:
        ``(B,)`` or ``(B, L)``, in nats.
    """
    if multi_label or logits.shape[1] == 1:
        y = targets.to(logits.dtype)
        if not multi_label:
            y = y[:, 1:] if targets.is_floating_point() else y.unsqueeze(1)
        if smoothing:
            y = (1 - smoothing) * y + smoothing / 2
        losses = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
        return losses if multi_label else losses.squeeze(1)
    if targets.is_floating_point():
        targets = targets.to(logits.dtype)
    return F.cross_entropy(logits, targets, reduction="none", label_smoothing=smoothing)


def _importance(weights: Tensor, targets: Tensor) -> Tensor:
    """How much each text counts, ``(B,)``: as much as its label, or as its labels on average."""
    return targets @ weights if targets.is_floating_point() else weights[targets]
