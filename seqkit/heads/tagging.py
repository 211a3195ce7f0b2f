"""Many-to-many, aligned: a logit a tag at every step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.decoding.base import Decoder
from seqkit.decoding.tagging import TaggingDecoder
from seqkit.encoding import IGNORED, UNSEEN
from seqkit.errors import RecipeError
from seqkit.heads import TaggingOptions
from seqkit.heads.base import Head
from seqkit.nn.crf import CRF
from seqkit.nn.dropout import Dropout


class TaggingHead(Head):
    """A softmax over the tags at each step, or over all sequences of tags with ``crf``."""

    def __init__(
        self, input_size: int, output_size: int, options: TaggingOptions, *, directions: int = 1
    ) -> None:
        super().__init__(input_size, output_size, options, directions=directions)
        self.dropout = Dropout(options.dropout, per="sequence")
        self.output = nn.Linear(input_size, output_size)
        self.crf: CRF | None = None
        if options.crf and options.label_smoothing:
            raise RecipeError(
                "head.label_smoothing is set together with head.crf",
                why="a chain has one probability for each sequence, not for each tag, to smooth",
                fix="Leave one of them out",
            )
        if options.crf:
            self.crf = CRF(output_size)
            self.unseen_target = UNSEEN

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Glorot-uniform output weights, zero biases, and zero scores of neighbours."""
        nn.init.xavier_uniform_(self.output.weight, generator=generator)
        nn.init.zeros_(self.output.bias)
        if self.crf is not None:
            self.crf.reset_parameters()

    def prepare(self, decoder: Decoder, targets: Sequence[Tensor]) -> None:
        """Rule out what the decoder says may not follow, where there is a chain."""
        if self.crf is not None:
            assert isinstance(decoder, TaggingDecoder)
            assert decoder.chain is not None
            self.crf.forbid(torch.from_numpy(decoder.chain.allowed))

    def teach(self, decoder: Decoder) -> None:
        """Hand the decoder the scores of neighbours, where there is a chain."""
        if self.crf is not None:
            assert isinstance(decoder, TaggingDecoder)
            decoder.learn(self.crf.scores.detach().float().cpu().numpy())

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """``(T, B, D)`` to ``(T, B, L)``."""
        return self.output(self.dropout(encoded))  # type: ignore[no-any-return]

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy summed over the steps that complete a token, and their number.

        With a chain it is that of the sentences' sequences of tags, in which a tag that training
        never showed may be any. Labels are smoothed in training alone (Szegedy et al. 2016).
        """
        if self.crf is not None:
            chained: Tensor = self.crf(logits, targets)
            return chained.sum(), (targets >= 0).sum()
        total = F.cross_entropy(
            logits.flatten(0, 1),
            targets.flatten(),
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=self.options.label_smoothing if self.training else 0.0,
        )
        return total, (targets != IGNORED).sum()
