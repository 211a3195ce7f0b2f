"""The README shows what the program prints.

Run as a program, this file writes the outputs in the README anew:
``python tests/test_readme.py``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
MODELS = ROOT / "plugins" / "seqkit-models-en"

_FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NUMBER = re.compile(r"\d+\.\d+")
#: Numbers of predictions may differ this much, for processors round differently.
TOLERANCE = 0.02


class Shell:
    """A folder in which the README's commands are run one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.site = folder / "site"
        programs = folder / "bin"
        for made in (self.folder, self.site, programs):
            made.mkdir()
        for name, module in (("seqkit", "-m seqkit"), ("python", "")):
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
            (programs / name).chmod(0o755)
        (self.folder / "corpora").symlink_to(ROOT / "corpora")
        self.install(MODELS)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SEQKIT_", "PYTHON"))}
        self.environment = {
            **kept,
            "COLUMNS": "200",  # no path is too long
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{self.site}{os.pathsep}{ROOT}",
            "SEQKIT_DISABLE_PLUGINS": "",
            "TERM": "xterm",  # a dumb one would be 80 columns wide whatever COLUMNS says
        }

    def install(self, project: Path) -> None:
        """Put a package where the commands find it."""
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(self.site)]
        offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, *offline, str(project)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def write(self, name: str, text: str) -> None:
        """Make the file that a block's title names; the package is installed with its last."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        project = self.folder / Path(name).parts[0]
        if path.name == "cell.py":
            self.install(project)

    def run(self, command: str) -> str:
        """What a command shows somebody who looks at a terminal: first its progress."""
        master, slave = os.openpty()
        with tempfile.TemporaryFile() as progress:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=slave,
                stderr=progress,
            )
            os.close(slave)
            results = b"".join(_read(master))
            os.close(master)
            process.wait()
            progress.seek(0)
            shown = _STYLE.sub("", (progress.read() + results).decode()).replace("\r\n", "\n")
        assert process.returncode == 0, f"{command}\n{shown}"
        shown = shown.replace(f"{self.site}/", "plugins/seqkit-models-en/")
        shown = shown.replace(f"{ROOT}/", "")
        return "".join(f"{line.rstrip()}\n" for line in shown.splitlines())


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody has the other side open any more
            return
        if not data:
            return
        yield data


def console(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what it shows."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Language, title and text of each fenced block."""
    return [(m[1], m[2] or "", m[3]) for m in _FENCE.finditer(text)]


def alike(shown: str, printed: str) -> bool:
    """Whether two outputs are the same but for what another machine or day would change."""
    ours, theirs = plain(shown), plain(printed)
    if _NUMBER.sub("#", ours) != _NUMBER.sub("#", theirs):
        return False
    pairs = zip(_NUMBER.findall(ours), _NUMBER.findall(theirs), strict=True)
    return all(abs(float(a) - float(b)) <= TOLERANCE for a, b in pairs)


def plain(text: str) -> str:
    """Without times, and without the figures that training ends with."""
    text = re.sub(r"\d+:\d\d(:\d\d)?", "0:00", text)
    text = re.sub(r"[\d,]+ tokens/s", "0 tokens/s", text)
    text = re.sub(r"  best so far$", "", text, flags=re.MULTILINE)
    learnt = re.compile(r"^(?:(?:best )?epoch|\S+-seed\d+:) .*$", re.MULTILINE)
    return learnt.sub(lambda line: re.sub(r"\d[\d.]*", "0", line[0]), text)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("readme"))


def test_the_outputs_are_what_the_program_prints(shell):
    different = []
    for language, title, text in blocks(README.read_text(encoding="utf-8")):
        if title:
            shell.write(title, text)
        elif language == "console":
            for command, shown in console(text):
                printed = shell.run(command)
                if not alike(shown, printed):
                    different.append(f"$ {command}\n{printed}")
    assert different == [], "\n".join(["refresh with: python tests/test_readme.py", *different])


def test_every_command_is_shown(shell):
    listed = shell.run("seqkit --help").partition("Commands:\n")[2].partition("\n\n")[0]
    commands = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    text = README.read_text(encoding="utf-8")
    assert "generate" in commands
    assert [name for name in commands if f"\n### {name}\n" not in text] == []
    assert [name for name in commands if f"$ seqkit {name} " not in text] == [
        "tag"  # which is shown at the end of a pipe
    ]


def test_the_plugin_takes_twenty_lines():
    python = [t for language, title, t in blocks(README.read_text()) if "seqkit_slim/" in title]
    assert len(python) == 2
    assert sum(bool(line.strip()) for text in python for line in text.splitlines()) <= 20


def test_the_pip_lines_name_what_the_make_file_installs():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    for targets in ("-e plugins/seqkit-models-en -e plugins/seqkit-kernels", "[test,dev,docs]"):
        assert targets in makefile
        assert targets in readme
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) >= {"test", "dev", "docs"}


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("label  0.9812\n", "label  0.9799\n", True),
        ("label  0.98\n", "label  0.91\n", False),
        ("negative  0.98\n", "positive  0.98\n", False),
        (
            "epoch 1/2  loss 0.51  8 tokens/s  0:01\n",
            "epoch 1/2  loss 0.9  7 tokens/s  0:02\n",
            True,
        ),
        ("epoch 1/2  loss 0.51\n", "epoch 1/2  perplexity 0.51\n", False),
        ("one\n", "one\ntwo\n", False),
    ],
)
def test_outputs_are_compared_by_what_matters(shown, printed, same):
    assert alike(shown, printed) is same


def refresh() -> None:
    """Write each command's output into the README."""
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell(Path(folder).resolve())

        def renewed(match: re.Match[str]) -> str:
            language, title, text = match[1], match[2], match[3]
            if title:
                shell.write(title, text)
            if language != "console":
                return match[0]
            parts = [(command, shell.run(command)) for command, _ in console(text)]
            return "```console\n" + "".join(f"$ {c}\n{shown}" for c, shown in parts) + "```"

        text = README.read_text(encoding="utf-8")
        README.write_text(_FENCE.sub(renewed, text), encoding="utf-8")


if __name__ == "__main__":
    refresh()
