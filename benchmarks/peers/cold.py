"""A whole command, from its start to its end, several times: how long it takes, and its memory.

The file that it labels holds one review. The models of Keras, spaCy and flair have drawn weights:
a cold start takes as long with trained ones.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import Clock, arguments, versions

clock = Clock()
given = arguments("what")

_SECONDS = 3.0  # a command is run again until it has taken so long, and twice at least

#: Programs that are given a model and a file, as short as their users would write them.
PROGRAMS = {
    "torch": "import torch",
    "keras": """
import sys, keras, tensorflow as tf
model = keras.models.load_model(sys.argv[1] + "/model.keras")
text = open(sys.argv[2], encoding="utf-8").read()
print(model.predict(tf.constant([[text]]), verbose=0))
""",
    "spacy": """
import sys, spacy
nlp = spacy.load(sys.argv[1])
print(nlp(open(sys.argv[2], encoding="utf-8").read()).cats)
""",
    "flair": """
import sys, flair, flair.data, flair.models
sentence = flair.data.Sentence(open(sys.argv[2], encoding="utf-8").read())
flair.models.TextClassifier.load(sys.argv[1]).predict(sentence)
print(sentence.labels)
""",
}


def command(file: str) -> list[str]:
    """The words of the command."""
    if given.what in PROGRAMS:
        return [sys.executable, "-c", PROGRAMS[given.what], str(given.model), file]
    seqkit = str(Path(sys.executable).with_name("seqkit"))
    return [seqkit, "classify", file] if given.what == "classify" else [seqkit, "--help"]


def once(words: list[str]) -> tuple[float, int]:
    """Seconds and bytes of memory of one run."""
    started = time.perf_counter()
    # in a file, since a full pipe would stop it
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            sys.exit(errors.read().decode().rstrip())
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


os.environ.pop("PYTHONPATH", None)  # what a user has installed is found without
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
runs: list[tuple[float, int]] = []
with tempfile.TemporaryDirectory() as folder:
    review = (given.data / "dev.txt").read_text(encoding="utf-8").split("\n")[0]
    file = Path(folder) / "review.txt"
    file.write_text(review.split(" ", 1)[1], encoding="utf-8")
    words = command(str(file))
    once(words)  # reads from the disk what later ones find in memory
    fewest, least = (1, 0.0) if given.quick else (2, _SECONDS)
    while len(runs) < fewest or sum(seconds for seconds, _ in runs) < least:
        runs.append(once(words))
seconds, held = zip(*runs, strict=True)
name = given.what if given.what in PROGRAMS else "seqkit"
clock.report(versions(name), answered=statistics.median(seconds), held=max(held))
