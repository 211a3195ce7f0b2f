"""The reference is whole: every hook, option, key, command, public name and field is in it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

import seqkit
from seqkit import errors, hookspecs, manager, predictions, recipe, registry, reports
from seqkit.bundle import manifest
from seqkit.decoding.metrics import LabelScore
from seqkit.decoding.sampling import Sampling
from seqkit.options import describe
from seqkit.specs import SPEC_CLASSES
from seqkit.spelling import CHARACTER_SIZE, ROWS, Speller
from seqkit.tokenizers.features import WordFeatures, word_shape
from seqkit.training import events


@pytest.fixture(scope="module")
def generated_pages(generated) -> dict[str, str]:
    return generated.pages()


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    with manager.isolated():
        yield


def section(text: str, heading: str) -> str:
    """A page from a heading to the next of its level."""
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


ROOT = Path(__file__).parents[2]
HOOKS = [
    (name, function)
    for name, function in vars(hookspecs).items()
    if name.startswith("seqkit_register_")
]


@pytest.mark.parametrize(("name", "function"), HOOKS)
def test_each_hook_is_documented_with_its_exact_signature_and_every_field(docs, name, function):
    page = (docs / "reference" / "hooks.md").read_text(encoding="utf-8")
    signature = str(inspect.signature(function)).replace("'", "")
    assert f"```python\n{name}{signature}\n```" in page
    kind = name.removeprefix("seqkit_register_").removesuffix("s")
    about = section(page, f"{kind.capitalize()}s")
    for field in dataclasses.fields(SPEC_CLASSES[kind]):
        assert f"`{field.name}`" in about, f"{kind}: {field.name}"


STRUCTS = [recipe.Top, *recipe.SECTIONS.values(), Sampling]


def test_every_option_says_what_it_is_for():
    with manager.isolated():
        parts = [p for kind in SPEC_CLASSES for p in registry.registered(kind)]
        structs = [*STRUCTS, *(p.spec.options for p in parts if hasattr(p.spec, "options"))]
        silent = [f"{s.__name__}.{o.name}" for s in structs for o in describe(s) if not o.help]
    assert silent == []


def test_every_key_of_a_recipe_is_on_its_page(generated_pages):
    page = generated_pages["recipe.md"]
    for name, struct in recipe.SECTIONS.items():
        about = section(page, f"`[{name}]`")
        for option in describe(struct):
            assert f"| `{option.name}` | {option.type} | `{option.default}` |" in about
    for name in recipe.PARTS:
        for part in registry.names(name):
            assert f"[`{part}`](parts.md#{name}-{part})" in section(page, f"`[{name}]`")


def test_every_part_and_its_options_are_on_their_page(generated_pages):
    page = generated_pages["parts.md"]
    for kind in ("tokenizer", "cell", "head", "reader", "callback"):
        for part in registry.registered(kind):
            start = f"### `{part.spec.name}` {{#{kind}-{part.spec.name}}}\n"
            about = page.split(start, 1)[1].split("\n### ", 1)[0]
            for option in describe(part.spec.options):
                assert f"| `{option.name}` | {option.type} | `{option.default}` |" in about


def test_every_command_is_on_its_page(generated_pages):
    page = generated_pages["commands.md"]
    for name in registry.names("command"):
        assert f"\n## seqkit {name}\n" in page
        command = registry.load_target("command", name)
        for word in command.commands if isinstance(command, click.Group) else ():
            assert f"\n## seqkit {name} {word}\n" in page


@pytest.mark.parametrize("words", [["train"], ["corpora", "fetch"]])
def test_help_pages_are_what_a_terminal_of_80_columns_shows(generated_pages, words):
    environment = {**os.environ, "COLUMNS": "80", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "seqkit", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.strip() in generated_pages["commands.md"]


def test_every_public_name_is_on_the_python_page(generated, generated_pages):
    page = generated_pages["python.md"]
    shown = [name for names in generated.PUBLIC.values() for name in names]
    wanted = {getattr(seqkit, name) for name in seqkit.__all__ if name != "__version__"}
    wanted -= {hookspecs.hookimpl}
    for module in (predictions, reports, events, errors):
        wanted |= {
            value
            for value in vars(module).values()
            if inspect.isclass(value) and value.__module__ == module.__name__
        }
    wanted -= {predictions.Prediction, events.Event}
    assert wanted <= {generated.find(name) for name in shown}
    for name in shown:
        assert f"\n### `{name}`\n" in page


def test_every_public_name_and_method_has_a_docstring(generated):
    silent = []
    for name in (name for names in generated.PUBLIC.values() for name in names):
        value = generated.find(name)
        members = vars(value).items() if inspect.isclass(value) else ()
        silent += [
            f"{name}.{key}"
            for key, member in members
            if not key.startswith("_")
            and (inspect.isfunction(member) or isinstance(member, property))
            and not inspect.getdoc(member)
        ]
        silent += [] if inspect.getdoc(value) else [name]
    assert silent == []


SHAPES: dict[str, list[type[msgspec.Struct]]] = {
    "`classify`": [predictions.Classification, predictions.MultiClassification],
    "`tag`": [predictions.Tagging],
    "`generate`": [predictions.Generation],
    "`suggest`": [predictions.Suggestion],
    "`evaluate`": [reports.Evaluation],
    "`errors`": [reports.Mistake],
    "`metrics.jsonl`": [events.Started, events.Transferred, events.Evaluated, events.Finished],
}


@pytest.mark.parametrize("heading", SHAPES)
def test_each_output_format_has_the_fields_of_its_type_in_their_order(docs, heading):
    page = (docs / "reference" / "output-formats.md").read_text(encoding="utf-8")
    about = section(page, heading)
    decoder = json.JSONDecoder()
    shown: list[Any] = []
    for block in about.split("```json\n")[1:]:
        rest = block.split("```", 1)[0].strip()
        while rest:
            value, end = decoder.raw_decode(rest)
            shown.append(value)
            rest = rest[end:].strip()
    assert len(shown) == len(SHAPES[heading])
    for value, struct in zip(shown, SHAPES[heading], strict=True):
        fields = [field.name for field in msgspec.structs.fields(struct)]
        assert [key for key in value if key != "event"] == fields
        msgspec.convert(value, struct)
        for token in value.get("tokens", []) if struct is predictions.Tagging else ():
            assert list(token) == [f.name for f in msgspec.structs.fields(predictions.TaggedToken)]
        for score in value.get("per_label", []):
            assert list(score) == [f.name for f in msgspec.structs.fields(LabelScore)]


@pytest.fixture
def bundle_page(docs) -> str:
    return (docs / "reference" / "bundle-format.md").read_text(encoding="utf-8")


def test_the_bundle_page_shows_a_manifest_that_is_one(bundle_page):
    shown = json.loads(bundle_page.split("```json\n", 1)[1].split("```", 1)[0])
    read = msgspec.convert(shown, manifest.Manifest)
    assert msgspec.to_builtins(read) == msgspec.to_builtins(msgspec.convert(shown, type(read)))
    assert list(shown) == [f.name for f in msgspec.structs.fields(manifest.Manifest)]
    assert shown["format_version"] == manifest.FORMAT_VERSION


def test_the_bundle_page_names_every_file_and_key(bundle_page):
    files = [manifest.MANIFEST, manifest.RECIPE, manifest.WEIGHTS, manifest.CARD, manifest.METRICS]
    structs = [manifest.Manifest, manifest.PartRecord, manifest.CorpusRecord]
    structs += [manifest.MachineRecord, manifest.OriginRecord]
    keys = [f.name for struct in structs for f in msgspec.structs.fields(struct)]
    folders = [f"{manifest.TOKENIZER}/", f"{manifest.CONTEXTUAL}/", f"{manifest.CHECKPOINTS}/"]
    for name in [*files, *folders, *keys]:
        assert f"`{name}`" in bundle_page, name


SIZES = {"vocab_size": 9, "vector_size": 2, "hidden_size": 3}


@pytest.mark.parametrize(
    "tables",
    [
        {"head": {"name": "classification", "pooling": "attention"}, "cell": {"name": "rnn"}},
        {
            "head": {"name": "tagging"},
            "embedding": {"size": 4, "feature_size": 3},
            "encoder": {"bidirectional": True, "layers": 2},
        },
        {"head": {"name": "generation", "tie_weights": True}, "cell": {"name": "gru"}},
        {"head": {"name": "generation"}, "embedding": {"size": 0}},
        {"head": {"name": "tagging"}, "embedding": {"characters": "cnn"}},
        {"head": {"name": "tagging"}, "embedding": {"characters": "recurrent"}},
        {
            "head": {"name": "tagging"},
            "contextual": {"forward": "f", "backward": "b", "size": 2, **SIZES},
        },
    ],
)
def test_the_bundle_page_names_every_tensor(bundle_page, tables):
    from seqkit.nn.network import Network

    network = Network(recipe.parse(tables), vocab_size=9, output_size=9, feature_buckets=64)
    for name in network.state_dict():
        assert f"`{re.sub(r'[0-9]+', 'N', name)}`" in bundle_page, name


def test_the_bundle_page_has_the_hash_of_features_right():
    assert word_shape("McDonald") == "XxXxx"
    (row,) = WordFeatures(1, 8192)(["Ada"]).tolist()
    expected = [f"prefix:{'a'}", f"suffix:{'a'}", f"shape:{'Xxx'}"]
    assert row == [1 + zlib.crc32(text.encode()) % 8191 for text in expected]


def test_the_bundle_page_has_the_numbers_of_characters_right(bundle_page):
    short, long = Speller()(["aЖ", "b" * 31]).tolist()
    assert short[:4] == [1, 3 + ord("a"), 3 + 1024 + ord("Ж") % 1024, 1]
    b = 3 + ord("b")
    assert long == [1, *[b] * 15, 2, *[b] * 14, 1]
    assert f"`({ROWS}, {CHARACTER_SIZE})`" in bundle_page
