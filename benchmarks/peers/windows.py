"""The held-out text as every character model is scored on it, in nats a character."""

import numpy as np
import torch
import torch.nn.functional as F

WINDOW = 64
_STREAMS = 32  # side by side, for speed; each begins without a state


@torch.inference_mode()
def losses(forward, ids, *, carries=True):
    """Score a model.

    Args:
        forward: From ids ``(B, T)`` and a state, or None for none, to logits ``(B, T, V)`` and the
            state after them.
        ids: The whole text.
        carries: Whether the model has a state to carry on.

    Returns:
        ``zero``, the mean loss over all characters of consecutive windows of 64, each begun
        without a state; and ``carried``, the same with the state carried from window to window.
    """
    ids = np.asarray(ids, dtype=np.int64)
    count = (len(ids) - 1) // WINDOW
    x = torch.from_numpy(ids[: count * WINDOW]).view(count, WINDOW)
    y = torch.from_numpy(ids[1 : count * WINDOW + 1]).view(count, WINDOW)
    total = 0.0
    for some_x, some_y in zip(x.split(256), y.split(256), strict=True):
        total += _summed(forward(some_x, None)[0], some_y)
    scores = {"zero": total / x.numel()}
    if carries:
        streams = min(_STREAMS, count)
        length = count // streams  # windows of a stream
        x, y = (t[: streams * length].view(streams, length, WINDOW) for t in (x, y))
        state, total = None, 0.0
        for index in range(length):
            logits, state = forward(x[:, index], state)
            total += _summed(logits, y[:, index])
        scores["carried"] = total / x.numel()
    return scores


def _summed(logits, targets):
    return float(F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum"))


class Moments:
    """When to score a model that trains: often at first, then ever less often.

    Args:
        first: Seconds of training before the first time.
        factor: How much later each is than the one before.
    """

    def __init__(self, first=1.0, factor=1.12):
        self.next, self.factor = first, factor

    def due(self, seconds):
        """Whether it is time."""
        if seconds < self.next:
            return False
        self.next = max(self.next, seconds) * self.factor
        return True
