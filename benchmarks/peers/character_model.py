"""An untrained model of characters by seqkit, in forms that each library can write text with.

It is two LSTM layers of 512 over the characters of the corpus. In the folder are ``bundle``;
``weights.npz``, by their names in it; and ``seed.npz``: the ``ids`` of a seed, the ``logits`` that
seqkit's torch network gives after it, and the ``characters`` of all ids.
"""

import numpy as np
import torch
from characters import SEED
from record import Clock, arguments, versions

clock = Clock()

import seqkit
from seqkit import recipe as recipes
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import CorpusRecord, MachineRecord, Manifest
from seqkit.bundle.save import record_parts, write_bundle
from seqkit.nn.network import Network
from seqkit.runtimes.torch import TorchRuntime
from seqkit.tokenizers.char import CharTokenizer
from seqkit.tokenizers.pieces import FIRST_LEARNT

TABLES = {
    "tokenizer": {"name": "char"},
    "embedding": {"size": 64},
    "cell": {"name": "lstm"},
    "encoder": {"hidden_size": 512, "layers": 2},
    "head": {"name": "generation"},
    "bundle": {"language": "en"},
}

given = arguments()
clock.start()
recipe = recipes.parse(TABLES)
tokenizer = CharTokenizer(recipe.tokenizer.options)
tokenizer.train([(given.data / "train.txt").read_text(encoding="utf-8")])
V = tokenizer.vocab_size
network = Network(recipe, vocab_size=V, output_size=V)
network.reset_parameters(torch.Generator().manual_seed(given.seed))
with torch.no_grad():
    # characters alone are drawn: no text ends, and none has half a character
    network.state_dict()["head.bias"][:FIRST_LEARNT] = -1e4
weights = {name: w.numpy() for name, w in network.state_dict().items()}
given.save.mkdir()
write_bundle(
    given.save / "bundle",
    manifest=Manifest(
        seqkit_version=seqkit.__version__,
        task="generation",
        language="en",
        parts=record_parts(recipe),
        labels=(),
        vocab_size=V,
        parameters=sum(p.numel() for p in network.parameters()),
        random_seed=given.seed,
        scores={"loss": 0.0},
        best_epoch=1,
        seconds=0.0,
        corpus=CorpusRecord(
            name="", licence="Apache-2.0", train_examples=0, dev_examples=0, sources=()
        ),
        created="2024-01-01T00:00:00+00:00",
        weights="float32",
        machine=MachineRecord(torch=str(torch.__version__), threads=1, device="cpu"),
    ),
    recipe=recipe,
    tokenizer=tokenizer,
    weights=weights,
    overwrite=False,
)
np.savez(given.save / "weights.npz", **weights)
ids = [tokenizer.eos_id, *tokenizer.encode_ids(SEED)]
runtime = TorchRuntime(open_bundle(given.save / "bundle"))
steps, lengths = np.array(ids)[:, np.newaxis], np.array([len(ids)])
logits, _ = runtime.advance(steps, lengths, runtime.initial_state(1))
characters = [*[""] * FIRST_LEARNT, *tokenizer.names[FIRST_LEARNT:]]
np.savez(given.save / "seed.npz", ids=ids, logits=logits[0], characters=characters)
clock.stop()
clock.report({"seqkit": seqkit.__version__, **versions("torch")})
