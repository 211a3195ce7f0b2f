"""Which runtime runs a bundle: the one that is named, or the fastest that can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import cast

from seqkit import lazy, registry
from seqkit.bundle.load import Bundle
from seqkit.errors import PluginError, SeqkitError, UsageError
from seqkit.registry import Registered
from seqkit.runtimes.base import Runtime

#: Stands for the fastest.
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A runtime that is installed.

    Attributes:
        name: What chooses it.
        obstacle: Why it can't run the bundle; empty where it can.
    """

    name: str
    obstacle: str


def candidates(bundle: Bundle) -> Iterator[Candidate]:
    """Every installed runtime, the fastest first: the first without an obstacle is the choice.

    Each is imported when its turn comes, so that who stops at the choice imports no slower one.
    """
    names = zip(registry.names("runtime"), registry.registered("runtime"), strict=True)
    for name, part in sorted(names, key=lambda pair: -pair[1].spec.rank):
        yield Candidate(name, _obstacle(part, bundle))


def choose(bundle: Bundle, name: str = AUTO, *, threads: int = 0) -> Runtime:
    """Make the runtime for a bundle.

    Args:
        bundle: An open bundle.
        name: A runtime's, or :data:`AUTO` for the fastest that can run it.
        threads: As :class:`seqkit.runtimes.base.Runtime` has it.

    Raises:
        UsageError: The runtime that is named can't run this bundle; the message says why.
        PluginError: There is no runtime of that name.
        BundleError: The bundle's weights are damaged.
    """
    if name == AUTO:
        chosen = next((found.name for found in candidates(bundle) if not found.obstacle), None)
        if chosen is None:
            raise PluginError(f"No runtime can run {bundle.path}", fix="See 'seqkit inspect'")
        part = registry.find("runtime", chosen)
    elif obstacle := _obstacle(part := registry.find("runtime", name), bundle):
        raise UsageError(
            f"The runtime '{name}' can't run {bundle.path}",
            why=obstacle,
            fix="'seqkit inspect' lists the runtimes that can; --runtime auto takes the fastest",
        )
    made: Runtime = _implementation(part)(bundle, threads=threads)
    return made


def _obstacle(part: Registered, bundle: Bundle) -> str:
    """Why a runtime can't run a bundle; a broken one is told apart from none."""
    for module in part.spec.requires:
        if find_spec(module) is None:
            return f"it needs the module '{module}', which is not installed"
    try:
        return _implementation(part).obstacle(bundle)
    except SeqkitError as error:
        return " ".join(str(error).split())


def _implementation(part: Registered) -> type[Runtime]:
    return cast("type[Runtime]", lazy.load(part.spec.target))
