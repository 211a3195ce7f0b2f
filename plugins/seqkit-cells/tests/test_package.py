"""The package as seqkit sees it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import seqkit_cells

import seqkit
from seqkit import lazy, manager
from seqkit.options import describe

PACKAGE = Path(seqkit_cells.__file__).parents[1]
SPECS = seqkit_cells.seqkit_register_cells()


def test_it_is_admitted_whole():
    (plugin,) = manager.current().others
    assert (plugin.distribution, plugin.status, plugin.reason) == ("seqkit-cells", "ok", "")
    assert [part.name for part in plugin.parts] == [
        "mgu",
        "gru-update",
        "lstm-peephole",
        "lstm-layernorm",
        "indrnn",
        "mingru",
        "minlstm",
        "qrnn",
        "sru",
    ]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_spec_says_what_the_cell_has(spec):
    cell = lazy.load(spec.target)(3, 4, spec.options())
    assert (cell.gates, cell.states) == (spec.gates, spec.states)
    assert cell.W_hx.shape == (4 * spec.gates, 3)
    assert all(option.help for option in describe(spec.options))


def test_registering_imports_no_torch():
    code = (
        "import sys, seqkit_cells; seqkit_cells.seqkit_register_cells(); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    assert done.stdout.strip() == "False"


def test_the_package_has_the_version_of_seqkit_and_asks_for_it():
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == seqkit.__version__
    assert project["dependencies"] == [f"seqkit>={seqkit.__version__}"]


def test_its_readme_names_every_cell_and_option():
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    for spec in SPECS:
        assert f"| `{spec.name}` |" in text
        for option in describe(spec.options):
            assert f"`{option.name}`" in text
