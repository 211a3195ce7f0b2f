"""The fixtures that tests of plugins get from seqkit, used as a plugin's author uses them."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import seqkit.cli.main  # noqa: F401 -- tests in a test must find imported what can be imported once
from seqkit import api  # noqa: F401
from seqkit.runtimes import onnx  # noqa: F401

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester):
    """Run a test file, with the fixtures as an installed seqkit brings them."""
    installed = any(point.name == "seqkit" for point in entry_points(group="pytest11"))
    options = [] if installed else ["-p", "seqkit.testing.fixtures"]

    def run(code: str) -> pytest.RunResult:
        pytester.makepyfile(code)
        return pytester.runpytest_inprocess(*options, "-p", "no:cacheprovider")

    return run


def test_commands_run_and_say_what_they_did(run):
    run("""
        import pytest

        def test_success(seqkit_command, tiny_bundle):
            outcome = seqkit_command(
                "classify", "--model", tiny_bundle("classification"), "--format", "json", "-",
                input="the fox likes the barn",
            )
            outcome.assert_success()
            assert outcome.json()[0]["label"] in ("good", "bad")
            assert outcome.errors == ""
            with pytest.raises(AssertionError, match="status 0, not 2"):
                outcome.assert_failure(2)

        def test_failure(seqkit_command):
            outcome = seqkit_command("clasify")
            outcome.assert_failure(2)
            assert outcome.errors.startswith("error: There is no command 'clasify'")
            assert outcome.output == ""
            with pytest.raises(AssertionError, match="seqkit clasify: status 2"):
                outcome.assert_success()
        """).assert_outcomes(passed=2)


def test_plugins_in_place_are_the_only_ones_beside_the_built_in(run):
    run("""
        from seqkit import CellSpec, ReaderSpec, hookimpl, manager, registry

        OUTSIDE = manager.current()
        CELL = CellSpec(name="mine", target="my_cells:Mine", summary="a cell")

        class Package:
            @hookimpl
            def seqkit_register_cells(self):
                return [CELL]

        def seqkit_register_readers():
            return [ReaderSpec(name="own", target="my:Reader", summary="a format",
                               suffixes=(".own",), tasks=("tagging",))]

        def test_lists_and_functions(seqkit_plugins):
            used = seqkit_plugins([CELL], seqkit_register_readers)
            assert [plugin.distribution for plugin in used.plugins] == ["seqkit", "inline"]
            assert registry.find("cell", "inline:mine").spec is CELL
            assert registry.find("reader", "own").spec.suffixes == (".own",)

        def test_objects(seqkit_plugins):
            seqkit_plugins(Package())
            assert registry.find("cell", "mine").qualified == "package:mine"

        def test_none(seqkit_plugins):
            assert [plugin.distribution for plugin in manager.current().plugins] == ["seqkit"]

        def test_afterwards():
            assert manager.current() is OUTSIDE
        """).assert_outcomes(passed=4)


def test_a_misspelt_hook_in_place_is_an_error(run):
    run("""
        import pytest

        def seqkit_register_cell():
            return []

        def test_it(seqkit_plugins):
            with pytest.raises(TypeError, match="'seqkit_register_cell' is no hook; there are: "):
                seqkit_plugins(seqkit_register_cell)
        """).assert_outcomes(passed=1)


def test_corpora_can_be_trained_on(run):
    run("""
        import json
        import pytest
        import seqkit

        @pytest.mark.parametrize("task", ["generation", "classification", "tagging"])
        def test_rows(tiny_corpus, task):
            corpus = tiny_corpus(task)
            rows = [json.loads(line) for line in corpus.train.read_text().splitlines()]
            assert len(rows) == 16
            assert len(corpus.dev.read_text().splitlines()) == 4

        def test_train(tiny_corpus, tmp_path):
            train, dev = map(str, tiny_corpus("tagging"))
            recipe = {
                "corpus": {"train": [train], "dev": [dev], "cache": False},
                "head": {"name": "tagging"},
                "encoder": {"hidden_size": 4},
                "training": {"epochs": 1, "threads": 1},
            }
            model = seqkit.train(recipe, out=tmp_path / "model")
            assert sorted(model.labels) == ["DET", "NOUN", "VERB"]
        """).assert_outcomes(passed=4)


def test_bundles_are_trained_once(run):
    run("""
        import seqkit

        def test_first(tiny_bundle):
            assert seqkit.load(tiny_bundle("tagging")).task == "tagging"

        def test_second(tiny_bundle):
            path = tiny_bundle("tagging")
            assert path == tiny_bundle("tagging")
            assert (path / "manifest.json").is_file()
        """).assert_outcomes(passed=2)


def test_a_test_that_leaves_something_changed_fails(run):
    result = run("""
        import os
        import pytest
        import torch

        pytestmark = pytest.mark.usefixtures("unchanged_environment")

        def test_variable():
            os.environ["SEQKIT_KIT_TEST"] = "left"

        def test_folder(tmp_path):
            os.chdir(tmp_path)

        def test_generator():
            torch.rand(1)

        def test_dtype():
            torch.set_default_dtype(torch.float64)

        def test_nothing(monkeypatch, seqkit_plugins, seqkit_command, tmp_path):
            monkeypatch.setenv("SEQKIT_KIT_TEST", "back")
            monkeypatch.chdir(tmp_path)
            seqkit_plugins([])
            seqkit_command("--help").assert_success()
            torch.rand(1, generator=torch.Generator())
        """)
    try:
        result.assert_outcomes(passed=5, errors=4)
        result.stdout.fnmatch_lines(
            [
                "the test leaves changed: environment variables: SEQKIT_KIT_TEST was None and *",
                "the test leaves changed: working directory: was * and is *",
                "the test leaves changed: torch's global generator: is another one now",
                "the test leaves changed: torch's default dtype: was torch.float32 and *",
            ]
        )
    finally:
        import os

        import torch

        os.environ.pop("SEQKIT_KIT_TEST", None)
        torch.set_default_dtype(torch.float32)


def test_the_fixtures_import_nothing_until_they_are_used():
    code = (
        "import sys; import pytest; before = set(sys.modules); import seqkit.testing.fixtures\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("['seqkit']\n", "")
