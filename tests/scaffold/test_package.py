"""What is written for a new plugin package, and what is not."""

from __future__ import annotations

import compileall
import tomllib
from types import SimpleNamespace

import pytest

from seqkit import manager
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import PartRecord
from seqkit.errors import BundleError, UsageError
from seqkit.scaffold import SUMMARIES
from seqkit.scaffold import package as scaffold
from seqkit.scaffold.package import write
from seqkit.specs import SPEC_CLASSES


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with manager.isolated():
        yield


@pytest.fixture(scope="module")
def bundle(tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "reviews"
    tiny.train("classification", out, bundle={"language": "de"})
    return out


def files(folder) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_there_is_an_example_of_each_kind_but_kernels():
    assert set(SUMMARIES) == set(SPEC_CLASSES) - {"kernel"}


def test_a_package_has_all_that_it_needs():
    folder = write("cell", "my-cell")
    assert str(folder) == "seqkit-my-cell"
    assert files(folder) == {
        ".github/workflows/test.yml",
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "seqkit_my_cell/__init__.py",
        "seqkit_my_cell/cell.py",
        "seqkit_my_cell/lowering.py",
        "tests/test_my_cell.py",
    }
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "seqkit-my-cell"
    assert project["entry-points"] == {"seqkit": {"my-cell": "seqkit_my_cell"}}
    workflow = (folder / ".github/workflows/test.yml").read_text()
    assert "python-version: ${{ matrix.python }}\n" in workflow
    assert "seqkit plugins check seqkit-my-cell\n" in workflow


@pytest.mark.parametrize("kind", SUMMARIES)
def test_every_file_of_every_kind_is_filled_in_and_compiles(kind, bundle):
    folder = write(kind, "mine", bundle=str(bundle) if kind == "model" else "")
    assert compileall.compile_dir(folder, quiet=1)
    for name in files(folder) - files(folder / "seqkit_mine" / "bundle"):
        if name.endswith((".py", ".md", ".toml")) and "bundle/" not in name:
            text = (folder / name).read_text(encoding="utf-8")
            assert "$" not in text, name
            assert text.endswith("\n")
    assert f"The {kind} `mine`" in (folder / "CHANGELOG.md").read_text()


def test_another_folder_may_be_named(tmp_path):
    (tmp_path / "plugins").mkdir()
    write("reader", "mine", folder=tmp_path / "plugins" / "format")
    assert (tmp_path / "plugins" / "format" / "seqkit_mine" / "reader.py").is_file()
    assert [p.name for p in (tmp_path / "plugins").iterdir()] == ["format"]


def test_the_folder_is_as_open_as_any_other(tmp_path):
    (tmp_path / "other").mkdir()
    assert write("reader", "mine").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("make", ["mkdir", "touch", "link"])
def test_what_is_there_is_never_overwritten(make, tmp_path):
    there = tmp_path / "seqkit-mine"
    if make == "link":
        there.symlink_to(tmp_path / "nowhere")
    else:
        getattr(there, make)()
    with pytest.raises(UsageError, match="seqkit-mine is there already"):
        write("cell", "mine")
    assert list(tmp_path.iterdir()) == [there]


def test_a_folder_in_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="There is no folder nowhere"):
        write("cell", "mine", folder=tmp_path.relative_to(tmp_path) / "nowhere" / "mine")


def test_a_failure_leaves_nothing_behind(tmp_path, bundle, monkeypatch):
    def full(source, target):
        raise OSError("the disk is full")

    monkeypatch.setattr(scaffold, "_copy", full)
    with pytest.raises(OSError, match="full"):
        write("model", "mine", bundle=str(bundle))
    assert list(tmp_path.iterdir()) == []


def test_a_model_ships_its_bundle_without_checkpoints(bundle, tmp_path):
    (bundle / "training").mkdir(exist_ok=True)
    (bundle / "training" / "latest.safetensors").write_bytes(b"")
    folder = write("model", "mine", bundle=str(bundle))
    shipped = open_bundle(folder / "seqkit_mine" / "bundle")
    assert files(shipped.path) == {f for f in files(bundle) if not f.startswith("training/")}
    hooks = (folder / "seqkit_mine" / "__init__.py").read_text()
    assert '            task="classification",\n            language="de",\n' in hooks
    assert "seqkit classify --model mine" in (folder / "README.md").read_text()


def test_a_model_needs_the_packages_that_its_parts_come_from():
    parts = [("seqkit", "0.1"), ("seqkit-mgu", "1.2"), ("acme-odd", "1+local"), ("acme", "")]
    records = [PartRecord(kind="cell", name="x", distribution=d, version=v) for d, v in parts]
    bundle = SimpleNamespace(manifest=SimpleNamespace(parts=records))
    assert scaffold._requirements(bundle) == ["acme", "acme-odd", "seqkit-mgu>=1.2"]


def test_a_model_is_not_begun_without_a_bundle_nor_anything_else_with_one(bundle, tmp_path):
    with pytest.raises(UsageError, match="No bundle is named"):
        write("model", "mine")
    with pytest.raises(UsageError, match="--bundle goes with --kind model, not with --kind cell"):
        write("cell", "mine", bundle=str(bundle))
    with pytest.raises(BundleError, match="There is no model 'nowhere'"):
        write("model", "mine", bundle="nowhere")
    assert list(tmp_path.iterdir()) == []
