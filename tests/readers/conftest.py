"""What the tests of readers share: files and archives made from their content."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of this content, bytes or UTF-8 text, and give its path."""

    def write(content: str | bytes, name: str = "data") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    """Write a tar archive with these files, in this order, and give its path."""

    def write(files: dict[str, bytes | tarfile.TarInfo], name: str = "corpus.tar.gz") -> Path:
        path = tmp_path / name
        with tarfile.open(path, "w" if name.endswith(".tar") else "w:gz") as tar:
            for member, content in files.items():
                if isinstance(content, tarfile.TarInfo):
                    tar.addfile(content)
                    continue
                info = tarfile.TarInfo(member)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path

    return write
