"""seqkit writes text with one of its runtimes."""

import numpy as np
from characters import SEED, TEMPERATURE, Model, write
from record import Clock, arguments, threads, versions

clock = Clock()

import seqkit
from seqkit.bundle.load import open_bundle
from seqkit.decoding.sampling import Sampling
from seqkit.runtimes.choice import choose

given = arguments("runtime")
kept, path = Model(given.model), given.model / "bundle"
runtime = choose(open_bundle(path), given.runtime, threads=threads())
steps, lengths = np.array(kept.seed)[:, np.newaxis], np.array([len(kept.seed)])
logits, _ = runtime.advance(steps, lengths, runtime.initial_state(1))
# eight bits give other logits, though not by much
kept.check(logits, **({"within": 0.1} if given.runtime.endswith("int8") else {}))
model = seqkit.load(path, runtime=given.runtime, threads=threads())
sampling = Sampling(temperature=TEMPERATURE)


def generate(batch, tokens):
    """The texts that follow the seed."""
    written = model.generate(
        SEED, tokens=tokens, sampling=sampling, num=batch, random_seed=given.seed
    )
    return [each.text for each in written]


speeds = write(generate, clock, quick=given.quick)
clock.report({"seqkit": seqkit.__version__, **versions("numpy")}, **speeds)
