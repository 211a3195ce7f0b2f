"""What the programs that label film reviews share: the reviews, and how they are timed.

Labels are compared with those that seqkit's own torch network gives with the same weights, which
``imdb_model.py`` keeps beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 256  # the warm-up's; peers predict in batches of as many
WORDS = 500  # of a review that are read at most
_SECONDS = 2.0  # the reviews are labelled anew until so much time has passed
_FEW = 2000  # reviews of a quick run


@dataclass(frozen=True)
class Reviews:
    """Reviews in a fixed order, those held out from training last.

    Attributes:
        inputs: What a model is given of each.
        labels: ``(n,)``, 1 for a review that is positive.
        held_out: How many were held out.
    """

    inputs: Sequence[Any]
    labels: np.ndarray
    held_out: int

    def last(self, number: int) -> Reviews:
        """The last of them; all that were held out are among them if there is room."""
        return Reviews(self.inputs[-number:], self.labels[-number:], min(number, self.held_out))


def numbered(data: Path, *, quick: bool) -> Reviews:
    """The ids of the last words of each review, in arrays."""
    arrays = np.load(data / "ids.npz")
    ids: list[np.ndarray] = []
    for split in ("train", "dev"):
        ends = np.cumsum(arrays[f"{split}_lengths"])
        ids += np.split(arrays[f"{split}_ids"].astype(np.int32), ends[:-1])
    labels = np.concatenate([arrays["train_labels"], arrays["dev_labels"]])
    reviews = Reviews(ids, labels, len(arrays["dev_labels"]))
    return reviews.last(_FEW) if quick else reviews


def written(data: Path, *, quick: bool) -> Reviews:
    """All words of each review, with a space between them."""
    texts, labels, held_out = [], [], 0
    for split in ("train", "dev"):
        lines = (data / f"{split}.txt").read_text(encoding="utf-8").split("\n")[:-1]
        held_out = len(lines)
        for line in lines:
            label, text = line.split(" ", 1)
            labels.append(label == "__label__pos")
            texts.append(text)
    reviews = Reviews(texts, np.array(labels, dtype=np.int8), held_out)
    return reviews.last(_FEW) if quick else reviews


def padded(ids: Sequence[np.ndarray], length: int) -> tuple[np.ndarray, np.ndarray]:
    """Reviews of equal length: ``(n, length)``, padded with 0 at the end, and how long each was."""
    x = np.zeros((len(ids), length), dtype=np.int32)
    for row, each in zip(x, ids, strict=True):
        row[: len(each)] = each
    return x, np.array([len(each) for each in ids])


def label(
    predict: Callable[[Sequence[Any]], np.ndarray],
    reviews: Reviews,
    clock: Any,
    *,
    same_as: Path | None = None,
    quick: bool,
) -> dict[str, float]:
    """Time a model on all reviews, after batches of each size that do not count.

    Args:
        predict: Gives labels, ``(n,)`` of 0 and 1, for inputs.
        reviews: What to label.
        clock: Runs meanwhile, and gets the accuracy on those that were held out.
        same_as: A file with the labels to compare all with, in the same order.
        quick: Label them once only.

    Returns:
        ``documents`` that were labelled, and ``different``, the labels unlike those in the file.
    """
    predict(reviews.inputs[:BATCH])
    if rest := len(reviews.inputs) % BATCH:  # what compiles does so for each size of a batch
        predict(reviews.inputs[:rest])
    documents = 0
    while not documents or (clock.trained < _SECONDS and not quick):
        clock.start()
        labels = predict(reviews.inputs)
        clock.stop()
        documents += len(labels)
    dev = slice(-reviews.held_out, None)
    clock.point(accuracy=float((labels[dev] == reviews.labels[dev]).mean()))
    facts: dict[str, float] = {"documents": documents}
    if same_as is not None:
        facts["different"] = int((labels != np.load(same_as)[-len(labels) :]).sum())
    return facts
