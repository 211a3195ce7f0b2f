"""A head whose answer is as long as it takes, from a plugin: what the core does for it."""

import json
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import seqkit
from seqkit import manager
from seqkit.bundle.load import open_bundle
from seqkit.decoding.base import Decoder
from seqkit.encoding import IGNORED
from seqkit.errors import BundleError
from seqkit.heads.base import Head
from seqkit.predictions import Prediction

END = 0


class Spelling(Prediction, frozen=True, kw_only=True):
    source: str
    text: str


class SpellingDecoder(Decoder):
    """Answers with letters, of which it keeps a file."""

    greater_is_better = False
    metric = "loss"
    letters = ""

    def fit(self, examples):
        self.letters = "".join(sorted({c for e in examples for c in e.labels[0]}))

    def texts(self, example):
        return [example.text, example.labels[0]]

    def use(self, tokenizer):
        self.tokenizer = tokenizer

    def save(self, folder):
        (folder / "letters.json").write_bytes(msgspec.json.encode(self.letters))

    def load(self, folder):
        try:
            self.letters = msgspec.json.decode((folder / "letters.json").read_bytes(), type=str)
        except (OSError, msgspec.DecodeError) as error:
            raise BundleError(f"{folder} is damaged", why=str(error)) from error

    @property
    def output_size(self):
        return 1 + len(self.letters)

    def target(self, example):
        return np.array([1 + self.letters.index(c) for c in example.labels[0]] + [END])

    def decode(self, logits, source, tokens=()):
        return Spelling(source=source, text="".join(self.letters[int(i) - 1] for i in logits))

    def decode_empty(self, source):
        return Spelling(source=source, text="")

    def score(self, logits, targets):
        same = [np.array_equal(a, t[:-1]) for a, t in zip(logits, targets, strict=True)]
        return {"exact": float(np.mean(same))}


class SpellingHead(Head):
    """Writes letters with a cell that starts from the mean of what was read."""

    searches = True

    def __init__(self, input_size, output_size, options, *, directions=1):
        super().__init__(input_size, output_size, options, directions=directions)
        self.letters = nn.Embedding(output_size, 8)
        self.output = nn.Linear(input_size, output_size)

    def use_cell(self, make_cell):
        self.cell = make_cell(8 + self.input_size, self.input_size)

    def reset_parameters(self, generator):
        self.cell.reset_parameters(generator)
        for parameter in (self.letters.weight, self.output.weight, self.output.bias):
            nn.init.normal_(parameter, std=0.3, generator=generator)

    def forward(self, encoded, lengths):
        return encoded

    def _context(self, encoded, lengths):
        real = torch.arange(len(encoded))[:, None] < lengths  # (T, B)
        return (encoded * real.unsqueeze(-1)).sum(0) / lengths.unsqueeze(-1)

    def _step(self, last, context, state):
        y, state = self.cell.step(torch.cat([self.letters(last), context], -1), state)
        return self.output(y), state

    def loss(self, output, targets, lengths):
        context, state = self._context(output, lengths), self.cell.initial_state(len(lengths))
        last = torch.zeros_like(lengths)
        total = output.new_zeros(())
        for target in targets:  # (B,)
            logits, state = self._step(last, context, state)
            total = total + F.cross_entropy(logits, target, ignore_index=IGNORED, reduction="sum")
            last = target.clamp(min=0)
        return total, (targets != IGNORED).sum()

    def answers(self, output, lengths):
        context, state = self._context(output, lengths), self.cell.initial_state(len(lengths))
        last, steps = torch.zeros_like(lengths), []
        for _ in range(6):
            logits, state = self._step(last, context, state)
            last = logits.argmax(-1)
            steps.append(last)
        rows = torch.stack(steps, 1).numpy()
        return [row[: np.argmin(row) if END in row else len(row)] for row in rows]


@pytest.fixture
def spelling(tmp_path):
    @seqkit.hookimpl
    def seqkit_register_heads():
        return [
            seqkit.HeadSpec(
                name="spelling",
                target=f"{__name__}:SpellingHead",
                decoder=f"{__name__}:SpellingDecoder",
                summary="spells",
                arity="sequence-to-sequence",
                command="spell",
            )
        ]

    rows = [("one two", "ab"), ("two", "b"), ("three one one", "caa"), ("one", "a")]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": t, "label": a}) + "\n" for t, a in rows))
    plugin = SimpleNamespace(
        __name__="spelling_plugin", seqkit_register_heads=seqkit_register_heads
    )
    tables = {
        "corpus": {"train": [str(path)], "dev": [str(path)]},
        "reader": {"name": "jsonl"},
        "embedding": {"size": 8, "init": "normal"},
        "cell": {"name": "gru"},
        "encoder": {"hidden_size": 16, "max_tokens": 3},
        "head": {"name": "spelling"},
        "training": {"epochs": 60, "batch_size": 4, "learning_rate": 0.02, "threads": 1},
    }
    with manager.isolated([plugin]):
        yield tables, rows


def test_it_is_trained_written_loaded_scored_and_asked(spelling, tmp_path):
    tables, rows = spelling
    model = seqkit.train(tables, out=tmp_path / "m")
    assert set(model.manifest.scores) == {"loss"}  # training searches for no answers
    assert model.manifest.scores["loss"] < 0.1
    texts = [seqkit.examples.TextExample(t, f"f:{n}") for n, (t, _) in enumerate(rows)]
    again = seqkit.load(tmp_path / "m")
    assert [(a.text, a.source) for a in again.predict(texts)] == [
        (answer, f"f:{n}") for n, (_, answer) in enumerate(rows)
    ]
    labelled = [seqkit.examples.TextExample(t, "f", (a,)) for t, a in [*rows, ("two two", "caac")]]
    scores = again.evaluate(labelled).scores
    assert scores["exact"] == 0.8
    assert scores["loss"] > model.manifest.scores["loss"]


def test_what_its_decoder_learnt_comes_from_the_bundle_and_from_the_cache(spelling, tmp_path):
    tables, _ = spelling
    tables["training"]["epochs"] = 1
    first, second = (seqkit.train(tables, out=tmp_path / name) for name in ("a", "b"))
    assert (tmp_path / "b" / "head" / "letters.json").read_text() == '"abc"'
    assert first.manifest.scores == second.manifest.scores
    decoder = open_bundle(tmp_path / "b").decoder
    assert decoder.output_size == 4
    unknown = decoder.tokenizer.encode_ids("zzz")
    assert decoder.tokenizer.encode_ids("caa") != unknown  # of the answers, which texts() gave
    (tmp_path / "b" / "head" / "letters.json").write_text("{")
    with pytest.raises(BundleError, match="damaged"):
        _ = open_bundle(tmp_path / "b").decoder


def test_heads_without_files_leave_no_folder(tiny, tmp_path):
    tiny.train("classification", tmp_path / "m")
    assert not (tmp_path / "m" / "head").exists()
