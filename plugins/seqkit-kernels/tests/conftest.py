import json

import pytest
from seqkit_kernels import compiled

from seqkit import api
from seqkit.bundle.load import open_bundle

ROWS = {
    "classification": [
        {"text": "the cat sat on a mat", "label": "n"},
        {"text": "a dog ran to the park", "label": "y"},
        {"text": "we saw no dog", "label": "z"},
    ],
    "tagging": [{"tokens": ["the", "cat", "ran"], "tags": ["D", "N", "V"]}],
    "generation": [{"text": "the cat sat on a mat. a dog ran to the park. "}],
}


@pytest.fixture(params=[0, 1, 2], ids=["plain", "avx2", "avx512"])
def level(request):
    """Every level of instructions that this processor has; the best again afterwards."""
    if not compiled.available():
        pytest.skip("the library is not compiled: there was no C++ compiler")
    if compiled.use_level(request.param) != request.param:
        pytest.skip("this processor lacks these instructions")
    yield request.param
    compiled.use_level(2)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes a bundle: ``made(task, **sections)``."""
    folder = tmp_path_factory.mktemp("bundles")

    def make(task, **changes):
        path = folder / str(len(list(folder.iterdir())))
        rows = folder / f"{task}.jsonl"
        rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS[task]), encoding="utf-8")
        tables = {
            "corpus": {"train": [str(rows)], "dev": [str(rows)]},
            "training": {"epochs": 1, "batch_size": 2, "bptt": 6, "threads": 1},
        }
        usual = {
            "embedding": {"size": 6},
            "encoder": {"hidden_size": 8},
            "tokenizer": {"name": "char" if task == "generation" else "word"},
            "head": {"name": task},
        }
        for section in {*usual, *changes}:
            tables[section] = {**usual.get(section, {}), **changes.get(section, {})}
        api.train(tables, out=path)
        return open_bundle(path)

    return make
