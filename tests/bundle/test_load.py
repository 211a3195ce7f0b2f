from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqkit import TokenizerSpec, hookimpl, manager
from seqkit.bundle import load
from seqkit.bundle.load import open_bundle
from seqkit.decoding.classification import ClassificationDecoder
from seqkit.errors import BundleError, PluginError, SeqkitError
from seqkit.specs import CallbackSpec, Options, ReaderSpec


def use(path):
    """Open a bundle and read all that there is to read."""
    bundle = open_bundle(path)
    return bundle, bundle.tokenizer, bundle.decoder, bundle.weights()


def message(path, kind=BundleError):
    with pytest.raises(kind) as caught:
        use(path)
    return str(caught.value)


def test_a_bundle_gives_back_what_was_written(write, tmp_path):
    weights = write(tmp_path / "m")
    bundle, tokenizer, decoder, read = use(tmp_path / "m")
    assert bundle.path == tmp_path / "m"
    assert bundle.recipe.cell.name == "gru"
    assert tokenizer.decode(tokenizer.encode("cab!").ids) == "cab!"
    assert tokenizer.vocab_size == bundle.manifest.vocab_size
    assert isinstance(decoder, ClassificationDecoder)
    assert decoder.labels == ("bad", "good")
    assert list(read) == ["encoder.W", "head.bias"]
    for name, array in weights.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].flags.writeable


def test_opening_imports_no_torch(bundle):
    code = (
        "import sys; from pathlib import Path; from seqkit.bundle.load import open_bundle\n"
        "b = open_bundle(Path(sys.argv[1])); b.tokenizer, b.decoder, b.weights()\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, bundle], check=False).returncode == 0


# Damage


@pytest.mark.parametrize("tenths", range(10))
@pytest.mark.parametrize(
    "name", ["manifest.json", "weights.safetensors", "tokenizer/characters.jsonl"]
)
def test_a_file_cut_short_is_damage(bundle, name, tenths):
    file = bundle / name
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * tenths // 10])
    text = message(bundle)
    assert text.startswith(f"{file} ")
    assert text.endswith("Take the bundle from its source again, or train it again.")


@pytest.mark.parametrize("tenths", range(10))
def test_a_recipe_cut_short_is_damage(bundle, tenths):
    file = bundle / "recipe.toml"
    content = file.read_bytes()[: -len('[bundle]\nweights = "float32"\nlanguage = ""\n')]
    file.write_bytes(content[: len(content) * (tenths + 1) // 10])
    assert message(bundle).startswith(f"{file} is damaged. ")


@pytest.mark.parametrize("name", ["manifest.json", "recipe.toml", "weights.safetensors"])
def test_a_missing_file_is_named(bundle, name):
    (bundle / name).unlink()
    assert f"it has no {name}" in message(bundle)


def test_a_missing_vocabulary_is_named(bundle):
    (bundle / "tokenizer" / "characters.jsonl").unlink()
    assert message(bundle).startswith(f"{bundle}/tokenizer/characters.jsonl is missing")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"head = ",
        b"x = " + b"[" * 100_000,
        b"x = " + b"9" * 10_000,
        b"#" * (2 << 20),
        b"[bundle]",
        b"head = 3\n[bundle]",
        b"[head]\nname = 3\n[bundle]",
    ],
    ids=lambda content: str(content[:20]),
)
def test_what_is_no_recipe_is_damage(bundle, content):
    (bundle / "recipe.toml").write_bytes(content)
    assert message(bundle).startswith(f"{bundle}/recipe.toml is damaged. ")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("hidden_size", "hiden_size", "encoder.hiden_size: there is no such key"),
        ("layers = 1", "layers = 1000000000000", "encoder.layers: "),
        ("layers = 1", "layers = true", "encoder.layers: "),
        ("[training]", "[traning]", "traning: there is no such section"),
    ],
)
def test_a_recipe_that_does_not_check_is_named_with_its_key(bundle, old, new, expected):
    file = bundle / "recipe.toml"
    file.write_text(file.read_text().replace(old, new))
    text = message(bundle)
    assert text.startswith(f"{file}: {expected}")
    assert "it was made with seqkit 0.1.0" in text


@pytest.mark.parametrize("name", ["lstm", "acme:gru", "../gru", "seqkit:gru:x", ""])
def test_a_recipe_that_names_another_part_than_the_manifest_is_damage(bundle, name):
    file = bundle / "recipe.toml"
    file.write_text(file.read_text().replace('name = "gru"', f'name = "{name}"'))
    assert f"it names the cell '{name}' and manifest.json 'seqkit:gru'" in message(bundle)


def test_a_manifest_without_a_part_is_damage(bundle, edit_manifest):
    edit_manifest({"parts": []})
    assert message(bundle).startswith(f"{bundle}/manifest.json is damaged. it names no tokenizer.")


def test_a_manifest_of_another_task_than_its_head_is_damage(bundle, edit_manifest):
    edit_manifest({"task": "tagging"})
    assert "its task is 'tagging'" in message(bundle)


def test_a_vocabulary_of_another_size_is_damage(bundle, edit_manifest):
    edit_manifest({"vocab_size": 5})
    assert message(bundle).startswith(f"{bundle}/tokenizer is damaged. it has 262 ids")


# Weights that are not what they should be


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, end):
    return {"W": {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 90_000_000) + b"{}",
        safetensors(b"[" * 100_000),
        safetensors({"__metadata__": {"a": 1}}),
        safetensors(tensor("F32", [2**62, 2**62], 8), bytes(8)),
        safetensors(tensor("F32", [-1], 4), bytes(4)),
        safetensors(tensor("F32", [4], 8), bytes(8)),
        safetensors(tensor("F32", [2], 8), bytes(4)),
        safetensors(tensor("BF16", [40], 80), bytes(80)),
        safetensors(tensor("PICKLE", [40], 80), bytes(80)),
        safetensors(tensor("F32", [0, 2**60, 2**60], 0)),
        b"\x80\x04\x95cos\nsystem\n",
    ],
)
def test_weights_that_are_no_safetensors_are_damage(bundle, content):
    (bundle / "weights.safetensors").write_bytes(content)
    assert message(bundle).startswith(f"{bundle}/weights.safetensors is damaged. ")


def test_fewer_weights_than_the_manifest_says_are_damage(bundle, edit_manifest):
    edit_manifest({"parameters": 2**40})
    assert "it holds 26 numbers and the manifest says 1,099,511,627,776" in message(bundle)


def test_a_weights_file_far_larger_than_the_manifest_says_is_not_read(bundle):
    with (bundle / "weights.safetensors").open("r+b") as file:
        file.truncate(1 << 40)  # a hole: it takes no room on the disk
    assert "it is larger than the 16,777,632 bytes that it may have" in message(bundle)


def test_a_spoilt_header_byte_is_damage_or_harmless(bundle):
    file = bundle / "weights.safetensors"
    content = file.read_bytes()
    for index in range(8 + content[0]):
        file.write_bytes(content[:index] + b"\x7b" + content[index + 1 :])
        with suppress(BundleError):
            assert set(map(type, use(bundle)[3].values())) <= {np.ndarray}


# Nothing outside is read


@pytest.mark.parametrize(
    "name", ["README.md", "recipe.toml", "weights.safetensors", "tokenizer/characters.jsonl"]
)
def test_a_file_that_is_a_link_out_is_refused(bundle, tmp_path, name):
    (bundle / name).rename(tmp_path / "outside")
    (bundle / name).symlink_to(os.path.relpath(tmp_path / "outside", (bundle / name).parent))
    assert f"{bundle / name} is a link that leads out of the bundle" in message(bundle)


def test_a_folder_that_is_a_link_out_is_refused(bundle, tmp_path):
    (bundle / "tokenizer").rename(tmp_path / "outside")
    (bundle / "tokenizer").symlink_to(tmp_path / "outside")
    assert f"{bundle}/tokenizer is a link" in message(bundle)


def test_a_link_to_itself_is_refused(bundle):
    (bundle / "README.md").unlink()
    (bundle / "README.md").symlink_to("README.md")
    assert "README.md is damaged" in message(bundle)


def test_a_link_within_the_bundle_is_followed(bundle):
    (bundle / "weights.safetensors").rename(bundle / "numbers")
    (bundle / "weights.safetensors").symlink_to("numbers")
    assert len(use(bundle)[3]) == 2


def test_the_bundle_itself_may_be_a_link(bundle, tmp_path):
    (tmp_path / "link").symlink_to(bundle)
    assert len(use(tmp_path / "link")[3]) == 2


def test_a_pipe_in_the_bundle_is_refused(bundle):
    os.mkfifo(bundle / "tokenizer" / "pipe")
    assert "it is neither a file nor a folder" in message(bundle)


def test_no_more_files_than_a_bundle_has_are_walked(bundle, monkeypatch):
    monkeypatch.setattr(load, "_MOST_FILES", 3)
    assert message(bundle) == f"{bundle} holds more than 3 files."


def test_code_in_a_bundle_is_not_run(bundle, monkeypatch):
    for name in ("__init__.py", "tokenizer/__init__.py", "sitecustomize.py", "conftest.py"):
        (bundle / name).write_text("raise SystemExit")
    monkeypatch.chdir(bundle)
    assert len(use(Path())[3]) == 2


# Plugins


def package(name="acme", tokenizer="octet", **hooks):
    """A plugin with a tokenizer that is the built-in one for bytes."""
    spec = TokenizerSpec(
        name=tokenizer,
        target="seqkit.tokenizers.byte:ByteTokenizer",
        summary="bytes",
        lossless=True,
        options=hooks.pop("options", Options),
    )
    return SimpleNamespace(
        __name__=name,
        seqkit_register_tokenizers=hookimpl(lambda: [spec]),
        **{hook: hookimpl(lambda made=made: [made]) for hook, made in hooks.items()},
    )


@pytest.fixture
def plugin_bundle(write, tmp_path):
    with manager.isolated([package()]):
        write(tmp_path / "plugged", tables={"tokenizer": {"name": "octet"}})
    return tmp_path / "plugged"


def test_a_missing_plugin_is_named_with_its_package(plugin_bundle):
    assert message(plugin_bundle, PluginError) == (
        f"{plugin_bundle} needs the tokenizer 'acme:octet'. its package is not installed. "
        "Install it with: pip install acme."
    )


def test_a_plugin_that_lost_the_part_is_named_with_the_version_that_had_it(plugin_bundle):
    with manager.isolated([package(tokenizer="other")]):
        text = message(plugin_bundle, PluginError)
    assert "needs the tokenizer 'acme:octet'. the installed acme has none" in text
    assert text.endswith("pip install acme==0.")


def test_a_broken_plugin_is_named_with_the_reason(plugin_bundle):
    with manager.isolated([SimpleNamespace(__name__="acme")]):
        assert "it implements no hook" in message(plugin_bundle, PluginError)


def test_another_version_of_a_plugin_will_do(plugin_bundle):
    file = plugin_bundle / "manifest.json"
    document = json.loads(file.read_text())
    document["parts"][0]["version"] = "99.1"
    file.write_text(json.dumps(document))
    with manager.isolated([package()]):
        assert use(plugin_bundle)[1].encode_ids("a") == [3 + ord("a")]


def test_options_that_a_plugin_does_not_take_any_more_name_the_versions(write, tmp_path):
    class Old(Options, frozen=True, kw_only=True):
        depth: int = 3

    with manager.isolated([package(options=Old)]):
        write(tmp_path / "m", tables={"tokenizer": {"name": "octet"}})
    with manager.isolated([package()]):
        text = message(tmp_path / "m")
    assert "recipe.toml: tokenizer.depth: there is no such key" in text
    assert "it was made with acme 0, seqkit" in text


def test_a_name_that_a_second_package_took_is_still_the_first_ones(plugin_bundle):
    with manager.isolated([package(), package("zenith")]):
        assert open_bundle(plugin_bundle).recipe.tokenizer.name == "acme:octet"


def test_a_bundle_opens_without_the_reader_and_callbacks_that_trained_it(write, tmp_path):
    helpers = package(
        seqkit_register_readers=ReaderSpec(
            name="scroll",
            target="acme:Scroll",
            summary="scrolls",
            suffixes=(),
            tasks=("classification",),
        ),
        seqkit_register_callbacks=CallbackSpec(name="bell", target="acme:Bell", summary="rings"),
    )
    tables = {"reader": {"name": "scroll"}, "callbacks": [{"name": "bell"}, {"name": "jsonl"}]}
    with manager.isolated([helpers]):
        write(tmp_path / "m", tables=tables)
        assert open_bundle(tmp_path / "m").recipe.reader.name == "acme:scroll"
    recipe = open_bundle(tmp_path / "m").recipe
    assert recipe.reader is None
    assert [part.name for part in recipe.callbacks] == ["jsonl"]


def test_errors_of_opening_are_the_users_to_mend(bundle):
    (bundle / "manifest.json").write_text("{")
    with pytest.raises(SeqkitError) as caught:
        open_bundle(bundle)
    assert caught.value.exit_status == 2
