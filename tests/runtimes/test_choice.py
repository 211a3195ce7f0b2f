"""Which runtime runs a bundle: the one that is named, or the fastest that can."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import seqkit
from seqkit import RuntimeSpec, hookimpl, manager
from seqkit.bundle.load import Bundle, open_bundle
from seqkit.errors import PluginError, UsageError
from seqkit.runtimes.choice import Candidate, candidates, choose
from seqkit.runtimes.torch import TorchRuntime


class Fast:
    """A runtime that runs generation alone, and keeps what it is made with."""

    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:
        return "" if bundle.manifest.task == "generation" else "it only writes"

    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None:
        self.made_with = bundle, threads


class Slow(Fast):
    """A runtime for everything that is behind torch."""

    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:
        return ""


def installed(*specs: RuntimeSpec):
    plugin = SimpleNamespace(
        __name__="acme", seqkit_register_runtimes=hookimpl(lambda: list(specs))
    )
    return manager.isolated([plugin])


def spec(name: str, target: str, rank: int, **changes: object) -> RuntimeSpec:
    return RuntimeSpec(name=name, target=target, summary=f"a {name} one", rank=rank, **changes)


FAST = spec("fast", f"{__name__}:Fast", 90)
SLOW = spec("slow", f"{__name__}:Slow", -90)


@pytest.fixture(scope="module")
def bundles(tiny, tmp_path_factory) -> dict[str, Bundle]:
    folder = tmp_path_factory.mktemp("models")
    tasks = ("classification", "generation")
    return {t: open_bundle(tiny.train(t, folder / t, training={"epochs": 1}).path) for t in tasks}


def obstacles(bundle: Bundle) -> dict[str, str]:
    return {found.name: found.obstacle for found in candidates(bundle)}


def test_the_fastest_that_can_is_taken(bundles):
    with installed(SLOW, FAST):
        assert type(choose(bundles["generation"])) is Fast
        assert type(choose(bundles["classification"])) is not Fast


def test_one_that_is_named_is_taken_whatever_its_rank(bundles):
    with installed(SLOW, FAST):
        chosen = choose(bundles["generation"], "slow", threads=3)
        assert isinstance(chosen, Slow)
        assert chosen.made_with == (bundles["generation"], 3)
        assert isinstance(choose(bundles["generation"], "torch", threads=1), TorchRuntime)


def test_one_that_is_named_and_cannot_is_refused_with_its_reason(bundles):
    with installed(FAST), pytest.raises(UsageError) as caught:
        choose(bundles["classification"], "fast")
    assert caught.value.what == f"The runtime 'fast' can't run {bundles['classification'].path}"
    assert caught.value.why == "it only writes"


def test_an_unknown_name_has_a_near_one(bundles):
    with installed(FAST), pytest.raises(PluginError, match="Did you mean 'torch'"):
        choose(bundles["generation"], "torhc")


def test_they_are_listed_from_the_fastest_each_with_what_is_against_it(bundles):
    with installed(SLOW, FAST):
        listed = list(candidates(bundles["classification"]))
    assert listed[0] == Candidate("fast", "it only writes")
    assert listed[-1] == Candidate("slow", "")
    assert Candidate("torch", "") in listed


def test_one_whose_module_is_missing_is_passed_over(bundles):
    wanting = spec("fast", f"{__name__}:Fast", 90, requires=("json", "no_such_module"))
    with installed(wanting):
        why = "it needs the module 'no_such_module', which is not installed"
        assert obstacles(bundles["generation"])["fast"] == why
        assert not isinstance(choose(bundles["generation"]), Fast)


def test_one_that_is_broken_is_passed_over_with_its_reason(bundles):
    with installed(spec("broken", "no_such_module:Fast", 90)):
        assert "no_such_module" in obstacles(bundles["generation"])["broken"]
        assert choose(bundles["generation"]) is not None
        with pytest.raises(UsageError, match="The runtime 'broken' can't run"):
            choose(bundles["generation"], "broken")


def test_a_model_is_loaded_with_the_one_that_is_named(bundles):
    with installed(SLOW):
        model = seqkit.load(bundles["generation"].path, runtime="slow", threads=2)
        assert model._engine.runtime.made_with[1] == 2
        assert list(model.runtimes())[-1] == Candidate("slow", "")
