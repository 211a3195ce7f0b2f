from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from seqkit import CellSpec, hookimpl, manager, registry
from seqkit.errors import PluginError


def plugin(package: str, *cells: str) -> SimpleNamespace:
    specs = [CellSpec(name=c, target=f"{package}.{c}:Cell", summary=f"a {c}") for c in cells]
    return SimpleNamespace(__name__=package, seqkit_register_cells=hookimpl(lambda: specs))


@pytest.fixture(autouse=True)
def house() -> Iterator[None]:
    """Three packages: one of its own name, two that share one, and one that takes a built-in's."""
    plugins = [plugin("acme", "leaky", "twin"), plugin("zenith", "twin"), plugin("umbra", "lstm")]
    with manager.isolated(plugins):
        yield


def message(kind: str, name: str) -> str:
    with pytest.raises(PluginError) as caught:
        registry.find(kind, name)
    return str(caught.value)


def test_a_built_in_is_found_by_its_plain_name():
    found = registry.find("cell", "lstm")
    assert (found.distribution, found.spec.target) == ("seqkit", "seqkit.cells.lstm:LSTM")


def test_a_built_in_is_found_without_loading_anything_else():
    def seqkit_register_cells():
        raise AssertionError

    bad = SimpleNamespace(__name__="bad", seqkit_register_cells=hookimpl(seqkit_register_cells))
    with manager.isolated([bad]) as isolated:
        registry.find("cell", "gru")
        assert isolated._found is None


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        ("leaky", "acme"),
        ("acme:leaky", "acme"),
        ("ACME:leaky", "acme"),
        ("zenith:twin", "zenith"),
        ("acme:twin", "acme"),
        ("umbra:lstm", "umbra"),
        ("seqkit:lstm", "seqkit"),
        ("lstm", "seqkit"),
    ],
)
def test_a_name_means_one_package(name, distribution):
    assert registry.find("cell", name).distribution == distribution


def test_a_shared_name_is_refused_with_both_full_names():
    assert message("cell", "twin") == (
        "cell 'twin' is ambiguous. 2 installed packages have one of that name. "
        "Choose 'acme:twin' or 'zenith:twin'."
    )


def test_an_unknown_name_offers_the_near_match_the_list_and_where_to_get_more():
    assert message("cell", "laeky") == (
        "There is no cell 'laeky'. Did you mean 'leaky'? There are: acme:twin, gru, leaky, lstm, "
        "rnn, umbra:lstm, zenith:twin. Packages that bring others are installed with pip and "
        "listed by: seqkit plugins."
    )


def test_an_unknown_name_in_a_package_that_is_not_installed_names_the_install():
    assert message("cell", "nadir:leaky") == (
        "There is no cell 'nadir:leaky'. The package 'nadir' is not installed, or is no plugin of "
        "seqkit. Install it with: pip install nadir."
    )


def test_a_full_name_is_not_answered_by_another_package():
    assert message("cell", "seqkit:leaky").startswith("There is no cell 'seqkit:leaky'.")
    assert message("cell", "umbra:leaky").startswith("There is no cell 'umbra:leaky'.")


def test_a_failed_plugin_that_might_have_brought_the_name_is_mentioned():
    def seqkit_register_cells():
        raise ValueError("no GPU")

    bad = SimpleNamespace(__name__="bad", seqkit_register_cells=hookimpl(seqkit_register_cells))
    with manager.isolated([bad, plugin("acme", "leaky")]):
        why = "The plugin 'bad' failed: seqkit_register_cells raised ValueError: no GPU."
        assert why in message("cell", "qrnn")
        assert why in message("cell", "bad:qrnn")
        assert "bad" not in message("cell", "acme:qrnn")


@pytest.mark.parametrize("name", ["", ":", "lstm:", ":nothing", "a:b:c", "LSTM"])
def test_odd_names_are_unknown(name):
    assert message("cell", name).startswith(f"There is no cell '{name}'.")


def test_an_unknown_kind():
    assert message("cel", "lstm").startswith("'cel' is no kind of part. Did you mean 'cell'?")


def test_names_lists_built_ins_first_and_taken_names_in_full():
    assert registry.names("cell") == [
        "rnn",
        "gru",
        "lstm",
        "leaky",
        "acme:twin",
        "zenith:twin",
        "umbra:lstm",
    ]


def test_each_listed_name_finds_its_part():
    for kind in ("cell", "tokenizer", "head", "reader", "command", "callback"):
        for name, part in zip(registry.names(kind), registry.registered(kind), strict=True):
            assert registry.find(kind, name) == part


def test_load_target_imports_the_implementation():
    specs = [CellSpec(name="odd", target="fractions:Fraction", summary="stands in for a cell")]
    odd = SimpleNamespace(__name__="odd", seqkit_register_cells=hookimpl(lambda: specs))
    from fractions import Fraction

    with manager.isolated([odd]):
        assert registry.load_target("cell", "odd") is Fraction


def test_a_target_that_is_not_there():
    with pytest.raises(PluginError, match=re.escape("'acme.leaky:Cell' can't be imported")):
        registry.load_target("cell", "leaky")
