"""The documentation's pages, the code blocks in them, and a place to run those."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import seqkit

ROOT = Path(seqkit.__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))

_FENCE = re.compile(
    r"^( *)```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: The page that it is on.
        line: Where it begins.
        language: What stands after the fence.
        title: The file that its title names, or the empty string.
        text: What is in it.
        adjoining: Whether nothing stands between it and the block before.
    """

    page: str
    line: int
    language: str
    title: str
    text: str
    adjoining: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", PAGES)


def _blocks(page: str) -> Iterator[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    end = 0
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        indent = len(match[1])
        body = "".join(row[indent:] for row in match[4].splitlines(keepends=True))
        adjoining = end > 0 and not text[end : match.start()].strip()
        yield Block(page, line, match[2], match[3] or "", body, adjoining)
        end = match.end()


@pytest.fixture(scope="session")
def docs() -> Path:
    return DOCS


@pytest.fixture(scope="session")
def blocks() -> Callable[[str], list[Block]]:
    return lambda page: list(_blocks(page))


@pytest.fixture(scope="session")
def generated() -> ModuleType:
    """The module that makes the generated pages; it finds those beside it, as in mkdocs."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a user's shell has: ``seqkit`` and ``python`` on the path, no plugins, one thread."""
    programs = tmp_path_factory.mktemp("bin")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SEQKIT_")}
    variables = {
        **kept,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SEQKIT_LOAD_PLUGINS": "",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "100",
    }
    address = programs / "socket"
    forks = [sys.executable, str(Path(__file__).with_name("forks.py"))]
    for name in ("seqkit", "python"):
        program = programs / name
        start = f'"{sys.executable}" -S -E "{forks[1]}" "{address}"'
        drop_c = '[ "$1" = -c ] && shift\n' if name == "python" else ""
        program.write_text(f'#!/bin/sh\n{drop_c}exec {start} {name} "$@"\n')
        program.chmod(0o755)
    with subprocess.Popen(
        [*forks, "serve", str(address)], env=variables, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield variables
        server.terminate()


@pytest.fixture(scope="session")
def run_page(environment: dict[str, str]) -> Callable[..., None]:
    """Runs a page's ``sh`` and ``python`` blocks in order in a folder, and checks their output.

    A block with a title is written to the file that it names. A ``text`` block that adjoins one
    that is run is what it prints.
    """

    def run(page: str, folder: Path, **variables: str) -> None:
        printed: str | None = None
        for block in _blocks(page):
            if block.title:
                file = folder / block.title
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
            elif block.language in ("sh", "python"):
                printed = _output(block, folder, {**environment, **variables})
            elif block.language == "text" and block.adjoining and printed is not None:
                assert _alike(block.text, printed), f"{block} shows otherwise than:\n{printed}"

    return run


def _output(block: Block, folder: Path, environment: dict[str, str]) -> str:
    command = ["sh", "-e", "-c"] if block.language == "sh" else ["python", "-c"]
    done = subprocess.run(
        ["/usr/bin/env", *command, block.text],  # looks programs up in the path given here
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{block.text}\n{done.stdout}{done.stderr}"
    return done.stdout


def _alike(shown: str, printed: str) -> bool:
    """Whether text is the same but for numbers, spaces, and what ``...`` stands for."""
    lines = [_plain(line) for line in shown.splitlines()]
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else f"{re.escape(line)}\n" for line in lines)
    return bool(re.fullmatch(pattern, "".join(f"{_plain(li)}\n" for li in printed.splitlines())))


def _plain(line: str) -> str:
    return " ".join(re.sub(r"\d[\d.,:]*", "0", line).split())


@pytest.fixture(scope="session")
def after_tutorial(
    tmp_path_factory: pytest.TempPathFactory, run_page: Callable[..., None]
) -> Callable[[Path], None]:
    """Fills a folder with what the tutorial leaves behind; the tutorial is run once."""
    folder = tmp_path_factory.mktemp("tutorial")
    run_page("tutorial.md", folder)
    return lambda target: shutil.copytree(folder, target, dirs_exist_ok=True)
