"""A small GPT on characters, with the settings that nanoGPT documents for a processor.

Four layers of four heads, 128 features, windows of 64, batches of 12, 2,000 steps: AdamW with a
warm-up of 100 steps and cosine decay from 1e-3 to 1e-4, and no dropout.
"""

import math

from record import Clock, arguments, versions

clock = Clock()

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from windows import losses

LAYERS, HEADS, WIDTH, BLOCK, BATCH = 4, 4, 128, 64, 12
PEAK, FLOOR, WARM_UP, DECAY, CLIP = 1e-3, 1e-4, 100, 0.1, 1.0

given = arguments()
torch.manual_seed(given.seed)
steps, every = (20, 10) if given.quick else (2000, 100)
data = np.load(given.data / "ids.npz")
train, dev = torch.from_numpy(data["train"].astype(np.int64)), data["dev"]
vocab_size = int(data["vocab_size"])


class Block(nn.Module):
    """Attention to what came before, then two layers on each place; both are added to the input."""

    def __init__(self):
        super().__init__()
        self.norm_1 = nn.LayerNorm(WIDTH, bias=False)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.mix = nn.Linear(WIDTH, WIDTH, bias=False)
        self.norm_2 = nn.LayerNorm(WIDTH, bias=False)
        self.widen = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        """``(B, T, WIDTH)`` to the same."""
        B, T, _ = x.shape
        heads = self.qkv(self.norm_1(x)).view(B, T, 3, HEADS, WIDTH // HEADS)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # (B, HEADS, T, WIDTH / HEADS) each
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.mix(seen.transpose(1, 2).reshape(B, T, WIDTH))
        return x + self.narrow(F.gelu(self.widen(self.norm_2(x))))


class GPT(nn.Module):
    """Characters and places, blocks, and the character that comes next."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, WIDTH)
        self.places = nn.Embedding(BLOCK, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, vocab_size, bias=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                # what is added to the input is drawn smaller, so that its sum does not grow
                narrow = name.endswith(("mix.weight", "narrow.weight"))
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * LAYERS) if narrow else 0.02)
        self.output.weight = self.tokens.weight

    def forward(self, ids):
        """``(B, T)`` to ``(B, T, V)``."""
        x = self.tokens(ids) + self.places.weight[: ids.shape[1]]
        return self.output(self.norm(self.blocks(x)))


def rate(step):
    """The learning rate of a step."""
    if step < WARM_UP:
        return PEAK * (step + 1) / (WARM_UP + 1)
    share = (step - WARM_UP) / max(1, steps - WARM_UP)
    return FLOOR + (PEAK - FLOOR) * (1 + math.cos(math.pi * share)) / 2


model = GPT()
matrices = [p for p in model.parameters() if p.dim() >= 2]
vectors = [p for p in model.parameters() if p.dim() < 2]
optimizer = torch.optim.AdamW(
    [{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0.0}],
    lr=PEAK,
    betas=(0.9, 0.99),
)
offsets = torch.arange(BLOCK)
for step in range(steps):
    clock.start()
    for group in optimizer.param_groups:
        group["lr"] = rate(step)
    places = torch.randint(len(train) - BLOCK, (BATCH, 1)) + offsets  # (B, T)
    logits = model(train[places])
    loss = F.cross_entropy(logits.flatten(0, 1), train[places + 1].flatten())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    clock.stop()
    if (step + 1) % every == 0:
        clock.point(**losses(lambda ids, _: (model(ids), None), dev, carries=False))
clock.report(versions("torch"), parameters=sum(p.numel() for p in model.parameters()))
