"""A virtual environment for each peer, made once from pinned requirements and kept."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE / ".environments"
REQUIREMENTS = HERE / "peers" / "requirements"
_MARK = "complete"


class NotInstalled(Exception):  # noqa: N818 -- a finding to report, not a fault
    """Why an environment is not to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a peer's program runs.

    Attributes:
        name: The name of its folder.
        requirements: Files in ``peers/requirements``, installed one after the other.
        light: Whether it is made within seconds, so that a quick run may make it.
        folder: What it is made in.
    """

    name: str
    requirements: tuple[str, ...]
    light: bool = False
    folder: Path = ENVIRONMENTS

    @property
    def path(self) -> Path:
        """The environment itself."""
        return self.folder / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def digest(self) -> str:
        """A checksum of what it is made from."""
        content = b"".join((REQUIREMENTS / name).read_bytes() for name in self.requirements)
        return hashlib.sha256(sys.version.encode() + content).hexdigest()

    def ready(self) -> bool:
        """Whether it is there, whole, and made from the requirements as they are now."""
        mark = self.path / _MARK
        return mark.is_file() and mark.read_text(encoding="utf-8") == self.digest()

    def make(self) -> Path:
        """Make it unless it is ready; its interpreter.

        Raises:
            NotInstalled: A package can't be had here; the message is pip's last word.
        """
        if self.ready():
            return self.python
        shutil.rmtree(self.path, ignore_errors=True)
        _call(sys.executable, "-m", "venv", str(self.path))
        for name in self.requirements:
            _call(str(self.python), *_PIP, "--requirement", str(REQUIREMENTS / name))
        (self.path / _MARK).write_text(self.digest(), encoding="utf-8")
        return self.python


_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("ERROR:")] or said
        raise NotInstalled(errors[-1] if errors else f"pip ended with {done.returncode}")
