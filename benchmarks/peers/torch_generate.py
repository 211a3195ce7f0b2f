"""PyTorch writes text with given weights, in one of the ways that its users do.

``lstm`` feeds each character to ``nn.LSTM`` and keeps its state, ``plain`` does so without oneDNN,
which takes long for a single step, ``cells`` with ``nn.LSTMCell``; ``compiled`` has torch.compile
make the step of these; ``window`` keeps no state but feeds the last 100 characters again for each
new one.
"""

from characters import BATCHES, TEMPERATURE, Model, write
from record import Clock, arguments, threads, versions

clock = Clock()

import torch
from torch import nn
from torch._inductor import config

given = arguments("way")
torch.set_num_threads(threads())
torch.manual_seed(given.seed)
WINDOW, LAYERS, H = 100, 2, 512

kept = Model(given.model)
weights = {name: torch.from_numpy(w) for name, w in kept.weights.items()}
V, E = weights["embedding.weight"].shape


def layer(number):
    """The weights of a layer, in the order of torch.nn's."""
    return [weights[f"encoder.cells.{number}.{name}"] for name in ("W_hx", "W_hh", "b_x", "b_h")]


class Characters(nn.Module):
    """Embedding, LSTM and logits, with the whole LSTM or with its cells."""

    def __init__(self, *, cells):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.output = nn.Linear(H, V)
        self.cells, self.lstm = None, None
        if cells:
            self.cells = nn.ModuleList([nn.LSTMCell(E, H), nn.LSTMCell(H, H)])
        else:
            self.lstm = nn.LSTM(E, H, num_layers=LAYERS)
        self.embedding.weight.data = weights["embedding.weight"]
        self.output.weight.data = weights["head.weight"]
        self.output.bias.data = weights["head.bias"]
        for number in range(LAYERS):
            for kind, w in zip(
                ("weight_ih", "weight_hh", "bias_ih", "bias_hh"), layer(number), strict=True
            ):
                if cells:
                    getattr(self.cells[number], kind).data.copy_(w)
                else:
                    getattr(self.lstm, f"{kind}_l{number}").data.copy_(w)

    def forward(self, ids, state):
        """``(T, B)`` to the logits after the last, ``(B, V)``, and the state; T is 1 for cells."""
        x = self.embedding(ids)
        if self.lstm is not None:
            outputs, state = self.lstm(x, state)
            return self.output(outputs[-1]), state
        x, new = x[0], []
        for cell, (h, c) in zip(self.cells, state, strict=True):
            new.append(cell(x, (h, c)))
            x = new[-1][0]
        return self.output(x), new


cells = given.way in ("cells", "compiled")
torch.backends.mkldnn.enabled = given.way != "plain"
model = Characters(cells=cells).eval().requires_grad_(False)
step = model
if given.way == "compiled":
    config.freezing = True  # weights become constants, since they don't change any more
    step = torch.compile(model, dynamic=False)


def read_seed(batch):
    """The logits and the state after the seed, one text's."""
    ids = torch.tensor(kept.seed).unsqueeze(1).expand(-1, batch)  # (T, B)
    if not cells:
        return model(ids, None)
    state = [(torch.zeros(batch, H), torch.zeros(batch, H)) for _ in range(LAYERS)]
    for row in ids:
        logits, state = step(row.unsqueeze(0), state)
    return logits, state


def generate(batch, tokens):
    """The texts that follow the seed."""
    with torch.no_grad():
        logits, state = read_seed(batch)
        drawn = []
        window = torch.tensor(kept.seed).unsqueeze(1).expand(-1, batch)
        for _ in range(tokens):
            ids = torch.multinomial(torch.softmax(logits / TEMPERATURE, dim=-1), 1).T  # (1, B)
            drawn.append(ids)
            if given.way == "window":
                window = torch.cat([window, ids])[-WINDOW:]
                logits, _ = model(window, None)
            else:
                logits, state = step(ids, state)
        texts = torch.cat(drawn).T.tolist()
    return [kept.text(ids) for ids in texts]


with torch.no_grad():
    kept.check(read_seed(1)[0].numpy())
batches = BATCHES[:1] if given.way == "window" else BATCHES
speeds = write(generate, clock, batches=batches, quick=given.quick)
clock.report(versions("torch"), **speeds)
