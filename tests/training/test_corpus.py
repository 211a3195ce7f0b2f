"""A corpus takes no more memory for being larger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import seqkit

#: Prepares a corpus and reads it twice as training does; its peak of memory in bytes.
SCRIPT = """
import resource, sys
from pathlib import Path
import numpy as np
from seqkit import corpora, lazy, recipe as recipes, registry
from seqkit.readers.base import stop_at_bad
from seqkit.training import spool, store
from seqkit.training.corpus import prepare
spool.MOST_AS_OBJECTS = spool.MOST_IN_MEMORY = store.MOST_MAPPED = 1 << 20
task, file, repeat = sys.argv[1:]
recipe = recipes.parse({
    "corpus": {"train": [file] * int(repeat)},
    "tokenizer": {"name": "word"},
    "head": {"name": task},
})
tokenizer = registry.load_target("tokenizer", "word")(recipe.tokenizer.options)
decoder = lazy.load(recipe.head_spec.decoder)(recipe.head.options)
sources = corpora.sources(recipe, base=Path())
corpus = prepare(recipe, sources, tokenizer=tokenizer, decoder=decoder, on_bad=stop_at_bad)
order = np.random.default_rng(0).permutation(len(corpus.train))
total = sum(len(corpus.train[i]) for i in order)
assert total == corpus.train.lengths.sum() > 2000 * int(repeat), total
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak(task: str, file: Path, repeat: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, task, str(file), str(repeat)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(seqkit.__file__).parents[1])},
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in another unit elsewhere")
@pytest.mark.parametrize("task", ["classification", "generation"])
def test_memory_does_not_grow_with_the_corpus(tmp_path, task):
    rows = [
        {"text": " ".join(f"w{(n * k) % 997}" for k in range(100)), "label": "ny"[n % 2]}
        for n in range(1, 1001)
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    small, large = peak(task, file, 2), peak(task, file, 62)
    grown = 60 * file.stat().st_size
    assert grown > 28 << 20
    assert large - small < grown / 4
