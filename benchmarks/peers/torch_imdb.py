"""The textbook's experiment as a plain PyTorch loop over padded reviews."""

from record import Clock, arguments, versions

clock = Clock()

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

given = arguments()
torch.manual_seed(given.seed)

WORDS, BATCH = 500, 256
epochs = 1 if given.quick else 3

data = np.load(given.data / "ids.npz")


def split(name):
    """The reviews padded on the left, so that the last state has just read the last word."""
    ends = np.cumsum(data[f"{name}_lengths"])
    x = np.zeros((len(ends), WORDS), dtype=np.int64)
    for row, ids in zip(x, np.split(data[f"{name}_ids"], ends[:-1]), strict=True):
        row[WORDS - len(ids) :] = ids
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(data[f"{name}_labels"]).float())


class Sentiment(nn.Module):
    """Embedding, LSTM, and one logit from its last state."""

    def __init__(self, vocab_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 50, padding_idx=0)
        self.lstm = nn.LSTM(50, 32, batch_first=True)
        self.dropout = nn.Dropout(0.25)
        self.output = nn.Linear(32, 1)

    def forward(self, ids):
        """``(B, T)`` to ``(B,)``."""
        _, (h, _) = self.lstm(self.dropout(self.embedding(ids)))
        return self.output(self.dropout(h[-1])).squeeze(1)


train = DataLoader(split("train"), batch_size=BATCH, shuffle=True)
dev = DataLoader(split("dev"), batch_size=BATCH)
model = Sentiment(int(data["vocab_size"]))
optimizer = torch.optim.Adam(model.parameters())
criterion = nn.BCEWithLogitsLoss()

for _ in range(epochs):
    clock.start()
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    clock.stop()
    model.eval()
    with torch.inference_mode():
        right = sum(int(((model(x) > 0) == (y > 0.5)).sum()) for x, y in dev)
    clock.point(accuracy=right / len(dev.dataset))
clock.report(versions("torch"), parameters=sum(p.numel() for p in model.parameters()))
