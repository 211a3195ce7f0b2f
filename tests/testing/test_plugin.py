"""Whole distributions, good and broken, each written as pip would install it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.testing import PluginContract, checks


class TestSeqkit(PluginContract):
    name = "seqkit"


GOOD = """
from typing import Annotated
from msgspec import Meta
from seqkit import CellSpec, Options, hookimpl

class SampleOptions(Options, frozen=True, kw_only=True):
    leak: Annotated[float, Meta(description="How much is lost a step.")] = 0.5

CELL = CellSpec(name="sample", target="sample_cells:Simple", summary="a sample",
                options=SampleOptions)

@hookimpl
def seqkit_register_cells():
    return [CELL]
"""

RESTLESS = """
from dataclasses import replace
from itertools import cycle

TARGETS = cycle(["sample_cells:Simple", "sample_cells:LooksAhead"])
CELL ="""

INTRUDING = """
    from seqkit import cells
    cells.CELLS.append(CELL)
    return"""

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Write a distribution with one module of the given code, where imports find it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("SEQKIT_LOAD_PLUGINS", raising=False)

    def write(name: str, code: str) -> None:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        info = tmp_path / f"{module}-0.1.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        points = f"[seqkit]\n{name} = {module}\n"
        (info / "entry_points.txt").write_text(points, encoding="utf-8")

    return write


def failed(name: str) -> dict[str, str]:
    results = list(checks(PluginContract, name=name))
    return {r.name: r.reason for r in results if r.status == "failed"}


def test_a_good_plugin_passes(install):
    install("kit-good", GOOD)
    results = list(checks(PluginContract, name="Kit_Good"))
    assert {r.status for r in results} == {"passed"}, [r.reason for r in results]


@pytest.mark.parametrize(
    ("name", "changes", "check", "said"),
    [
        (
            "kit-misspelt",
            {"seqkit_register_cells": "seqkit_register_cell"},
            "hooks_are_seqkits",
            "there is no hook 'seqkit_register_cell'; did you mean 'seqkit_register_cells'?",
        ),
        (
            "kit-raises",
            {"[CELL]": "[CELL] + 1"},
            "hooks_are_seqkits",
            "seqkit_register_cells raised TypeError: can only concatenate list",
        ),
        (
            "kit-absent",
            {"import CellSpec,": "import CallSpec,"},
            "entry_points_resolve",
            "importing the entry point 'kit-absent' raised ImportError: cannot import name",
        ),
        (
            "kit-heavy",
            {"from typing": "import torch\nfrom typing"},
            "registers_without_torch",
            "registering it imports torch, at ",
        ),
        (
            "kit-lost",
            {":Simple": ":Simpel"},
            "parts_can_be_imported",
            "the target of the cell 'sample': 'sample_cells:Simpel' does not exist.",
        ),
        (
            "kit-bare",
            {'Annotated[float, Meta(description="How much is lost a step.")]': "float"},
            "parts_explain_themselves",
            "the option 'leak' of the cell 'sample' has no description; declare it as",
        ),
        (
            "kit-restless",
            {"[CELL]": "[replace(CELL, target=next(TARGETS))]", "CELL =": RESTLESS},
            "registers_the_same_twice",
            "asked again, it registers CellSpec(name='sample'",
        ),
        (
            "kit-intruder",
            {"    return": INTRUDING},
            "leaves_nothing_behind",
            "after it is unregistered, these differ from before: cell 'sample'; a plugin returns",
        ),
    ],
)
@pytest.mark.usefixtures("_light_torch")
def test_a_broken_plugin_fails_the_check_of_what_is_broken(
    install, monkeypatch, name, changes, check, said
):
    code = GOOD
    for before, after in changes.items():
        code = code.replace(before, after)
    if name == "kit-intruder":
        from seqkit import cells

        monkeypatch.setattr(cells, "CELLS", list(cells.CELLS))
    install(name, code)
    found = failed(name)
    assert found.pop(check).removeprefix("it is set aside: ").startswith(said)
    assert found == {}


def test_a_distribution_without_an_entry_point_is_told():
    found = failed("kit-nowhere")
    assert found["entry_points_resolve"].startswith(
        "no installed distribution 'kit-nowhere' has an entry point in the group 'seqkit'"
    )


def test_a_disabled_plugin_is_told(install, monkeypatch):
    install("kit-off", GOOD)
    monkeypatch.setenv("SEQKIT_DISABLE_PLUGINS", "kit-off")
    said = "it is disabled: SEQKIT_DISABLE_PLUGINS names it"
    assert failed("kit-off")["entry_points_resolve"] == said
