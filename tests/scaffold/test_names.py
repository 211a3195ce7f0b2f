"""Names of new plugin packages: what follows from one, and which can't be had."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from seqkit import CellSpec, hookimpl, manager
from seqkit.errors import UsageError
from seqkit.scaffold.names import checked


@pytest.fixture(autouse=True)
def _alone():
    with manager.isolated():
        yield


def test_all_names_follow_from_the_parts():
    names = checked("cell", "minimal-gru2")
    assert (names.part, names.package) == ("minimal-gru2", "seqkit-minimal-gru2")
    assert (names.identifier, names.module) == ("minimal_gru2", "seqkit_minimal_gru2")
    assert names.class_name == "MinimalGru2"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("My_Cell", "my-cell"),
        ("my cell!", "my-cell"),
        ("2fast", "fast"),
        ("seqkit-mgu", "mgu"),
        ("a--b", "a-b"),
        ("mgu-", "mgu"),
        ("../mgu", "mgu"),
        ("m" * 61, "m" * 60),
    ],
)
def test_a_name_that_can_not_be_one_is_refused_with_the_nearest(name, near):
    with pytest.raises(UsageError) as refused:
        checked("cell", name)
    assert refused.value.what == f"'{name}' can't be the name of a plugin"
    assert refused.value.fix == f"Did you mean '{near}'?"


@pytest.mark.parametrize("name", ["", "-", "---", "123", "é"])
def test_a_name_with_nothing_near_is_refused(name):
    with pytest.raises(UsageError, match="begins with a letter") as refused:
        checked("cell", name)
    assert refused.value.fix == ""


def test_a_built_in_name_is_refused_for_its_own_kind_alone():
    with pytest.raises(UsageError, match="There is a cell 'lstm' already, in the package 'seqkit'"):
        checked("cell", "lstm")
    assert checked("tokenizer", "lstm").part == "lstm"


def test_the_name_of_an_installed_part_is_refused():
    @hookimpl
    def seqkit_register_cells():
        return [CellSpec(name="leaky", target="acme.leaky:Leaky", summary="leaky")]

    acme = SimpleNamespace(__name__="acme", seqkit_register_cells=seqkit_register_cells)
    taken = "There is a cell 'leaky' already, in the package 'acme'"
    with manager.isolated([acme]), pytest.raises(UsageError, match=taken):
        checked("cell", "leaky")


def test_the_name_of_an_installed_package_is_refused(tmp_path, monkeypatch):
    record = tmp_path / "seqkit_taken-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: seqkit-taken\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="'seqkit-taken' is installed already") as refused:
        checked("cell", "taken")
    assert refused.value.fix.endswith("pip uninstall seqkit-taken")


def test_the_name_of_a_module_that_is_there_is_refused(tmp_path, monkeypatch):
    (tmp_path / "seqkit_taken.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="its module, seqkit_taken"):
        checked("cell", "taken")


def test_a_reader_whose_suffix_another_has_is_refused():
    with pytest.raises(UsageError, match=r"end in '\.conll' are read by 'columns' already"):
        checked("reader", "conll")
