"""Installed plugin packages, good and bad, seen from the command line and from Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import seqkit


@pytest.fixture
def rows(run_seqkit):
    def listed(**variables: str) -> list[dict[str, str]]:
        done = run_seqkit("plugins", "--format", "json", **variables)
        assert done.returncode == 0, done.stderr
        return [row for row in json.loads(done.stdout) if row["distribution"].startswith("acme")]

    return listed


def python(plugin_site: Path, code: str) -> str:
    """What a fresh interpreter prints with the distributions installed."""
    source = Path(seqkit.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": f"{plugin_site}{os.pathsep}{source}"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_good_plugin_is_listed_with_its_package_and_version(rows):
    good = [row for row in rows() if row["distribution"] == "acme-good"]
    assert [(r["kind"], r["name"], r["version"], r["status"], r["summary"]) for r in good] == [
        ("tokenizer", "code-point", "1.2", "ok", "one token a Unicode code point"),
        ("cell", "leaky", "1.2", "ok", "leaky integrator"),
    ]


def test_broken_plugins_are_set_aside_each_with_its_reason(rows):
    failed = {r["distribution"]: r["reason"] for r in rows() if r["status"] == "failed"}
    assert failed == {
        "acme-misspelt": "there is no hook 'seqkit_register_cell'; "
        "did you mean 'seqkit_register_cells'?",
        "acme-raises": "importing it raised RuntimeError: no licence key in this house",
    }


def test_parts_of_a_failed_plugin_are_not_registered(rows):
    assert "orphan" not in [row["name"] for row in rows()]


def test_collisions_are_listed_under_their_full_names(rows):
    collisions = {r["name"]: r["reason"] for r in rows() if r["status"] == "collision"}
    assert collisions == {
        "acme-lstm:lstm": "'lstm' is also in seqkit",
        "acme-twin-a:twin": "'twin' is also in acme-twin-b",
        "acme-twin-b:twin": "'twin' is also in acme-twin-a",
    }


def test_only_named_packages_are_loaded(rows):
    listed = rows(SEQKIT_LOAD_PLUGINS="ACME_Good, acme-twin-a")
    assert [r["name"] for r in listed if r["status"] == "ok"] == ["code-point", "leaky", "twin"]
    assert {r["reason"] for r in listed if r["status"] == "disabled"} == {
        "SEQKIT_LOAD_PLUGINS does not name it"
    }


def test_an_empty_list_loads_no_package(rows):
    assert {row["status"] for row in rows(SEQKIT_LOAD_PLUGINS="")} == {"disabled"}


def test_a_package_to_load_that_is_not_installed_is_a_failure(rows):
    failed = [r for r in rows(SEQKIT_LOAD_PLUGINS="acme-god") if r["status"] == "failed"]
    assert [(r["distribution"], r["reason"]) for r in failed] == [
        ("acme-god", "SEQKIT_LOAD_PLUGINS names it, but no plugin of that name is installed")
    ]


def test_named_packages_are_disabled(rows):
    listed = {r["distribution"]: r for r in rows(SEQKIT_DISABLE_PLUGINS="acme.raises,acme-twin-b")}
    assert listed["acme-raises"]["reason"] == "SEQKIT_DISABLE_PLUGINS names it"
    assert listed["acme-raises"]["status"] == listed["acme-twin-b"]["status"] == "disabled"
    assert listed["acme-twin-a"]["status"] == "ok"


def test_the_table_shows_where_each_part_comes_from(run_seqkit):
    lines = run_seqkit("plugins").stdout.splitlines()
    assert lines[0].split() == ["kind", "name", "distribution", "version", "status", "about"]
    # columns are as wide as the plugins that happen to be installed make them
    rows = [line.split(maxsplit=5) for line in lines]
    assert ["cell", "leaky", "acme-good", "1.2", "ok", "leaky integrator"] in rows


def test_show_prints_target_and_options(run_seqkit):
    assert run_seqkit("plugins", "show", "acme-good:leaky").stdout.splitlines() == [
        "cell leaky",
        "  package    acme-good 1.2",
        "  chosen by  leaky or acme-good:leaky",
        "  summary    leaky integrator",
        "  target     acme_good.leaky:Leaky",
        "  states     h",
        "  gates      1",
        "  option leak: float, above 0, at most 1; default 0.5",
        "      Share of the state renewed a step.",
    ]


def test_show_tells_every_part_of_that_name(run_seqkit):
    shown = run_seqkit("plugins", "show", "lstm").stdout
    assert "package    seqkit" in shown
    assert "package    acme-lstm 0.3\n  chosen by  acme-lstm:lstm\n" in shown


def test_show_tells_why_a_package_failed(run_seqkit):
    assert run_seqkit("plugins", "show", "acme-raises").stdout == (
        "plugin acme-raises 0.1\n"
        "  failed: importing it raised RuntimeError: no licence key in this house\n"
    )


def test_show_of_an_unknown_name_is_the_users_mistake(run_seqkit):
    done = run_seqkit("plugins", "show", "leaki")
    assert done.returncode == 2
    assert done.stderr.startswith("error: Nothing is called 'leaki'. Did you mean 'leaky'?")


def test_check_fails_with_the_reasons(run_seqkit):
    done = run_seqkit("plugins", "check", SEQKIT_LOAD_PLUGINS="acme-raises,acme-lstm")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "acme-lstm 0.3: ok, 1 part" in lines
    at = lines.index("acme-raises 0.1: failed")
    assert lines[at + 1] == "  importing it raised RuntimeError: no licence key in this house"
    (row,) = (line.split() for line in lines if line.startswith("acme-lstm  cell lstm"))
    assert int(row[4]) > 0


def test_check_passes_of_a_good_plugin(run_seqkit):
    done = run_seqkit("plugins", "check", SEQKIT_LOAD_PLUGINS="acme-good")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "acme-good 1.2: ok, 2 parts" in lines
    assert "acme-raises 0.1: disabled: SEQKIT_LOAD_PLUGINS does not name it" in lines
    rows = [line.split() for line in lines if line.startswith("acme-good  ")]
    assert {(row[1], row[2]): row[4] for row in rows} == {
        ("the", "package"): "0",
        ("tokenizer", "code-point"): "0",
        ("cell", "leaky"): "0",
    }


def test_a_built_in_name_imports_no_plugin(plugin_site):
    code = (
        "import sys; from seqkit import registry; registry.find('cell', 'lstm'); "
        "print([name for name in sys.modules if name.startswith('acme')])"
    )
    assert python(plugin_site, code) == "[]\n"


def test_a_plugins_cell_is_built_and_steps(plugin_site):
    code = """
import torch
from seqkit import registry
spec = registry.find("cell", "leaky").spec
cell = registry.load_target("cell", "leaky")(3, 4, spec.options(leak=1.0))
cell.reset_parameters(torch.Generator().manual_seed(0))
x = torch.ones(2, 3)
y, (h,) = cell.step(x, cell.initial_state(2))
print(torch.equal(y, torch.tanh(x @ cell.weight.T + cell.bias)), tuple(h.shape))
"""
    assert python(plugin_site, code) == "True (2, 4)\n"


def test_a_colliding_plugin_does_not_shadow_the_built_in(plugin_site):
    code = (
        "from seqkit import registry\n"
        "for name in ('lstm', 'seqkit:lstm', 'acme-lstm:lstm', 'Acme_LSTM:lstm'):\n"
        "    print(registry.find('cell', name).distribution)"
    )
    assert python(plugin_site, code).split() == ["seqkit", "seqkit", "acme-lstm", "acme-lstm"]
