"""What a model card says of a model beyond its scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqkit.bundle.manifest import Confusion
from seqkit.decoding.base import Decoder

#: How many confusions are worth telling.
MOST = 5


def details(
    decoder: Decoder, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
) -> dict[str, Any]:
    """The scores of each label, and what is taken for what most often.

    Args:
        decoder: Reads the logits.
        logits: Those of each development example.
        targets: What the decoder gave for each.

    Returns:
        ``by_label`` and ``confusions`` of :class:`seqkit.bundle.manifest.Manifest`.
    """
    table = np.array(decoder.confusion(logits, targets), dtype=np.int64)
    return {
        "by_label": tuple(decoder.report(logits, targets)),
        "confusions": _most(decoder.labels, table) if table.size else (),
    }


def _most(labels: Sequence[str], table: np.ndarray) -> tuple[Confusion, ...]:
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST]
    return tuple(
        Confusion(truth=labels[true], prediction=labels[guess], count=int(wrong[true, guess]))
        for true, guess in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[true, guess]
    )
