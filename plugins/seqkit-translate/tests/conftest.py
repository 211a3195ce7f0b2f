import functools

import pytest
import seqkit_translate
import torch
from click.testing import CliRunner
from seqkit_translate import TranslationOptions
from seqkit_translate.head import TranslationHead
from torch import nn

from seqkit import api, lazy, manager, registry
from seqkit.cli.main import cli
from seqkit.nn.embedding import Embedding

#: Words backwards: what a model can only know by looking at the right place.
PAIRS = [("abc", "cba"), ("bca", "acb"), ("cab ab", "ba bac"), ("ba", "ab")]


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    """A process in which this package is the only one beside the built-ins."""
    monkeypatch.setenv("COLUMNS", "100")
    with manager.isolated([seqkit_translate]):
        yield


@pytest.fixture(scope="session")
def make_head():
    """``make_head(vocabulary, cell="gru", ...)`` in double precision, no parameter zero."""

    def make(vocabulary=7, *, cell="gru", D=6, E=5, directions=2, scale=0.5, **options):
        with manager.isolated([seqkit_translate]):
            spec = registry.find("cell", cell).spec
        head = TranslationHead(
            D, vocabulary, TranslationOptions(**options), directions=directions
        ).double()
        head.use_cell(functools.partial(lazy.load(spec.target), options=spec.options()))
        embedding = Embedding(vocabulary, E)
        head.tie(embedding)
        generator = torch.Generator().manual_seed(3)
        for part in (embedding.double(), head.double()):
            part.reset_parameters(generator)
            for parameter in part.parameters():
                nn.init.normal_(parameter, std=scale, generator=generator)
        return head.eval()

    return make


@pytest.fixture(scope="session")
def draw():
    """``draw(4, 3, 6)``: normal numbers in double precision, the same each time."""

    def draw(*shape, seed=0):
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    return draw


def _tables(path, **changes):
    """A recipe that learns a few short pairs by heart in a second."""
    sections = {
        "corpus": {"train": [str(path)], "dev": [str(path)], "cache": False},
        "reader": {"name": "pairs"},
        "tokenizer": {"name": "char"},
        "embedding": {"size": 16, "init": "normal"},
        "cell": {"name": "gru"},
        "encoder": {"hidden_size": 24, "bidirectional": True},
        "head": {"name": "translation", "vocab_size": 300},
        "training": {
            "epochs": 15,
            "batch_size": 8,
            "learning_rate": 0.02,
            "schedule": "cosine",
            "threads": 1,
        },
    }
    return {
        name: {**sections.get(name, {}), **changes.get(name, {})}
        for name in {**sections, **changes}
    }


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    """A file of :data:`PAIRS`, each twenty times, so that an epoch has some steps."""
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in 20 * PAIRS), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def trained(pairs, tmp_path_factory):
    """``trained(head={...}, ...)``: the bundle of a model that learnt them by heart."""

    def train(**changes):
        out = tmp_path_factory.mktemp("models") / "model"
        with manager.isolated([seqkit_translate]):
            api.train(_tables(pairs, **changes), out=out)
        return out

    return train


@pytest.fixture(scope="session")
def backwards(trained):
    """Such a bundle, made once for all tests."""
    return trained()


@pytest.fixture
def run():
    """``run("translate", "-", input="...")`` in this process."""

    def run(*arguments, input=None):  # noqa: A002
        return CliRunner().invoke(cli, [str(a) for a in arguments], input=input)

    return run
