"""Runs code in a fresh interpreter, and tells whether it imported torch."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from seqkit.testing.contract import ContractError

# The importer is looked for while it imports, but counts only where torch was then really loaded:
# importlib.util.find_spec asks the same way and loads nothing.
_WATCH = """
import atexit, sys, traceback

class Watch:
    importer = "somewhere"
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            frames = [f for f in traceback.extract_stack()[:-1] if "importlib" not in f.filename]
            Watch.importer = f"{frames[-1].filename}:{frames[-1].lineno}"

def report(path=sys.argv.pop(1)):
    if "torch" in sys.modules:
        with open(path, "w", encoding="utf-8") as file:
            file.write(Watch.importer)

sys.meta_path.insert(0, Watch())
atexit.register(report)
"""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What became of some code.

    Attributes:
        output: What it printed.
        torch: Where it imported torch, as ``file:line``; empty where it did not.
    """

    output: str
    torch: str

    def require_no_torch(self, what: str) -> None:
        """Make sure that torch was not imported.

        Args:
            what: What was done, as a message begins.

        Raises:
            ContractError: It was.
        """
        if self.torch:
            raise ContractError(
                f"{what} imports torch, at {self.torch}; import it inside the function that needs "
                "it, or in the module that a spec names"
            )


def run_fresh(code: str, *arguments: str, **variables: str) -> Fresh:
    """Run code in a fresh interpreter that finds the same modules as this one.

    Args:
        code: Reads its arguments from ``sys.argv[1:]``.
        arguments: Theirs.
        variables: Environment variables beside this process's.

    Raises:
        ContractError: It ended with an error, which the message ends with.
    """
    found = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "torch")
        done = subprocess.run(  # noqa: S603 -- this very interpreter, on code of seqkit's own
            [sys.executable, "-P", "-c", _WATCH + code, str(report), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": found, **variables},
        )
        torch = report.read_text(encoding="utf-8") if report.is_file() else ""
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise ContractError(f"in a fresh process it ended with status {done.returncode}: {last}")
    return Fresh(done.stdout, torch)
