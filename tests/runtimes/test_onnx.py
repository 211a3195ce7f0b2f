"""Running a bundle in ONNX: the same answers as torch's, without torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import seqkit
from seqkit import manager, registry
from seqkit.bundle.load import open_bundle
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.runtimes.choice import choose
from seqkit.runtimes.onnx import OnnxRuntime

ROOT = Path(seqkit.__file__).parents[1]


@pytest.fixture(scope="module")
def paths(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for task in ("classification", "tagging", "generation"):
        encoder = {} if task == "generation" else {"bidirectional": True, "layers": 2}
        tiny.train(task, folder / task, encoder=encoder, training={"epochs": 1})
    return folder


def runtime(path: Path) -> OnnxRuntime:
    return OnnxRuntime(open_bundle(path), threads=1)


def texts(*lengths: int, steps: bool = False) -> list[Encoded]:
    rng = np.random.default_rng(0)
    return [
        Encoded(rng.integers(3, 9, n, dtype=np.int32), steps=np.arange(n) if steps else None)
        for n in lengths
    ]


@pytest.mark.parametrize("task", ["classification", "tagging"])
def test_a_batch_gives_what_singles_give_in_the_order_given(paths, task):
    examples = texts(5, 1, 9, 5, 2, steps=task == "tagging")
    run = runtime(paths / task)
    together = run.logits(examples)
    for example, logits in zip(examples, together, strict=True):
        (alone,) = run.logits([example])
        np.testing.assert_allclose(logits, alone, rtol=1e-4, atol=1e-6)
    assert [row.shape for row in together] == (
        [(n, 3) for n in (5, 1, 9, 5, 2)] if task == "tagging" else [(1,)] * 5
    )
    assert run.logits([]) == []


def test_a_state_goes_on_and_its_rows_are_selected_and_joined(paths):
    run = runtime(paths / "generation")
    ids = np.array([[260, 261, 262], [263, 264, 265]])
    ones = np.ones(3, dtype=np.int64)
    whole, _ = run.advance(ids, 2 * ones, run.initial_state(3))
    _, state = run.advance(ids[:1], ones, run.initial_state(3))
    swapped, _ = run.advance(ids[1:, [2, 0]], ones[:2], run.select(state, [2, 0]))
    joined = run.join([run.select(state, [1]), run.select(state, [2, 0])])
    turned, _ = run.advance(ids[1:, [1, 2, 0]], ones, joined)
    assert whole.dtype == np.float32
    assert whole.shape == (3, open_bundle(paths / "generation").tokenizer.vocab_size)
    np.testing.assert_allclose(swapped, whole[[2, 0]], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(turned, whole[[1, 2, 0]], rtol=1e-4, atol=1e-6)


def test_it_is_the_choice_for_every_built_in_part(paths):
    with manager.isolated():
        for task in ("classification", "tagging", "generation"):
            assert isinstance(choose(open_bundle(paths / task)), OnnxRuntime)


@pytest.mark.parametrize(("kind", "name"), [("cell", "lstm"), ("head", "tagging")])
def test_a_part_that_has_no_lowering_is_an_obstacle(paths, monkeypatch, kind, name):
    from dataclasses import replace

    found = registry.find

    def without(wanted: str, part: str) -> registry.Registered:
        one = found(wanted, part)
        bare = wanted == kind and one.spec.name == name
        return replace(one, spec=replace(one.spec, lowering="")) if bare else one

    monkeypatch.setattr(registry, "find", without)
    said = OnnxRuntime.obstacle(open_bundle(paths / "tagging"))
    assert said == f"the {kind} '{name}' does not say how it is written in ONNX"


def test_a_network_that_no_graph_could_hold_is_an_obstacle(paths):
    bundle = open_bundle(paths / "tagging")
    bundle.manifest = msgspec.structs.replace(bundle.manifest, parameters=300_000_000)
    said = "its 300,000,000 parameters are too many for an ONNX graph"
    assert OnnxRuntime.obstacle(bundle) == said


def test_the_same_seed_writes_the_same_text_as_torch(paths):
    written = [
        seqkit.load(paths / "generation", runtime=name, threads=1).generate(
            "the c", tokens=60, num=3, random_seed=4
        )
        for name in ("onnx", "torch")
    ]
    assert written[0] == written[1]
    assert len({g.text for g in written[0]}) == 3


ALONE = """
import json, sys
sys.modules["torch"] = None  # importing it fails
from pathlib import Path
import seqkit
folder = Path(sys.argv[1])
classify, tag, generate = (
    seqkit.load(folder / task, runtime="onnx", threads=1)
    for task in ("classification", "tagging", "generation")
)
print(json.dumps([
    classify.classify("my cat saw the park").label,
    [token.tag for token in tag.tag("a dog sat").tokens],
    generate.generate("the ", tokens=12, random_seed=1)[0].text,
    [found.word for found in generate.suggest("the ", num=2)],
]))
"""


def test_every_task_runs_where_torch_is_missing(paths):
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(paths)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "SEQKIT_LOAD_PLUGINS": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    classify, tag, generate = (
        seqkit.load(paths / task, runtime="torch", threads=1)
        for task in ("classification", "tagging", "generation")
    )
    assert json.loads(done.stdout) == [
        classify.classify("my cat saw the park").label,
        [token.tag for token in tag.tag("a dog sat").tokens],
        generate.generate("the ", tokens=12, random_seed=1)[0].text,
        [found.word for found in generate.suggest("the ", num=2)],
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda w: w.update({"head.output.weight": np.zeros((9, 16), np.float32)}),
            "size mismatch for head.output.weight",
        ),
        (lambda w: w.update({"head.output.bias": np.zeros(1, np.int64)}), "int64"),
        (lambda w: w.update({"head.stray": np.zeros(99, np.float32)}), "head.stray"),
        (
            lambda w: w.update({"stray": w.pop("head.output.bias")}),
            "head.output.bias is missing",
        ),
    ],
)
def test_weights_that_do_not_fit_the_recipe_are_damaged(paths, tmp_path, change, said):
    path = shutil.copytree(paths / "classification", tmp_path / "m")
    weights = load_file(path / "weights.safetensors")
    change(weights)
    save_file(weights, path / "weights.safetensors")
    with pytest.raises(BundleError) as caught:
        runtime(path)
    assert caught.value.what == f"{path / 'weights.safetensors'} is damaged"
    assert caught.value.why.startswith("it does not fit recipe.toml")
    assert said in caught.value.why
