"""Fixtures for tests of plugins, which pytest finds by itself where seqkit is installed.

Nothing but pytest and the standard library is imported until a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seqkit.manager import Manager
    from seqkit.testing.running import Outcome
    from seqkit.testing.tiny import TinyCorpus


@pytest.fixture
def seqkit_command() -> Callable[..., Outcome]:
    """Run commands of ``seqkit``, as in ``seqkit_command("classify", path, input="...")``.

    The outcome has ``assert_success()``, ``assert_failure(status)``, ``output``, ``errors`` and
    ``json()``.
    """
    from seqkit.testing.running import run

    return run


@pytest.fixture
def seqkit_plugins(request: pytest.FixtureRequest) -> Iterator[Callable[..., Manager]]:
    """Use the built-in parts and some plugins alone, to the end of the test.

    ``seqkit_plugins(my_module, [CellSpec(...)], seqkit_register_readers)`` takes modules and
    objects with hooks, lists of specs, and functions called as hooks are.
    """
    from seqkit import manager
    from seqkit.testing import inline

    if "unchanged_environment" in request.fixturenames:
        # so that what is looked at last is what there is without the plugins
        request.getfixturevalue("unchanged_environment")
    with ExitStack() as stack:

        def use(*given: Any) -> Manager:
            own = [one for one in given if isinstance(one, list | tuple) or _is_hook(one)]
            others = [one for one in given if one not in own]
            made = [inline.plugin(*own)] if own else []
            return stack.enter_context(manager.isolated([*others, *made]))

        use()
        yield use


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], TinyCorpus]:
    """Corpora of a few sentences: ``tiny_corpus("tagging").train`` and ``.dev`` are files."""
    from seqkit.testing import tiny

    folder = tmp_path_factory.mktemp("seqkit-corpora")
    return lambda task: tiny.write_corpus(task, folder)


@pytest.fixture(scope="session")
def tiny_bundle() -> Callable[[str], Path]:
    """Bundles trained in a second, each once a session: ``tiny_bundle("classification")``.

    A test that changes one changes a copy.
    """
    from seqkit.testing import tiny

    return tiny.bundle


@pytest.fixture
def unchanged_environment() -> Iterator[None]:
    """Fail a test that leaves something changed that all code of the process shares.

    That is the environment variables, the working directory, the plugin manager, and torch's
    threads, default dtype and global generators. Use it with
    ``pytestmark = pytest.mark.usefixtures("unchanged_environment")``, or name it before the
    fixtures that undo what a test changes, such as monkeypatch.
    """
    from seqkit.testing.surroundings import changes, snapshot

    before = snapshot()
    yield
    if changed := changes(before, snapshot()):
        pytest.fail(f"the test leaves changed: {'; '.join(changed)}", pytrace=False)


def _is_hook(value: object) -> bool:
    return callable(value) and getattr(value, "__name__", "").startswith("seqkit_register_")
