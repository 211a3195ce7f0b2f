"""A model of characters of a text, trained for a few steps: prints what it cost as a line of JSON.

Started in a process of its own, whose memory is then that of this one run. Training is ended as
Ctrl-C ends it, so that an interrupted bundle is written at the end.
"""

from __future__ import annotations

import argparse
import json
import signal
import tempfile
import time
from pathlib import Path

import seqkit
from benchmarks.peers.record import peak_bytes
from seqkit.training.events import Event, Finished, Started, Stepped

#: Bytes are the cheapest tokens; there are enough of them here for every other cost to be seen.
RECIPE = {
    "reader": {"name": "text", "unit": "line"},
    "tokenizer": {"name": "byte"},
    "embedding": {"size": 32},
    "cell": {"name": "lstm"},
    "encoder": {"hidden_size": 64},
    "head": {"name": "generation"},
}


class Watch:
    """Notes what is told of the corpus, and ends training after some steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.facts: dict[str, object] = {}

    def on_event(self, event: Event) -> None:
        """Training begins, goes on or ends."""
        if isinstance(event, Started):
            self.facts |= {
                "began": time.perf_counter() - started,
                "documents": event.train_examples + event.dev_examples,
                "tokens": event.train_tokens,
            }
        elif isinstance(event, Stepped) and event.step == self.steps:
            signal.raise_signal(signal.SIGINT)
        elif isinstance(event, Finished):
            self.facts["reason"] = event.reason


if __name__ == "__main__":
    started = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("text", type=Path, help="a document a line")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    given = parser.parse_args()
    # a process in the background may have been started to ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    watch = Watch(given.steps)
    tables = RECIPE | {
        "corpus": {"train": [given.text.name]},
        "training": {"epochs": 1, "threads": given.threads},
    }
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "model"
        seqkit.train(tables, out=out, data=given.text.parent, observers=[watch])
    seconds = time.perf_counter() - started
    print(json.dumps({**watch.facts, "seconds": seconds, "peak_bytes": peak_bytes()}))
