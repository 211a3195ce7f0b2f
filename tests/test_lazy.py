from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from seqkit import lazy
from seqkit.errors import DataError, MissingDependency, PluginError


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a module that can be imported by its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, code: str) -> None:
        (tmp_path / f"{name}.py").write_text(code)

    return write


def test_the_attribute_is_loaded():
    assert lazy.load("fractions:Fraction") is Fraction


@pytest.mark.parametrize("target", ["fractions", "fractions:", ""])
def test_a_target_without_an_attribute(target):
    with pytest.raises(PluginError, match="names no object"):
        lazy.load(target)


def test_an_attribute_that_is_not_there():
    with pytest.raises(PluginError, match="The module fractions has no 'Fracture'"):
        lazy.load("fractions:Fracture")


@pytest.mark.parametrize("target", ["not_there_at_all:X", "json.not_there:X"])
def test_a_module_that_is_not_there_is_the_plugins_fault(target):
    with pytest.raises(PluginError, match=r"can't be imported\. No module named"):
        lazy.load(target)


def test_a_missing_dependency_names_its_package(module):
    module("needs_one", "import not_there_at_all.part")
    with pytest.raises(MissingDependency) as caught:
        lazy.load("needs_one:X")
    assert str(caught.value) == (
        "needs_one:X needs the module 'not_there_at_all', which is not installed. "
        "Install it with: pip install not_there_at_all."
    )


def test_a_missing_dependency_names_the_extra_that_brings_it(module, monkeypatch):
    monkeypatch.setitem(lazy.EXTRAS, "not_there_at_all", "speed")
    module("needs_extra", "import not_there_at_all")
    with pytest.raises(MissingDependency, match=r"pip install 'seqkit\[speed\]'"):
        lazy.load("needs_extra:X")


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("divides", "1 / 0", "It raised ZeroDivisionError: division by zero"),
        ("exits", "raise SystemExit(3)", "It raised SystemExit: 3"),
        ("half_there", "from json import not_there", "It raised ImportError: cannot import name"),
    ],
)
def test_a_module_that_raises_is_the_plugins_fault(module, name, code, reason):
    module(name, code)
    with pytest.raises(PluginError) as caught:
        lazy.load(f"{name}:X")
    assert caught.value.why.startswith(reason)


def test_an_error_for_the_user_passes_unchanged(module):
    module("complains", "from seqkit.errors import DataError\nraise DataError('no such disk')")
    with pytest.raises(DataError, match="no such disk"):
        lazy.load("complains:X")
