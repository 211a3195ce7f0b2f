"""How often a second the weights of the character model can be read, and nothing else be done.

That bounds how many tokens of one text can be drawn, where a token needs each weight once.
"""

import time

from characters import Model
from record import Clock, arguments, threads, versions

clock = Clock()

import torch

given = arguments()
torch.set_num_threads(threads())
seconds = 0.1 if given.quick else 1.0
weights = Model(given.model).weights
# the table of embeddings is read in one row alone
size = sum(w.size for name, w in weights.items() if not name.startswith("embedding."))
buffer = torch.ones(size // 512, 512)
vector = torch.ones(512)
best = float("inf")
clock.start()
# a sum and a product with a vector both read all once; the faster is the nearer to the bound
for read in (buffer.sum, lambda: buffer @ vector):
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        read()
        best = min(best, time.perf_counter() - started)
clock.stop()
clock.report(versions("torch"), speed_1=1 / best, bytes=4 * buffer.numel())
