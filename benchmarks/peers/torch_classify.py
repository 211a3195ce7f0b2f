"""A plain PyTorch model with given weights labels reviews, in padded batches or in bucketed ones.

Padded ones are all as long as the longest review may be; bucketed ones are of reviews that are
about as long as each other, as the longest of them.
"""

import numpy as np
from record import Clock, arguments, threads, versions
from reviews import BATCH, WORDS, label, numbered, padded

clock = Clock()

import torch
from torch import nn

given = arguments("batches")
torch.set_num_threads(threads())
weights = {name: torch.from_numpy(w) for name, w in np.load(given.model / "weights.npz").items()}


class Sentiment(nn.Module):
    """Embedding, LSTM, and one logit from its state after a review's last word."""

    def __init__(self, vocab_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 50)
        self.lstm = nn.LSTM(50, 32)
        self.output = nn.Linear(32, 1)

    def forward(self, ids, lengths):
        """``(B, T)`` and ``(B,)`` to ``(B,)``."""
        # steps first, as nn.LSTM computes: batches first would be copied to that
        outputs, _ = self.lstm(self.embedding(ids.T))
        last = outputs[lengths - 1, torch.arange(len(ids))]
        return self.output(last).squeeze(1)


model = Sentiment(len(weights["embedding.weight"]))
cell = "encoder.cells.0"
model.load_state_dict(
    {
        "embedding.weight": weights["embedding.weight"],
        "lstm.weight_ih_l0": weights[f"{cell}.W_hx"],
        "lstm.weight_hh_l0": weights[f"{cell}.W_hh"],
        "lstm.bias_ih_l0": weights[f"{cell}.b_x"],
        "lstm.bias_hh_l0": weights[f"{cell}.b_h"],
        "output.weight": weights["head.output.weight"],
        "output.bias": weights["head.output.bias"],
    }
)
model.eval()


@torch.inference_mode()
def predict(ids):
    """1 for each review that is positive."""
    order = np.arange(len(ids))
    if given.batches == "bucketed":
        order = np.argsort([len(each) for each in ids], kind="stable")
    labels = np.empty(len(ids), dtype=bool)
    for start in range(0, len(ids), BATCH):
        rows = order[start : start + BATCH]
        chosen = [ids[row] for row in rows]
        length = WORDS if given.batches == "padded" else max(map(len, chosen))
        x, lengths = padded(chosen, length)
        labels[rows] = (model(torch.from_numpy(x), torch.from_numpy(lengths)) > 0).numpy()
    return labels


reviews = numbered(given.data, quick=given.quick)
same_as = given.model / "labels-ids.npy"
facts = label(predict, reviews, clock, same_as=same_as, quick=given.quick)
clock.report(versions("torch"), **facts)
