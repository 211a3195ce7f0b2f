"""Who imports whom: a module imports from its own floor or below, and torch only where it may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import seqkit

ROOT = Path(seqkit.__file__).parent

FLOORS = {
    0: ["errors", "lazy", "specs", "options", "examples", "predictions", "environment"],
    1: ["hookspecs", "manager", "registry"],
    2: [
        "recipe",
        "tokenizers",
        "readers",
        "decoding",
        "encoding",
        "ngrams",
        "spelling",
        "token_groups",
        "contextual",
        "bundle",
        "pretrained",
        "lowering",
        "corpora",
        "fetch",
        "splits",
        "documents",
        "check_data",
    ],
    3: ["cells", "nn", "heads"],
    4: ["training", "runtimes", "builtin"],
    5: [
        "api",
        "attribution",
        "errorpage",
        "engine",
        "purpose",
        "model",
        "ensemble",
        "generating",
        "predicting",
        "evaluating",
        "suggesting",
        "reports",
        "export",
        "shrinking",
        "comparing",
        "scaffold",
    ],
    6: ["serve", "cli", "__main__", "testing"],
}
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}

#: Modules and packages that import torch when they are imported.
TORCH = [
    "attribution",
    "cells",
    "nn",
    "heads",
    "training",
    "runtimes.torch",
    "comparing.gradients",
    "comparing.memory_tasks",
    "comparing.remembering",
    "testing",
]
#: Those that import it inside the functions that need it.
TORCH_WHEN_CALLED = ["api", "bundle.load", "bundle.save", "comparing.sizes", "runtimes"]
#: Those inside the former that the listing of parts or the road without torch goes through.
TORCH_NEVER = ["cells.__init__", "heads.__init__", "training.__init__"]


@dataclass(frozen=True)
class Import:
    """One imported module; ``when`` is top, typing (for type checkers alone) or called."""

    importer: str
    line: int
    imported: str
    when: str


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name below ``seqkit``."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in sorted(ROOT.rglob("*.py"))
        if "corpora" not in path.relative_to(ROOT).parts[:-1]
    }


def walk(node: ast.AST, when: str = "top") -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, when
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from walk(child, "called")
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from walk(child, "typing")
        else:
            yield from walk(child, when)


def imports(name: str, source: str) -> Iterator[Import]:
    package = ["seqkit", *name.split(".")[:-1]]
    for node, when in walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            found = [f"{module}.{alias.name}" for alias in node.names]
        for imported in found:
            yield Import(name, node.lineno, imported, when)


ALL = [found for name, path in modules().items() for found in imports(name, path.read_text())]


def covered(name: str, prefixes: list[str]) -> bool:
    return any(name == p or name.startswith(f"{p}.") for p in prefixes)


def breaches_of_floors(found: list[Import]) -> list[str]:
    breaches = []
    for one in found:
        top, _, rest = one.imported.partition(".")
        below = rest.partition(".")[0]
        if top != "seqkit" or not below or below.startswith("__") or one.importer == "__init__":
            continue
        if below not in FLOOR_OF:
            breaches.append(f"{one.importer}:{one.line} imports {below}, which has no floor")
        elif FLOOR_OF[below] > FLOOR_OF.get(one.importer.partition(".")[0], 99):
            breaches.append(f"{one.importer}:{one.line} imports {below} from a floor above")
    return breaches


def breaches_of_torch(found: list[Import]) -> list[str]:
    breaches = []
    for one in found:
        if one.imported.partition(".")[0] != "torch" or one.when == "typing":
            continue
        never = covered(one.importer, TORCH_NEVER)
        at_top = not never and covered(one.importer, TORCH)
        if at_top or (
            one.when == "called" and not never and covered(one.importer, TORCH_WHEN_CALLED)
        ):
            continue
        breaches.append(f"{one.importer}:{one.line} imports torch ({one.when})")
    return breaches


def test_every_module_has_a_floor():
    tops = {name.partition(".")[0] for name in modules()} - {"__init__"}
    assert sorted(tops - set(FLOOR_OF)) == []


def test_no_module_imports_from_a_floor_above():
    assert breaches_of_floors(ALL) == []


def test_torch_is_imported_only_where_it_may():
    assert breaches_of_torch(ALL) == []


def test_click_is_imported_only_by_the_command_line():
    users = {i.importer.partition(".")[0] for i in ALL if i.imported.partition(".")[0] == "click"}
    assert users == {"cli"}


def test_one_command_alone_imports_the_testing_tools_and_only_when_it_runs():
    users = {
        (i.importer, i.when)
        for i in ALL
        if i.imported.startswith("seqkit.testing") and "testing" not in i.importer
    }
    assert users == {("cli.plugins_check", "called"), ("cli.plugins_check", "typing")}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("specs", "from seqkit import registry"),
        ("specs", "from seqkit.registry import find"),
        ("specs", "import seqkit.registry"),
        ("tokenizers.char", "from ..cells import base"),
        ("readers.text", "def f():\n    from seqkit.api import load"),
        ("readers.text", "if TYPE_CHECKING:\n    from seqkit.api import load"),
    ],
)
def test_an_import_from_above_is_noticed(name, source):
    assert len(breaches_of_floors(list(imports(name, source)))) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("tokenizers.char", "import torch"),
        ("decoding.base", "def f():\n    from torch import nn"),
        ("api", "import torch.nn"),
        ("bundle.manifest", "def f():\n    import torch"),
        ("cells.__init__", "from torch import nn"),
        ("cli.train", "def f():\n    import torch"),
    ],
)
def test_a_misplaced_torch_is_noticed(name, source):
    assert len(breaches_of_torch(list(imports(name, source)))) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("cells.lstm", "import torch\nfrom seqkit.specs import Options"),
        ("api", "def f():\n    import torch"),
        ("api", "if TYPE_CHECKING:\n    import torch"),
    ],
)
def test_what_is_allowed_is_allowed(name, source):
    found = list(imports(name, source))
    assert breaches_of_torch(found) == breaches_of_floors(found) == []
