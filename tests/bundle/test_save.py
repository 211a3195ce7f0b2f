from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file

from seqkit import TokenizerSpec, hookimpl, manager
from seqkit import recipe as recipes
from seqkit.bundle import save
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import PartRecord, read_manifest, retired_path, staging_path
from seqkit.bundle.save import check_target, record_parts
from seqkit.errors import BundleError
from seqkit.tokenizers.byte import ByteTokenizer


def contents(folder):
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def listing(folder):
    return sorted(entry.name for entry in folder.iterdir())


def seed_of(path):
    return open_bundle(path).manifest.random_seed


def refusal(directory, *, overwrite=False, extra=None):
    before = contents(directory) if directory.is_dir() else None
    with pytest.raises(BundleError) as caught:
        check_target(directory, overwrite=overwrite, extra=extra or {})
    assert before is None or contents(directory) == before
    return str(caught.value)


def test_the_files_of_a_bundle(write, tmp_path):
    write(tmp_path / "model", extra={"metrics.jsonl": b"{}\n", "logs/run.txt": b"ran"})
    found = contents(tmp_path / "model")
    assert sorted(found) == [
        "README.md",
        "logs/run.txt",
        "manifest.json",
        "metrics.jsonl",
        "recipe.toml",
        "tokenizer/characters.jsonl",
        "weights.safetensors",
    ]
    assert found["logs/run.txt"] == b"ran"
    assert listing(tmp_path) == ["model"]


def test_the_same_input_gives_the_same_bytes(write, tmp_path):
    weights = write(tmp_path / "a" / "model")
    write(tmp_path / "b" / "model", weights=dict(reversed(weights.items())))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_recipe_is_written_with_every_key(bundle):
    tables = recipes.read(bundle / "recipe.toml")
    assert tables["training"]["epochs"] == 10
    assert recipes.to_toml(recipes.parse(tables)) == (bundle / "recipe.toml").read_text()


@pytest.mark.parametrize(
    "tokenizer", [{"name": "byte"}, {"name": "char"}, {"name": "word", "affixes": 2}]
)
def test_a_tokenizer_comes_back_as_it_was(write, tmp_path, tokenizer):
    write(tmp_path / "m", tables={"tokenizer": tokenizer})
    read = open_bundle(tmp_path / "m").tokenizer
    assert read.decode(read.encode("abc").ids) == "abc"
    assert bool(read.feature_count) == ("affixes" in tokenizer)


def test_missing_folders_above_are_made(write, tmp_path):
    write(tmp_path / "a" / "b" / "model")
    assert seed_of(tmp_path / "a" / "b" / "model") == 1


def test_half_precision_halves_the_file_and_reads_as_float32(write, tmp_path):
    weights = {"W": np.linspace(-3, 3, 2048, dtype=np.float32).reshape(32, 64)}
    write(tmp_path / "full", weights=weights)
    write(tmp_path / "half", weights=weights, dtype="float16")
    sizes = [(tmp_path / n / "weights.safetensors").stat().st_size for n in ("full", "half")]
    assert sizes[0] - sizes[1] == 4096
    read = open_bundle(tmp_path / "half").weights()["W"]
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, weights["W"].astype(np.float16))


def test_a_weight_beyond_half_precision_is_refused(write, tmp_path):
    with pytest.raises(BundleError) as caught:
        write(tmp_path / "m", weights={"W": np.full(26, 70_000.0)}, dtype="float16")
    assert str(caught.value) == (
        "The weights 'W' can't be stored as float16. one is 7e+04, and the largest is 65504.0. "
        "Set bundle.weights=float32."
    )


def test_arrays_that_do_not_lie_in_order_are_stored_by_value(write, tmp_path):
    whole = np.arange(60, dtype=np.float64).reshape(6, 10)
    write(tmp_path / "m", weights={"W": whole.T[::2], "scale": np.float32(2)})
    stored = load_file(tmp_path / "m" / "weights.safetensors")
    np.testing.assert_array_equal(stored["W"], whole.T[::2].astype(np.float32))
    assert stored["scale"].shape == ()


def test_whole_numbers_stay_whole(write, tmp_path):
    write(tmp_path / "m", weights={"W": np.zeros(26), "steps": np.array([2**40])})
    assert open_bundle(tmp_path / "m").weights()["steps"].tolist() == [2**40]


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a/../../x", "", ".", "..\\x", "manifest.json", "tokenizer/x", "README.md"],
)
def test_an_extra_file_stays_in_its_place(write, tmp_path, name):
    with pytest.raises(BundleError, match="can't be the name of an extra file"):
        write(tmp_path / "out" / "m", extra={name: b"x"})
    assert contents(tmp_path) == {}


def test_plugins_are_recorded_and_written_with_their_package(write, tmp_path):
    spec = TokenizerSpec(
        name="octet",
        target="seqkit.tokenizers.byte:ByteTokenizer",
        summary="bytes",
        lossless=True,
    )
    plugin = SimpleNamespace(__name__="acme", seqkit_register_tokenizers=hookimpl(lambda: [spec]))
    with manager.isolated([plugin]):
        write(tmp_path / "m", tables={"tokenizer": {"name": "octet"}})
        bundle = open_bundle(tmp_path / "m")
    assert bundle.manifest.parts[0] == PartRecord(
        kind="tokenizer", name="octet", distribution="acme", version="0"
    )
    assert bundle.recipe.tokenizer.name == "acme:octet"


def test_readers_and_callbacks_are_recorded_too():
    recipe = recipes.parse(
        {
            "head": {"name": "tagging"},
            "reader": {"name": "conllu"},
            "callbacks": [{"name": "jsonl"}],
        }
    )
    assert [(part.kind, part.name) for part in record_parts(recipe)] == [
        ("reader", "conllu"),
        ("tokenizer", "word"),
        ("cell", "lstm"),
        ("head", "tagging"),
        ("callback", "jsonl"),
    ]


# Where a bundle may be written


def test_a_finished_bundle_is_replaced_only_when_told_so(write, bundle):
    assert refusal(bundle) == (
        f"{bundle} is a finished bundle. Choose another directory, or allow this one to be "
        "overwritten (--overwrite)."
    )
    write(bundle, random_seed=2, overwrite=True)
    assert seed_of(bundle) == 2


def test_what_training_leaves_is_replaced(write, tmp_path):
    target = tmp_path / "model"
    (target / "training").mkdir(parents=True)
    (target / "training" / "checkpoint.safetensors").write_bytes(b"state")
    (target / "metrics.jsonl").write_bytes(b"old\n")
    write(target, extra={"metrics.jsonl": b"new\n"})
    assert not (target / "training").exists()
    assert (target / "metrics.jsonl").read_bytes() == b"new\n"


def test_an_empty_folder_is_replaced(write, tmp_path):
    (tmp_path / "model").mkdir()
    write(tmp_path / "model")
    assert seed_of(tmp_path / "model") == 1


def test_a_link_to_a_bundle_stays_a_link(write, bundle, tmp_path):
    (tmp_path / "link").symlink_to(bundle)
    write(tmp_path / "link", random_seed=2, overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert seed_of(bundle) == 2


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert refusal(tmp_path, overwrite=True) == (
        f"{tmp_path} can't be replaced by a bundle. it holds 'thesis.tex', which is not part of "
        "one. Choose another directory, or move that out of it."
    )


@pytest.mark.parametrize("name", ["README.md", "manifest.json", "tokenizer", "recipe.toml"])
def test_a_file_that_is_merely_named_like_ours_does_not_make_a_bundle(tmp_path, name):
    (tmp_path / name).write_text("{}")
    assert f"it holds '{name}'" in refusal(tmp_path, overwrite=True)


def test_a_bundle_with_somebodys_notes_in_it_is_left_alone(bundle):
    (bundle / "notes.txt").write_text("keep me")
    assert "it holds 'notes.txt'" in refusal(bundle, overwrite=True)
    check_target(bundle, overwrite=True, extra={"notes.txt": b""})


@pytest.mark.parametrize("inside", ["reviews.csv", "images"])
def test_a_folder_named_training_with_data_is_left_alone(tmp_path, inside):
    (tmp_path / "training" / inside).mkdir(parents=True)
    assert "it holds 'training'" in refusal(tmp_path, overwrite=True)


def test_a_file_is_left_alone(tmp_path):
    (tmp_path / "notes").write_text("x")
    assert refusal(tmp_path / "notes", overwrite=True).startswith(f"{tmp_path}/notes is a file.")


def test_the_working_directory_and_those_above_it_are_left_alone(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    for directory in (tmp_path / "a" / "b", tmp_path / "a"):
        assert "working directory" in refusal(directory, overwrite=True)


def test_a_mounted_disk_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(type(tmp_path), "is_mount", lambda self: True)
    assert "a mounted disk" in refusal(tmp_path, overwrite=True)


# When writing fails


def test_a_full_disk_leaves_the_old_bundle_and_says_what_was_needed(write, bundle, monkeypatch):
    before = contents(bundle)
    weights = {"W": np.zeros(100_000, dtype=np.float32)}

    def full(file, content):
        if file.name == "weights.safetensors":
            file.write_bytes(content[:1000])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        file.write_bytes(content)

    monkeypatch.setattr(save, "_write", full)
    with pytest.raises(BundleError) as caught:
        write(bundle, weights=weights, overwrite=True)
    text = str(caught.value)
    assert text.startswith(f"The bundle {bundle} can't be written. No space left on device; it")
    needed = int(re.search(r"it needs ([\d,]+) bytes", text)[1].replace(",", ""))
    assert 400_000 < needed < 410_000
    assert text.endswith("what stood there is unchanged.")
    assert contents(bundle) == before
    assert listing(bundle.parent) == ["model"]


def failing_calls(monkeypatch, name, error):
    """Patch ``os.name`` to raise at its n-th call; returns the function that sets n."""
    real, state = getattr(os, name), {"left": 0, "calls": 0}

    def call(*args, **kwargs):
        state["calls"] += 1
        state["left"] -= 1
        if state["left"] == 0:
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, call)
    return state


@pytest.mark.parametrize("name", ["fsync", "rename"])
@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()], ids=repr)
def test_a_failure_at_any_call_leaves_the_old_bundle(write, bundle, monkeypatch, name, error):
    before = contents(bundle)
    state = failing_calls(monkeypatch, name, error)
    write(bundle, overwrite=True)
    calls = state["calls"]
    assert calls >= 2
    for n in range(1, calls + 1):
        state["left"] = n
        with pytest.raises((BundleError, KeyboardInterrupt)):
            write(bundle, random_seed=2, overwrite=True)
        assert contents(bundle) == before, n
        assert listing(bundle.parent) == ["model"], n
    state["left"] = 0
    write(bundle, random_seed=2, overwrite=True)
    assert seed_of(bundle) == 2


@pytest.mark.parametrize("name", ["fsync", "rename"])
def test_a_failure_of_a_first_bundle_leaves_nothing(write, tmp_path, monkeypatch, name):
    target = tmp_path / "out" / "model"
    target.parent.mkdir()
    state = failing_calls(monkeypatch, name, OSError(errno.EIO, "broken"))
    for n in {"fsync": (1, 2, 3), "rename": (1,)}[name]:
        state["left"] = n
        with pytest.raises(BundleError):
            write(target)
        assert listing(target.parent) == []


def test_where_nothing_can_be_put_back_the_old_bundle_is_named(write, bundle, monkeypatch):
    real = os.rename

    def rename(source, to):
        if "seqkit-new" in str(source) or "seqkit-old" in str(source):
            raise OSError(errno.EIO, "broken")
        real(source, to)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(BundleError) as caught:
        write(bundle, random_seed=2, overwrite=True)
    assert str(caught.value).endswith(f"what stood there is now {retired_path(bundle)}.")
    assert seed_of(retired_path(bundle)) == 1
    monkeypatch.undo()
    with pytest.raises(BundleError, match="is a finished bundle"):
        write(bundle, random_seed=3)
    assert seed_of(bundle) == 1


def test_what_can_not_be_read_back_replaces_nothing(write, bundle, monkeypatch):
    before = contents(bundle)
    monkeypatch.setattr(ByteTokenizer, "vocab_size", property(id))
    with pytest.raises(BundleError, match="the manifest says"):
        write(bundle, tables={"tokenizer": {"name": "byte"}}, overwrite=True)
    assert contents(bundle) == before
    assert listing(bundle.parent) == ["model"]


_KILLED = """
import os, sys
from pathlib import Path
from seqkit.bundle import save
from seqkit.bundle.load import open_bundle

target, left = Path(sys.argv[1]), int(sys.argv[2])
real = os.rename
def rename(source, to):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    real(source, to)
os.rename = rename
new = open_bundle(Path(sys.argv[3]))
save.write_bundle(target, manifest=new.manifest, recipe=new.recipe, tokenizer=new.tokenizer,
                  weights=new.weights(), overwrite=True)
"""


@pytest.mark.parametrize("renames", [0, 1])
def test_a_process_that_is_killed_leaves_a_whole_bundle(write, bundle, tmp_path, renames):
    write(tmp_path / "other", random_seed=2)
    command = [sys.executable, "-c", _KILLED, bundle, str(renames), tmp_path / "other"]
    assert subprocess.run(command, check=False, env=os.environ).returncode == 9
    assert seed_of(bundle if renames == 0 else retired_path(bundle)) == 1
    assert staging_path(bundle).exists()
    if renames:
        with pytest.raises(BundleError, match="rename it from") as caught:
            open_bundle(bundle)
        assert str(retired_path(bundle)) in str(caught.value)
    with pytest.raises(BundleError, match="is a finished bundle"):
        write(bundle, random_seed=3)
    assert seed_of(bundle) == 1
    write(bundle, random_seed=3, overwrite=True)
    assert seed_of(bundle) == 3
    assert listing(bundle.parent) == ["model", "other"]


def test_an_old_bundle_that_was_not_removed_is_removed_by_the_next_write(write, bundle):
    write(retired_path(bundle), random_seed=7)
    write(bundle, random_seed=2, overwrite=True)
    assert seed_of(bundle) == 2
    assert listing(bundle.parent) == ["model"]


def test_an_old_bundle_that_waits_beside_a_half_made_one_is_not_removed(write, bundle):
    bundle.rename(retired_path(bundle))
    bundle.mkdir()
    with pytest.raises(BundleError, match="stood there before a write was interrupted"):
        write(bundle, random_seed=2, overwrite=True)
    assert seed_of(retired_path(bundle)) == 1


def test_asking_whether_a_target_will_do_puts_an_interrupted_swap_right(bundle):
    bundle.rename(retired_path(bundle))
    with pytest.raises(BundleError, match="is a finished bundle"):
        check_target(bundle, overwrite=False)
    assert seed_of(bundle) == 1


def test_a_bundle_of_a_newer_format_is_a_finished_bundle_too(write, bundle):
    file = bundle / "manifest.json"
    file.write_text(file.read_text().replace('"format_version": 1', '"format_version": 9'))
    assert "is a finished bundle" in refusal(bundle)
    write(bundle, random_seed=2, overwrite=True)
    assert read_manifest(bundle).random_seed == 2
