"""An LSTM on characters as a plain PyTorch loop, after PyTorch's own word language model.

The text stands in 32 streams side by side, the state is carried from window to window and cut off
from its gradient. Sizes, rates and epochs are those of seqkit's recipe.
"""

import math

from record import Clock, arguments, versions

clock = Clock()

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from windows import Moments, losses

EMBEDDING, HIDDEN, DROPOUT = 64, 384, 0.2
BATCH, WINDOW, RATE, CLIP = 32, 64, 3e-3, 1.0

given = arguments()
torch.manual_seed(given.seed)
epochs = 1 if given.quick else 8
data = np.load(given.data / "ids.npz")
dev, vocab_size = data["dev"], int(data["vocab_size"])
text = torch.from_numpy(data["train"].astype(np.int64))
length = (len(text) - 1) // BATCH
inputs = text[: length * BATCH].view(BATCH, length)
targets = text[1 : length * BATCH + 1].view(BATCH, length)


class Model(nn.Module):
    """Embedding, LSTM, and the character that comes next."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.output = nn.Linear(HIDDEN, vocab_size)

    def forward(self, ids, state=None):
        """``(B, T)`` to ``(B, T, V)``, and the state."""
        y, state = self.lstm(self.embedding(ids), state)
        return self.output(self.dropout(y)), state


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
steps = epochs * math.ceil(length / WINDOW)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
moments = Moments(0.2, 3.0) if given.quick else Moments()


def note():
    """Score the model while the clock stands still."""
    model.eval()
    clock.point(**losses(model, dev))
    model.train()


for _ in range(epochs):
    state = None
    for x, y in zip(inputs.split(WINDOW, 1), targets.split(WINDOW, 1), strict=True):
        clock.start()
        logits, state = model(x, state)
        state = tuple(s.detach() for s in state)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        clock.stop()
        if moments.due(clock.trained):
            note()
note()
clock.report(versions("torch"), parameters=sum(p.numel() for p in model.parameters()))
