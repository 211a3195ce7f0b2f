import json

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from seqkit_forecast import Forecaster

from seqkit.errors import BundleError, PluginError


@pytest.fixture
def saved(fitted, tmp_path):
    folder = tmp_path / "model"
    fitted.save(folder)
    return folder


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def described(folder, **changes):
    """Change what the description says."""
    file = folder / "forecaster.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def settings_of(folder, **changes):
    before = json.loads((folder / "forecaster.json").read_text())["settings"]
    described(folder, settings={**before, **changes})


def test_what_is_loaded_forecasts_the_same(saved, fitted, waves):
    loaded = Forecaster.load(saved)
    assert loaded.forecast(waves) == fitted.forecast(waves)
    assert loaded.evaluate(waves) == fitted.evaluate(waves)
    assert (loaded.settings, loaded.trace, loaded.tried) == (
        fitted.settings,
        fitted.trace,
        fitted.tried,
    )


def test_the_folder_holds_two_files_and_nothing_is_left_beside_it(saved):
    assert names(saved) == ["forecaster.json", "weights.safetensors"]
    assert names(saved.parent) == ["model"]


def test_one_that_stands_there_is_replaced_only_where_that_is_allowed(saved, fitted):
    with pytest.raises(BundleError, match=r"holds a forecaster already.*--overwrite"):
        fitted.save(saved)
    fitted.save(saved, overwrite=True)
    assert names(saved) == ["forecaster.json", "weights.safetensors"]
    assert names(saved.parent) == ["model"]


def test_a_folder_of_something_else_is_never_replaced(saved, fitted):
    (saved / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match=r"it holds 'thesis\.txt'"):
        fitted.save(saved, overwrite=True)
    assert (saved / "thesis.txt").read_text() == "years of work"


def test_a_write_that_fails_leaves_the_one_before(saved, fitted, monkeypatch):
    before = (saved / "weights.safetensors").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BundleError, match=r"can't be written.*No space left"):
        fitted.save(saved, overwrite=True)
    assert (saved / "weights.safetensors").read_bytes() == before
    assert names(saved.parent) == ["model"]


def test_one_that_a_killed_write_left_under_another_name_is_put_back(saved, fitted):
    saved.rename(saved.with_name(".model.seqkit-old"))
    with pytest.raises(BundleError, match="holds a forecaster already"):
        fitted.save(saved)
    assert Forecaster.load(saved).tried == fitted.tried


def test_no_folder_and_a_folder_of_something_else_are_told_apart(tmp_path):
    with pytest.raises(BundleError, match="There is no folder"):
        Forecaster.load(tmp_path / "none")
    with pytest.raises(BundleError, match=r"is no forecaster.*it has no forecaster\.json"):
        Forecaster.load(tmp_path)


def test_a_newer_format_is_refused_with_the_remedy(saved):
    described(saved, format_version=2, brand_new=True)
    with pytest.raises(BundleError, match=r"has the format 2.*pip install --upgrade"):
        Forecaster.load(saved)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: (f / "forecaster.json").write_text("{"), "forecaster.json is damaged"),
        (lambda f: (f / "forecaster.json").write_text("[]"), "forecaster.json is damaged"),
        (lambda f: described(f, surprise=1), "unknown field `surprise`"),
        (lambda f: described(f, scaling="cubic"), r"Invalid enum value 'cubic'.*\$.scaling"),
        (lambda f: settings_of(f, horizon=10**9), r"Expected `int` <= 1000.*horizon"),
        (lambda f: settings_of(f, quantiles=[0.9, 0.1]), "quantiles are not in order"),
        (lambda f: settings_of(f, window=0), "no window"),
        (lambda f: settings_of(f, hidden=9), "'network.head.weight' has the shape"),
        (lambda f: settings_of(f, cell="lstm"), "weights.safetensors is damaged"),
        (lambda f: (f / "weights.safetensors").unlink(), "has no weights.safetensors"),
        (lambda f: (f / "weights.safetensors").write_bytes(b"\x08"), "safetensors is damaged"),
    ],
)
def test_a_damaged_folder_says_what_is_wrong(saved, change, said):
    change(saved)
    with pytest.raises(BundleError, match=said):
        Forecaster.load(saved)


def test_a_cut_off_file_of_weights_is_damaged(saved):
    file = saved / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BundleError, match=r"weights\.safetensors is damaged"):
        Forecaster.load(saved)


def test_weights_that_are_no_numbers_and_arrays_that_are_missing_are_named(saved):
    file = saved / "weights.safetensors"
    arrays = load_file(file)
    save_file({**arrays, "shifts": np.full(3, np.nan)}, file)
    with pytest.raises(BundleError, match="a number of 'shifts' is not finite"):
        Forecaster.load(saved)
    save_file({k: v for k, v in arrays.items() if k != "scaling.mean"}, file)
    with pytest.raises(BundleError, match=r"'scaling\.mean' is missing"):
        Forecaster.load(saved)


def test_a_link_out_of_the_folder_is_not_followed(saved, tmp_path):
    outside = tmp_path / "outside"
    (saved / "weights.safetensors").rename(outside)
    (saved / "weights.safetensors").symlink_to(outside)
    with pytest.raises(BundleError, match="a link that leads out"):
        Forecaster.load(saved)


def test_a_cell_that_is_not_installed_is_named_with_its_package(saved):
    settings_of(saved, cell="acme-cells:warp")
    with pytest.raises(PluginError, match="pip install acme-cells"):
        Forecaster.load(saved)


def test_the_description_is_plain_json(saved, fitted):
    found = msgspec.json.decode((saved / "forecaster.json").read_bytes())
    assert found["settings"]["horizon"] == 3
    assert found["trace"]["rows"] == 120
