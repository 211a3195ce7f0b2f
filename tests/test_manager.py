from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from seqkit import CellSpec, TokenizerSpec, hookimpl, manager

CELL = CellSpec(name="leaky", target="acme.cells:Leaky", summary="leaky integrator")


def plugin(name: str = "acme", **hooks) -> SimpleNamespace:
    """A plugin with the given functions as its hooks."""
    return SimpleNamespace(__name__=name, **{k: hookimpl(v) for k, v in hooks.items()})


def only(*plugins: object) -> manager.Plugin:
    """What becomes of one plugin, the first of those given."""
    with manager.isolated(plugins) as isolated:
        return isolated.others[0]


def reason(**hooks) -> str:
    record = only(plugin(**hooks))
    assert record.status == "failed"
    assert record.parts == ()
    return record.reason


def test_a_plugin_brings_its_parts():
    record = only(plugin(seqkit_register_cells=lambda: [CELL]))
    assert (record.distribution, record.status, record.parts) == ("acme", "ok", (CELL,))


def test_the_built_in_parts_belong_to_seqkit():
    record = manager.current().builtin
    assert (record.distribution, record.status) == ("seqkit", "ok")
    assert {"lstm", "word", "tagging", "conllu"} <= {part.name for part in record.parts}


def test_a_misspelt_hook_names_the_near_match():
    assert reason(seqkit_register_tokenisers=lambda: [CELL]) == (
        "there is no hook 'seqkit_register_tokenisers'; did you mean 'seqkit_register_tokenizers'?"
    )


def test_a_hook_that_is_like_no_other_has_no_near_match():
    assert reason(seqkit_on_start=lambda: [CELL]) == "there is no hook 'seqkit_on_start'"


def test_a_hook_with_an_argument_is_refused():
    assert "Argument(s) {'config'}" in reason(seqkit_register_cells=lambda config: [])


def test_a_hook_that_raises():
    def seqkit_register_cells():
        raise ValueError("no\x1b[31m\nGPU")

    text = reason(seqkit_register_cells=seqkit_register_cells)
    assert text == "seqkit_register_cells raised ValueError: no [31m GPU"


def test_a_hook_that_exits_does_not_end_the_program():
    def seqkit_register_cells():
        raise SystemExit(3)

    text = reason(seqkit_register_cells=seqkit_register_cells)
    assert text == "seqkit_register_cells raised SystemExit: 3"


def test_an_interrupt_is_not_swallowed_and_the_next_look_starts_afresh():
    calls = []

    def seqkit_register_cells():
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return [CELL]

    with manager.isolated([plugin(seqkit_register_cells=seqkit_register_cells)]) as isolated:
        with pytest.raises(KeyboardInterrupt):
            _ = isolated.others
        assert isolated.others[0].parts == (CELL,)


def test_a_hook_that_returns_no_list():
    text = reason(seqkit_register_cells=lambda: None)
    assert text == "seqkit_register_cells returned NoneType, not a list of specs"


def test_a_spec_of_another_kind():
    text = reason(seqkit_register_tokenizers=lambda: [CELL])
    assert text == "seqkit_register_tokenizers returned a CellSpec, not a TokenizerSpec"


def test_one_bad_spec_sets_the_whole_plugin_aside():
    bad = CellSpec(name="Leaky", target="acme.cells:Leaky", summary="leaky integrator")
    text = reason(seqkit_register_cells=lambda: [CELL, bad])
    assert text.startswith("seqkit_register_cells: name 'Leaky' is not made of")


def test_a_spec_that_raises_when_checked():
    class Hostile(CellSpec):
        def problem(self) -> str:
            raise LookupError("nothing to see")

    bad = Hostile(name="leaky", target="acme.cells:Leaky", summary="leaky integrator")
    text = reason(seqkit_register_cells=lambda: [bad])
    assert text == "reading what it registers raised LookupError: nothing to see"


def test_a_spec_that_claims_another_kind():
    class Disguised(CellSpec):
        kind = "head"

    bad = Disguised(name="leaky", target="acme.cells:Leaky", summary="leaky integrator")
    text = reason(seqkit_register_cells=lambda: [bad])
    assert text == "seqkit_register_cells returned a Disguised, not a CellSpec"


def test_a_plugin_that_raises_when_looked_at():
    class Hostile:
        def __getattr__(self, name: str) -> object:
            raise OSError("keep out")

    hostile = Hostile()
    hostile.__name__ = "hostile"
    assert only(hostile).reason == "reading what it registers raised OSError: keep out"


def test_a_hook_of_another_version_may_be_marked_optional():
    later = SimpleNamespace(
        __name__="acme",
        seqkit_register_cells=hookimpl(lambda: [CELL]),
        seqkit_register_of_tomorrow=hookimpl(lambda: [CELL], optionalhook=True),
    )
    assert only(later).parts == (CELL,)


def test_the_same_part_twice():
    text = reason(seqkit_register_cells=lambda: [CELL, CELL])
    assert text == "seqkit_register_cells registers the cell 'leaky' twice"


def test_the_same_part_in_two_plugins_of_one_package():
    first = plugin(seqkit_register_cells=lambda: [CELL])
    second = plugin(seqkit_register_cells=lambda: [CELL])
    with manager.isolated([first, second]) as isolated:
        assert [record.status for record in isolated.others] == ["ok", "failed"]
        assert isolated.others[1].reason == "another plugin of its package has a cell 'leaky' too"


def test_a_function_without_the_marker():
    def seqkit_register_cells():
        return []

    unmarked = SimpleNamespace(__name__="acme", seqkit_register_cells=seqkit_register_cells)
    assert only(unmarked).reason == "'seqkit_register_cells' is not marked with @seqkit.hookimpl"


def test_a_plugin_without_hooks():
    assert only(plugin()).reason.startswith("it implements no hook")


def test_a_failed_plugin_does_not_touch_the_others():
    def seqkit_register_cells():
        raise ValueError

    bad = plugin("bad", seqkit_register_cells=seqkit_register_cells)
    good = plugin("good", seqkit_register_cells=lambda: [CELL])
    with manager.isolated([bad, good]) as isolated:
        assert [(r.distribution, r.status) for r in isolated.others] == [
            ("bad", "failed"),
            ("good", "ok"),
        ]


def test_a_plugin_that_asks_for_parts_while_it_loads_gets_those_before_it():
    seen = []

    def seqkit_register_cells():
        seen.extend(manager.current().plugins)
        return [CELL]

    with manager.isolated([plugin(seqkit_register_cells=seqkit_register_cells)]) as isolated:
        assert isolated.others[0].status == "ok"
    assert [record.distribution for record in seen] == ["seqkit"]


def test_isolated_gives_the_former_manager_back_after_an_error():
    before = manager.current()

    def fail() -> None:
        with manager.isolated() as isolated:
            assert manager.current() is isolated
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert manager.current() is before


@pytest.mark.parametrize("name", ["acme-cells", "Acme_Cells", "ACME.-cells", " acme--cells "])
def test_package_names_are_compared_as_packaging_compares_them(name):
    assert manager.normalised(name) == "acme-cells"


def test_a_long_reason_is_cut():
    line = manager.one_line(ValueError("x" * 10_000))
    assert len(line) == 300
    assert line.startswith("ValueError: xxx")


class TestInstalled:
    """What the metadata of installed packages leads to, with packages that pip would not make."""

    @pytest.fixture
    def install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.syspath_prepend(tmp_path)
        for variable in ("SEQKIT_LOAD_PLUGINS", "SEQKIT_DISABLE_PLUGINS"):
            monkeypatch.delenv(variable, raising=False)

        def installed(entry_points: str, *, name: str = "acme") -> list[manager.Plugin]:
            info = tmp_path / f"{name}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            (info / "entry_points.txt").write_text(entry_points)
            records = manager.Manager(manager.installed).others
            return [r for r in records if r.distribution.startswith("acme")]

        return installed

    def test_a_module_that_is_not_there(self, install):
        (record,) = install("[seqkit]\nmain = acme_not_there\n")
        text = "importing it raised ModuleNotFoundError: No module named 'acme_not_there'"
        assert (record.status, record.reason) == ("failed", text)

    def test_entry_points_that_are_no_entry_points(self, install):
        (record,) = install("[seqkit]\nnonsense\n")
        assert record.status == "failed"
        assert record.reason.startswith("its entry points can't be read: ")

    def test_broken_entry_points_of_an_unrelated_package_are_no_concern(self, install):
        assert install("[console_scripts]\nnonsense\n") == []

    def test_the_first_of_two_installations_on_the_path_wins(self, install, tmp_path):
        install("[seqkit]\nmain = acme_not_there\n")
        records = install("[seqkit]\nmain = acme_not_there\n", name="Acme")
        assert [(r.distribution, r.version) for r in records] == [("acme", "1.0")]


def test_every_hook_registers_one_kind():
    assert manager.HOOKS["seqkit_register_tokenizers"] == TokenizerSpec.kind
    from seqkit import hookspecs

    assert set(manager.HOOKS) == {n for n in vars(hookspecs) if n.startswith("seqkit_")}
