"""Softmax and its kin, stable at any magnitude, in the precision of what they are given."""

from __future__ import annotations

import numpy as np

from seqkit.errors import BundleError


def softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Probabilities in proportion to ``exp(logits)``.

    Args:
        logits: float32 or float64 of any shape, ``-inf`` allowed beside a finite one.
        axis: The axis along which the probabilities sum to one.

    Returns:
        The same shape and precision.
    """
    weights = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(weights / weights.sum(axis=axis, keepdims=True))


def log_softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Natural logarithms of :func:`softmax`, exact where the probabilities would underflow.

    Args:
        logits: float32 or float64 of any shape, ``-inf`` allowed beside a finite one.
        axis: The axis along which the probabilities sum to one.

    Returns:
        The same shape and precision, in nats.
    """
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


def log_of(probabilities: np.ndarray) -> np.ndarray:
    """Natural logarithms, finite where a probability is too small to be told from zero.

    Args:
        probabilities: float64 of any shape.

    Returns:
        The same shape, in nats.
    """
    return np.asarray(np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """``1 / (1 + exp(-logits))`` without overflow, and exact for very negative logits.

    Args:
        logits: float32 or float64 of any shape.

    Returns:
        The same shape and precision.
    """
    decay = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1, decay) / (1 + decay))


def refuse_nan(logits: np.ndarray) -> None:
    """Stop at logits that no probability can be made of.

    Args:
        logits: Any shape; ``-inf`` is an impossible outcome and passes.

    Raises:
        BundleError: A logit is NaN or ``+inf``.
    """
    # The maximum is NaN where any element is, which costs one pass and no mask.
    if logits.size and not logits.max() < np.inf:
        raise BundleError(
            "the model's output is no number",
            why="a logit is NaN or infinite",
            fix="Its weights are damaged, or its training diverged: train it again, with a lower "
            "learning rate or with gradients clipped",
        )
