"""How a bundle is found: ``seqkit.bundle.load.resolve``."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqkit import ModelSpec, hookimpl, manager
from seqkit.bundle.load import open_bundle, resolve
from seqkit.bundle.manifest import retired_path
from seqkit.errors import BundleError, PluginError


@pytest.fixture
def models(tmp_path):
    """Install models, each ``(package, name, task, default)``, in ``opt/package/name``."""

    def model(package, name, task, default):
        path = tmp_path / "opt" / package / name
        path.mkdir(parents=True)
        spec = ModelSpec(
            name=name, path=path, task=task, language="en", summary="a model", default=default
        )
        return SimpleNamespace(__name__=package, seqkit_register_models=hookimpl(lambda: [spec]))

    @contextmanager
    def models(*each):
        with manager.isolated([model(*one) for one in each]):
            yield tmp_path / "opt"

    return models


def refusal(name, task="", kind=BundleError):
    with pytest.raises(kind) as caught:
        resolve(name, task=task)
    return str(caught.value)


def test_a_directory_is_itself(bundle, monkeypatch):
    assert resolve(bundle) == bundle
    monkeypatch.chdir(bundle.parent)
    assert resolve("model") == Path("model")


def test_an_installed_model_is_found_by_name(models):
    with models(("acme", "sentiment", "classification", False)) as opt:
        assert resolve("sentiment") == opt / "acme/sentiment"
        assert resolve("acme:sentiment") == opt / "acme/sentiment"


def test_a_bundle_comes_before_a_model_of_the_same_name_and_another_folder_does_not(
    models, bundle, monkeypatch
):
    monkeypatch.chdir(bundle.parent)
    (bundle.parent / "data").mkdir()
    with models(("acme", "model", "tagging", False), ("acme2", "data", "tagging", False)) as opt:
        assert resolve("model") == Path("model")
        assert resolve("data") == opt / "acme2/data"


def test_a_name_that_two_packages_have_is_ambiguous(models):
    with models(("acme", "pos", "tagging", True), ("zenith", "pos", "tagging", False)):
        assert "Choose 'acme:pos' or 'zenith:pos'" in refusal("pos", kind=PluginError)


def test_an_unknown_name_offers_the_near_one_and_ways_on(models):
    with models(("acme", "sentiment", "classification", True)):
        assert refusal("sentimnt") == (
            "There is no model 'sentimnt'. it is neither a bundle's directory nor the name of an "
            "installed model. Did you mean 'sentiment'? There are: sentiment. Install the English "
            "models with 'pip install seqkit-models-en', or train one with 'seqkit train'."
        )


def test_a_folder_that_is_no_bundle_is_told(tmp_path):
    assert refusal(tmp_path).startswith(f"{tmp_path} is not a bundle. it has no manifest.json.")


def test_a_half_made_bundle_is_told(tmp_path):
    (tmp_path / "training").mkdir()
    assert refusal(tmp_path) == (
        f"{tmp_path} is not finished. its training was interrupted. Go on with: seqkit train "
        f"--out {tmp_path} --resume."
    )


def test_an_interrupted_swap_is_told(bundle):
    bundle.rename(retired_path(bundle))
    with pytest.raises(BundleError, match="writing a new one was interrupted"):
        open_bundle(resolve(bundle))


def test_the_default_model_is_that_of_the_task(models):
    with models(
        ("acme", "sentiment", "classification", True),
        ("acme2", "topics", "classification", False),
        ("acme3", "pos", "tagging", True),
    ) as opt:
        assert resolve("", task="classification") == opt / "acme/sentiment"
        assert resolve("", task="tagging") == opt / "acme3/pos"
        assert refusal("") == (
            "Several default models are installed. Name one: acme:sentiment, acme3:pos."
        )
        assert refusal("", task="generation").startswith(
            "No default model for generation is installed. Install the English models with"
        )
